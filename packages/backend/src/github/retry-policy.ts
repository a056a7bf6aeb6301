import { gitHubLimits } from '../limits.ts';
import { RetryLater } from '../command-loop/errors.ts';
import { asCommandFault, GitHubError, RateLimited } from './github-errors.ts';

/**
 * How long to wait before something is asked of GitHub again that may succeed then: one policy for everything that
 * talks to GitHub. It has no end; who uses it says what is shown meanwhile, and when to give up, if ever.
 */
export function gitHubRetryDelayMs(failedAttempts: number): number {
  const doublings = Math.min(failedAttempts, 30);
  return Math.min(gitHubLimits.retryMaxDelayMs, gitHubLimits.retryInitialDelayMs * 2 ** doublings);
}

/** A wait that is shown to people. */
export interface GitHubWait {
  readonly state: 'waiting_for_rate_limit' | 'waiting_for_github';
  readonly retryAtMs: number;
  /** GitHub's fault, for people. */
  readonly message: string;
}

/** Null: waiting does not help. */
export function gitHubWait(error: unknown, failedAttempts: number, nowMs: number): GitHubWait | null {
  if (error instanceof RateLimited) {
    const retryAtMs = Math.max(nowMs, error.retryAtMs) + gitHubLimits.rateLimitMarginMs;
    return { state: 'waiting_for_rate_limit', retryAtMs, message: error.message };
  }
  if (error instanceof GitHubError && error.code === 'github_unavailable') {
    const retryAtMs = nowMs + gitHubRetryDelayMs(failedAttempts);
    return { state: 'waiting_for_github', retryAtMs, message: error.message };
  }
  return null;
}

/**
 * Runs the work of a command that nobody looks at: while GitHub does not answer, the command runs again after as long
 * as it has waited already. What GitHub refuses, and an outage without end, is thrown as a handler should.
 * @param sinceMs when the command was sent.
 */
export async function withGitHubWaits<T>(sinceMs: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const nowMs = Date.now();
    const waitedMs = nowMs - sinceMs;
    const isOutage = error instanceof GitHubError && error.code === 'github_unavailable';
    if (isOutage && waitedMs < gitHubLimits.singleReadGiveUpMs) {
      const delayMs = Math.max(gitHubLimits.retryInitialDelayMs, waitedMs);
      throw new RetryLater(nowMs + Math.min(gitHubLimits.retryMaxDelayMs, delayMs), error.message);
    }
    throw asCommandFault(error);
  }
}
