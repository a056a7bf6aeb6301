import { describe, expect, test } from 'vitest';
import { CommandError, RetryLater } from '../command-loop/errors.ts';
import { gitHubLimits } from '../limits.ts';
import { GitHubError, RateLimited } from './github-errors.ts';
import { gitHubRetryDelayMs, gitHubWait, withGitHubWaits } from './retry-policy.ts';

const nowMs = 1_000_000_000;
const outage = new GitHubError('github_unavailable', 'GitHub answered with status 503');

describe('what may pass is waited for, without end', () => {
  test('delays double up to the longest one', () => {
    expect([0, 1, 3].map(gitHubRetryDelayMs)).toEqual([1_000, 2_000, 8_000]);
    expect(gitHubRetryDelayMs(1_000)).toBe(gitHubLimits.retryMaxDelayMs);
  });

  test('an outage and a rate limit, also of the endpoints of the App itself, are waits that say until when', () => {
    expect(gitHubWait(outage, 2, nowMs)).toEqual({
      state: 'waiting_for_github',
      retryAtMs: nowMs + 4_000,
      message: 'GitHub answered with status 503',
    });
    expect(gitHubWait(new RateLimited(nowMs + 60_000), 0, nowMs)).toMatchObject({
      state: 'waiting_for_rate_limit',
      retryAtMs: nowMs + 60_000 + gitHubLimits.rateLimitMarginMs,
    });
    expect(gitHubWait(new GitHubError('github_forbidden', 'no'), 0, nowMs)).toBeNull();
  });
});

describe('a command that nobody looks at', () => {
  const failing = (fault: Error) => async (): Promise<never> => {
    throw fault;
  };

  test('runs again after as long as it has waited, and gives up after an outage without end', async () => {
    const waited = withGitHubWaits(Date.now() - 20_000, failing(outage));
    const later = await waited.catch((error: unknown) => error);
    expect(later).toBeInstanceOf(RetryLater);
    const delayMs = later instanceof RetryLater ? later.retryAtMs - Date.now() : 0;
    expect(delayMs).toBeGreaterThan(15_000);
    const sinceMs = Date.now() - gitHubLimits.singleReadGiveUpMs;
    await expect(withGitHubWaits(sinceMs, failing(outage))).rejects.toBe(outage);
  });

  test('ends with GitHub’s words when it is refused', async () => {
    const refused = withGitHubWaits(Date.now(), failing(new GitHubError('github_forbidden', 'no')));
    await expect(refused).rejects.toBeInstanceOf(CommandError);
  });
});
