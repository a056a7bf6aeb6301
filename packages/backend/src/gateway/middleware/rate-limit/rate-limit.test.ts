import { expect, test } from 'vitest';
import { RateLimiter } from './rate-limit.ts';

test('allows so many at once, then evenly, each key for itself', () => {
  let nowMs = 0;
  const limiter = new RateLimiter(60, () => nowMs);
  const taken = Array.from({ length: 61 }, () => limiter.take('a'));
  expect(taken.slice(0, 60)).toEqual(Array.from({ length: 60 }, () => 0));
  expect(taken[60]).toBe(1_000);
  expect(limiter.take('b')).toBe(0);
  nowMs = 999;
  expect(limiter.take('a')).toBeGreaterThan(0);
  nowMs = 1_001;
  expect(limiter.take('a')).toBe(0);
  expect(limiter.take('a')).toBeGreaterThan(0);
  nowMs = 10 * 60_000;
  expect(Array.from({ length: 61 }, () => limiter.take('a')).filter((waitMs) => waitMs === 0)).toHaveLength(
    60,
  );
});
