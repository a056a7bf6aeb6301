import { describe, expect, test } from 'vitest';
import { gitHubLimits } from '../../limits.ts';
import {
  decodePullCursor,
  deliveriesToRepeat,
  encodePullCursor,
  failureForPeople,
  inMessages,
  isAlive,
  isRetryDue,
  newSync,
  phaseAfter,
  startCursor,
  unreadOf,
  withUnread,
} from './decisions.ts';

describe('cursors', () => {
  test('a pull cursor survives its text', () => {
    const cursor = {
      pending: [
        { repositoryId: '12', page: '2' },
        { repositoryId: '9', page: '31' },
      ],
      afterRepositoryId: 170,
    };
    expect(decodePullCursor(encodePullCursor(cursor))).toEqual(cursor);
    expect(decodePullCursor(encodePullCursor({ pending: [], afterRepositoryId: 3 }))).toEqual({
      pending: [],
      afterRepositoryId: 3,
    });
    expect(decodePullCursor(startCursor)).toEqual({ pending: [], afterRepositoryId: 0 });
  });

  test('the phases follow each other and end', () => {
    expect(phaseAfter('repositories')).toBe('members');
    expect(phaseAfter('pull_requests')).toBe('checks');
    expect(phaseAfter('checks')).toBeNull();
  });
});

describe('[R13] messages stay below size and count', () => {
  test('few large or many small items: nothing is lost, nothing is too big', () => {
    const large = Array.from({ length: 30 }, (_, id) => ({ id, text: 'ä'.repeat(10_000) }));
    const small = Array.from({ length: 450 }, (_, id) => ({ id }));
    for (const items of [large, small]) {
      const messages = inMessages<{ id: number }>(items);
      expect(messages.flat()).toEqual(items);
      for (const message of messages) {
        expect(message.length).toBeLessThanOrEqual(gitHubLimits.rowsPerMessage);
        expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThanOrEqual(
          gitHubLimits.messageSizeBytes + 1_000,
        );
      }
    }
    expect(inMessages(small)).toHaveLength(3);
    expect(inMessages([])).toEqual([]);
  });
});

describe('a sync', () => {
  const nowMs = 1_000_000_000;

  test('is alive while it makes progress or waits for a rate limit, and dead long after', () => {
    const running = newSync(1, nowMs);
    expect(isAlive(null, nowMs)).toBe(false);
    expect(isAlive(running, nowMs + gitHubLimits.syncStaleMs - 1)).toBe(true);
    expect(isAlive(running, nowMs + gitHubLimits.syncStaleMs)).toBe(false);
    const waiting = { ...running, state: 'waiting_for_rate_limit' as const, retryAtMs: nowMs + 3_600_000 };
    expect(isAlive(waiting, nowMs + 3_600_000)).toBe(true);
    expect(isAlive({ ...running, state: 'done' }, nowMs)).toBe(false);
  });

  test('is retried by itself once, when its time has come and nothing else has begun', () => {
    const failed = { ...newSync(7, nowMs), state: 'failed' as const, retryAtMs: nowMs + 5_000 };
    expect(isRetryDue(failed, 7, nowMs + 4_999)).toBe(false);
    expect(isRetryDue(failed, 7, nowMs + 5_000)).toBe(true);
    expect(isRetryDue(failed, 6, nowMs + 5_000)).toBe(false);
    expect(isRetryDue({ ...failed, state: 'running' }, 7, nowMs + 5_000)).toBe(false);
    expect(isRetryDue(null, 7, nowMs)).toBe(false);
  });

  test('[R13] names what it left out once, and not without end', () => {
    const entry = (name: string) => ({ repositoryId: '1', name, message: 'GitHub answered with status 500' });
    const sync = { ...newSync(7, nowMs), unreadJson: withUnread(newSync(7, nowMs), [entry('a')]) };
    const more = [entry('a'), ...Array.from({ length: 99 }, (_, index) => entry(`b${index}`))];
    const names = unreadOf({ ...sync, unreadJson: withUnread(sync, more) }).map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(['a', 'b0', 'b1']);
    expect(names).toHaveLength(gitHubLimits.unreadNamed);
  });

  test('says what GitHub said, and nothing of commands', () => {
    const ours = { code: 'step_failed', message: 'githubData.command.syncBatch failed: x', retryable: true };
    expect(failureForPeople(ours).message).not.toContain('command');
    const theirs = { code: 'github_forbidden', message: 'Resource not accessible', retryable: false };
    expect(failureForPeople(theirs)).toEqual(theirs);
  });
});

describe('deliveriesToRepeat', () => {
  const limits = { attempts: 3, deliveries: 2 };
  const attempt = (id: number, guid: string, statusCode: number, installationId: string | null = '9') => ({
    id,
    guid,
    statusCode,
    installationId,
  });

  test('only what no attempt brought, of this installation, and not for ever', () => {
    const attempts = [
      attempt(9, 'late', 202),
      attempt(8, 'dead', 0),
      attempt(7, 'dead', 0),
      attempt(6, 'dead', 0),
      attempt(5, 'late', 502),
      attempt(4, 'lost', 503),
      attempt(3, 'other', 500, '8'),
      attempt(2, 'ping', 500, null),
      attempt(1, 'fine', 200),
    ];
    expect(deliveriesToRepeat(attempts, '9', limits)).toEqual([4]);
  });

  test('at most as many as allowed', () => {
    const attempts = ['a', 'b', 'c'].map((guid, id) => attempt(id, guid, 500));
    expect(deliveriesToRepeat(attempts, '9', limits)).toEqual([0, 1]);
  });
});
