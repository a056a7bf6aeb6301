import { spawn } from 'node:child_process';

export interface CommandResult {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** stdout and stderr in the order they came, cut at `maxOutputBytes`. */
  output: string;
  truncated: boolean;
}

const maxOutputBytes = 64 * 1024;

/**
 * Runs a program without a shell and collects its output. An abort kills its whole process group
 * at once, so that nothing of a cancelled turn goes on working. Rejects only when the program
 * cannot be started (for instance ENOENT).
 */
export function runCommand(
  command: readonly string[],
  options: { cwd: string; signal: AbortSignal; onOutput?: (text: string) => void },
): Promise<CommandResult> {
  const [program, ...args] = command;
  if (program === undefined) return Promise.reject(new Error('There is no command to run.'));
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let truncated = false;
    const collect = (chunk: string): void => {
      const room = maxOutputBytes - output.length;
      if (chunk.length > room) truncated = true;
      const kept = chunk.slice(0, Math.max(room, 0));
      output += kept;
      if (kept !== '') options.onOutput?.(kept);
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', collect);
    }
    const kill = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch (error) {
        // ESRCH: it ended by itself between the abort and the kill, which is what was wanted.
        if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
      }
    };
    if (options.signal.aborted) kill();
    else options.signal.addEventListener('abort', kill, { once: true });
    child.once('error', (error) => {
      options.signal.removeEventListener('abort', kill);
      reject(error);
    });
    child.once('close', (exitCode, signal) => {
      options.signal.removeEventListener('abort', kill);
      resolve({ exitCode, signal, output, truncated });
    });
  });
}
