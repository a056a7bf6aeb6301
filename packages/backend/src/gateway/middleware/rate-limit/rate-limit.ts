import { getConnInfo } from '@hono/node-server/conninfo';
import { BoundedMap } from '../../access/bounded-map.ts';
import type { GatewayContext } from '../../env.ts';
import { HttpError } from '../../errors.ts';
import { clientOf } from './client-address.ts';
import { gatewayLimits } from '../../../limits.ts';

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** A token bucket per key: `perMinute` at once, then evenly. The keys asked longest ago are forgotten first. */
export class RateLimiter {
  readonly #perMinute: number;
  readonly #nowMs: () => number;
  readonly #buckets = new BoundedMap<string, Bucket>(gatewayLimits.rateLimitKeysMax);

  constructor(perMinute: number, nowMs: () => number = Date.now) {
    this.#perMinute = perMinute;
    this.#nowMs = nowMs;
  }

  /** @returns 0 when the call is allowed, else how many milliseconds until it may be tried again. */
  take(key: string): number {
    const nowMs = this.#nowMs();
    const known = this.#buckets.get(key) ?? { tokens: this.#perMinute, filledAtMs: nowMs };
    const perMs = this.#perMinute / 60_000;
    const tokens = Math.min(this.#perMinute, known.tokens + (nowMs - known.filledAtMs) * perMs);
    const isAllowed = tokens >= 1;
    this.#buckets.set(key, { tokens: isAllowed ? tokens - 1 : tokens, filledAtMs: nowMs });
    return isAllowed ? 0 : Math.ceil((1 - tokens) / perMs);
  }
}

/** The limiters of one gateway. */
export interface RateLimits {
  readonly people: RateLimiter;
  readonly addresses: RateLimiter;
  readonly refusedWebhooks: RateLimiter;
}

export function createRateLimits(): RateLimits {
  return {
    people: new RateLimiter(gatewayLimits.requestsPerMinute),
    addresses: new RateLimiter(gatewayLimits.anonymousRequestsPerMinute),
    refusedWebhooks: new RateLimiter(gatewayLimits.refusedWebhooksPerMinute),
  };
}

/** The address of the connection, or, behind a trusted proxy, the one that it names. */
export function clientAddress(c: GatewayContext): string {
  if (c.env?.incoming === undefined) return 'unknown';
  const { trustedProxies } = c.get('gateway').config;
  return clientOf(
    getConnInfo(c).remote.address ?? 'unknown',
    c.req.header('x-forwarded-for'),
    trustedProxies,
  );
}

/** Counts a request, by person or, without one, by address. @throws HttpError 429 */
export function limitRequests(c: GatewayContext, userId: string | null): void {
  const { people, addresses } = c.get('gateway').rateLimits;
  const waitMs = userId === null ? addresses.take(clientAddress(c)) : people.take(userId);
  if (waitMs > 0) throw tooManyRequests(waitMs);
}

export function tooManyRequests(waitMs: number): HttpError {
  return new HttpError(429, 'too_many_requests', 'Too many requests. Wait a moment, then try again.', {
    retryAfterMs: Math.max(waitMs, 1_000),
  });
}
