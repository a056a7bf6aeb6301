import { GitHubTokenError } from '../auth/github-tokens.ts';
import { CommandError, RetryLater } from '../command-loop/errors.ts';

export type GitHubErrorCode =
  /** The token is not valid (any more). */
  | 'github_unauthorized'
  /** The token is valid and may not do this. */
  | 'github_forbidden'
  | 'github_not_found'
  /** GitHub understood and refused: the message is its own. */
  | 'github_refused'
  /** GitHub did not answer, or with a fault of its own: may pass. */
  | 'github_unavailable'
  /** The reply lacks what GitHub documents. */
  | 'github_unexpected_reply'
  /** No GitHub App is configured on this server. */
  | 'github_app_missing';

/** A request to GitHub that did not succeed. The message is fit for people and holds no secret. */
export class GitHubError extends Error {
  readonly code: GitHubErrorCode;
  readonly status: number | null;

  constructor(code: GitHubErrorCode, message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'GitHubError';
    this.code = code;
    this.status = options.status ?? null;
  }
}

/** GitHub asks to be called again later; nothing is wrong. */
export class RateLimited extends Error {
  readonly retryAtMs: number;

  constructor(retryAtMs: number) {
    super(`GitHub's rate limit is reached until ${new Date(retryAtMs).toISOString()}`);
    this.name = 'RateLimited';
    this.retryAtMs = retryAtMs;
  }
}

/**
 * What a command handler throws for a failed request: a rate limit runs the command again later, a refusal ends it,
 * anything else may pass and is retried by the loop.
 */
export function asCommandFault(error: unknown): unknown {
  if (error instanceof RateLimited) {
    return new RetryLater(error.retryAtMs, error.message);
  }
  if (error instanceof GitHubError && error.code !== 'github_unavailable') {
    return new CommandError(error.code, error.message, { cause: error });
  }
  if (error instanceof GitHubTokenError && !error.retryable) {
    return new CommandError(error.code, error.message, { cause: error });
  }
  return error;
}

/** Runs `work`, throwing what a command handler should throw. */
export async function withCommandFaults<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asCommandFault(error);
  }
}

/** Who asked has stopped: that is no fault of GitHub, and nothing to be waited for. That it took too long is one. */
export function throwIfStopped(signal: AbortSignal): void {
  const reason: unknown = signal.reason;
  const isTooSlow = reason instanceof DOMException && reason.name === 'TimeoutError';
  if (signal.aborted && !isTooSlow) throw reason;
}
