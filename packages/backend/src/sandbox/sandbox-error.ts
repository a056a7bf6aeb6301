/** What went wrong with a sandbox, in the words that decide what to do about it. */
export type SandboxErrorCode =
  | 'provider_unavailable'
  | 'start_failed'
  | 'not_found'
  | 'not_running'
  | 'disk_full'
  | 'clone_failed'
  | 'git_failed'
  /** The git host does not take the token that it was shown. */
  | 'authentication_failed'
  /** Nor one that was renewed for this, or there is none: its owner has to sign in with GitHub again. */
  | 'sign_in_required'
  | 'command_failed'
  | 'agent_crashed'
  | 'agent_unavailable'
  | 'unauthorized'
  | 'unreachable'
  | 'busy'
  | 'too_large'
  | 'invalid_request'
  /** Git or GitHub will never take this name: no further try helps. */
  | 'invalid_branch'
  /** GitHub no longer shows the repository, to this person at least. */
  | 'repository_gone'
  /** What would be sent would arrive in another repository. */
  | 'wrong_repository'
  | 'protocol'
  | 'timeout'
  | 'cancelled';

/**
 * Every failure of this folder. `message` says what happened; `providerMessage` holds the words of
 * whoever refused (the provider, git, sandbox-agent, the operating system), if there are any.
 */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';
  readonly code: SandboxErrorCode;
  readonly providerMessage: string | null;

  constructor(
    code: SandboxErrorCode,
    message: string,
    options: { providerMessage?: string | null; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.providerMessage = options.providerMessage ?? null;
  }

  /** Whether the same call may succeed later without anybody changing anything. */
  get retryable(): boolean {
    return (
      this.code === 'unreachable' ||
      this.code === 'timeout' ||
      this.code === 'busy' ||
      this.code === 'provider_unavailable'
    );
  }
}

/** Whether something thrown is a SandboxError with one of these codes. */
export function isSandboxError(error: unknown, ...codes: readonly SandboxErrorCode[]): error is SandboxError {
  return error instanceof SandboxError && codes.includes(error.code);
}

const diskFullWords = /no space left on device|ENOSPC|disk quota exceeded|EDQUOT/i;

/** Whether somebody's words say that the disk is full. */
export function saysDiskFull(words: string): boolean {
  return diskFullWords.test(words);
}

/** The operating system's code of a Node error (ENOENT, …), also one level down in `cause`. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === error ? undefined : systemErrorCode(error.cause);
}

/** Makes a SandboxError of anything thrown; one that already is stays as it is. */
export function toSandboxError(
  error: unknown,
  fallbackCode: SandboxErrorCode,
  message: string,
): SandboxError {
  if (error instanceof SandboxError) return error;
  const words = error instanceof Error ? error.message : String(error);
  const code = saysDiskFull(`${words} ${systemErrorCode(error) ?? ''}`) ? 'disk_full' : fallbackCode;
  return new SandboxError(code, code === 'disk_full' ? `${message} The disk is full.` : message, {
    providerMessage: words,
    cause: error,
  });
}
