import { spawn } from 'node:child_process';

export interface CommandResult {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** stdout and stderr in the order they came, cut at `maxOutputBytes`. */
  output: string;
  truncated: boolean;
}

const maxOutputBytes = 64 * 1024;

/** The process groups that run now. */
const running = new Set<number>();

/** Ends every running command; for when the agent itself ends. */
export function killRunningCommands(): void {
  for (const pid of running) killGroup(pid);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: it ended by itself in between, which is what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

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
      if (child.pid !== undefined) killGroup(child.pid);
    };
    if (child.pid !== undefined) running.add(child.pid);
    if (options.signal.aborted) kill();
    else options.signal.addEventListener('abort', kill, { once: true });
    child.once('error', (error) => {
      options.signal.removeEventListener('abort', kill);
      reject(error);
    });
    child.once('close', (exitCode, signal) => {
      options.signal.removeEventListener('abort', kill);
      if (child.pid !== undefined) running.delete(child.pid);
      resolve({ exitCode, signal, output, truncated });
    });
  });
}
