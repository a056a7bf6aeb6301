import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

/** A stage does not hold; the message says what was seen. */
export class StageFailed extends Error {}

function shown(value: unknown): string {
  const text = JSON.stringify(value, null, 2) ?? String(value);
  return text.length > 3_000 ? `${text.slice(0, 3_000)} …` : text;
}

/** @throws {StageFailed} when the claim does not hold. `seen` is printed. */
export function check(claim: string, holds: boolean, seen: unknown): asserts holds {
  if (!holds) {
    throw new StageFailed(`${claim}\nseen: ${shown(seen)}`);
  }
}

/** Rows in an order that does not depend on who listed them. */
export function sorted<T>(rows: readonly T[]): T[] {
  return rows.toSorted((a, b) => {
    const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

/** @throws {StageFailed} when the two differ. */
export function same(claim: string, seen: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(seen, expected)) {
    throw new StageFailed(`${claim}\nexpected: ${shown(expected)}\nseen: ${shown(seen)}`);
  }
}

/**
 * Asks again and again until `ask` gives something other than null.
 * @param lastSeen is printed when it never does.
 * @throws {StageFailed} at the deadline.
 */
export async function eventually<T>(
  claim: string,
  timeoutMs: number,
  ask: () => Promise<T | null> | T | null,
  lastSeen: () => unknown = () => 'nothing',
): Promise<T> {
  const endAtMs = Date.now() + timeoutMs;
  let problem: unknown = null;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== null) {
        return answer;
      }
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() > endAtMs) {
      throw new StageFailed(
        `${claim}: not within ${timeoutMs} ms\nseen: ${shown(lastSeen())}${problem === null ? '' : `\nlast problem: ${shown(problem)}`}`,
      );
    }
    await sleep(25);
  }
}
