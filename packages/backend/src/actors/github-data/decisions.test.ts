import { describe, expect, test } from 'vitest';
import { gitHubLimits } from '../../limits.ts';
import {
  batchRetryDelayMs,
  decodePullCursor,
  deliveriesToRepeat,
  encodePullCursor,
  inMessages,
  isAlive,
  newSync,
  phaseAfter,
  startCursor,
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

  test('tries a batch again with growing delays while that may help, then fails', () => {
    const failure = { code: 'step_failed', message: 'x', retryable: true };
    expect(batchRetryDelayMs(0, failure)).toBe(1_000);
    expect(batchRetryDelayMs(3, failure)).toBe(8_000);
    expect(batchRetryDelayMs(gitHubLimits.batchRetries, failure)).toBeNull();
    expect(batchRetryDelayMs(0, { ...failure, retryable: false })).toBeNull();
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
