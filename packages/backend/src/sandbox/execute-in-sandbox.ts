import type { SandboxIdentity, SandboxProvider } from './providers/provider.ts';
import { SandboxAgentClient } from './sandbox-agent-client.ts';
import { SandboxError, saysDiskFull } from './sandbox-error.ts';

/** A running sandbox as this folder's functions need it. */
export interface SandboxTarget {
  client: SandboxAgentClient;
  /** Absolute paths inside the sandbox. */
  homePath: string;
  checkoutPath: string;
}

/**
 * The way into a running sandbox. Ask again after every start: address and token may change. Throws
 * `not_found` or `not_running`.
 */
export async function connectSandbox(
  provider: SandboxProvider,
  identity: SandboxIdentity,
): Promise<SandboxTarget> {
  return {
    client: new SandboxAgentClient(await provider.endpoint(identity.sandboxId)),
    homePath: identity.homePath,
    checkoutPath: identity.checkoutPath,
  };
}

export interface ExecuteRequest {
  command: string;
  args: readonly string[];
  /** Absolute path inside the sandbox. */
  cwd: string;
  env?: Record<string, string>;
  /** At most 290,000: the server ends a process after 300 s. */
  timeoutMs: number;
  /** Of each stream; the server's limit, and the default, is 1 MiB. */
  maxOutputBytes?: number;
  signal?: AbortSignal;
}

export interface ExecuteResult {
  /** Null when a signal ended the program. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** Whether stdout or stderr was cut. */
  truncated: boolean;
}

const maxTimeoutMs = 290_000;
/** What `timeout` exits with when it had to end the program. */
const timedOutExitCodes = new Set([124, 137]);

/**
 * The one way to run a program inside a sandbox. Arguments are an array and never pass a shell.
 * A program that fails is a result with its exit code; SandboxError is thrown when it could not be
 * run (`command_failed`), took too long (`timeout`), or the sandbox does not answer.
 */
export async function executeInSandbox(
  target: SandboxTarget,
  request: ExecuteRequest,
): Promise<ExecuteResult> {
  if (request.timeoutMs > maxTimeoutMs) {
    throw new SandboxError('invalid_request', `A command may take at most ${maxTimeoutMs} ms.`);
  }
  const seconds = Math.max(request.timeoutMs / 1_000, 0.1);
  const startedAtMs = Date.now();
  // `timeout` ends the program with all its children; the server would end the direct child only.
  const result = await target.client.runProcess(
    {
      command: 'timeout',
      args: ['-k', '1', String(seconds), request.command, ...request.args],
      cwd: request.cwd,
      ...(request.env ? { env: request.env } : {}),
      timeoutMs: request.timeoutMs + 3_000,
      ...(request.maxOutputBytes === undefined ? {} : { maxOutputBytes: request.maxOutputBytes }),
    },
    request.signal,
  );
  const exitCode = result.exitCode ?? null;
  const elapsedMs = Date.now() - startedAtMs;
  const endedByTimeout = exitCode !== null && timedOutExitCodes.has(exitCode);
  if (result.timedOut || (endedByTimeout && elapsedMs >= request.timeoutMs)) {
    throw new SandboxError('timeout', `${request.command} took longer than ${request.timeoutMs} ms.`);
  }
  if (exitCode === 127 && result.stderr.startsWith('timeout: failed to run command')) {
    throw new SandboxError('command_failed', `${request.command} cannot be run in the sandbox.`, {
      providerMessage: result.stderr.trim(),
    });
  }
  if (exitCode !== 0 && saysDiskFull(result.stderr)) {
    throw new SandboxError('disk_full', 'The disk of the sandbox is full.', {
      providerMessage: result.stderr.trim(),
    });
  }
  return {
    exitCode,
    stdout: result.stdout,
    stderr: result.stderr,
    truncated: result.stdoutTruncated || result.stderrTruncated,
  };
}
