import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly succeeded: boolean;
  /** Set when the command did not end by itself with 0: what happened. */
  readonly problem: string | undefined;
}

/**
 * Runs a program with its output passed through. On `signal`, or after `timeoutMs`, it is ended together with
 * everything it started.
 */
export async function runCommand(options: {
  readonly command: string;
  readonly args: readonly string[];
  readonly workingDir: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}): Promise<CommandResult> {
  const child = spawn(options.command, options.args, {
    cwd: options.workingDir,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'inherit', 'inherit'],
    // A group of its own, to be ended as a whole.
    detached: true,
  });
  const signalGroup = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  };
  let timedOut = false;
  const end = (): void => {
    signalGroup('SIGTERM');
    setTimeout(() => signalGroup('SIGKILL'), 20_000).unref();
  };
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, options.timeoutMs);
  options.signal.addEventListener('abort', end, { once: true });
  try {
    return await new Promise<CommandResult>((resolve) => {
      child.once('error', (error) => resolve({ succeeded: false, problem: error.message }));
      child.once('exit', (code, signal) => {
        const succeeded = code === 0 && !timedOut;
        const how = timedOut
          ? `did not end within ${options.timeoutMs / 1000} s`
          : `ended with ${signal ?? `exit code ${code}`}`;
        resolve({ succeeded, problem: succeeded ? undefined : how });
      });
    });
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', end);
  }
}
