import { authLimits } from '../limits.ts';

/**
 * The sessions that ended a moment ago, by keyed token hash. A signed cookie answers for up to
 * `authLimits.cookieCacheMs` without asking the store; this list is what makes a sign-out count at once. Each
 * gateway has one, fed by its own sign-outs and by what App broadcasts.
 */
export class EndedSessions {
  readonly #endedAtMs = new Map<string, number>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  add(sessionTokenHash: string): void {
    this.#endedAtMs.delete(sessionTokenHash);
    this.#endedAtMs.set(sessionTokenHash, this.#nowMs());
    this.#forgetOld();
  }

  has(sessionTokenHash: string): boolean {
    this.#forgetOld();
    return this.#endedAtMs.has(sessionTokenHash);
  }

  /** A Map keeps the order of insertion: the oldest come first. */
  #forgetOld(): void {
    const limitMs = this.#nowMs() - authLimits.endedSessionRetentionMs;
    for (const [hash, endedAtMs] of this.#endedAtMs) {
      if (endedAtMs > limitMs && this.#endedAtMs.size <= authLimits.endedSessionsMax) return;
      this.#endedAtMs.delete(hash);
    }
  }
}
