import type { Viewer } from '../domain/access.ts';

const windowMs = 3_600_000;

export interface Bucket {
  limit: number;
  remaining: number;
  used: number;
  resetSeconds: number;
}

/** Requests counted per signed-in identity and hour, as GitHub counts them. In memory: a restart is a new hour. */
export class RateLimits {
  private readonly buckets = new Map<string, Bucket>();
  private readonly limits = new Map<string, number>();

  /** What a viewer is counted under. */
  static key(viewer: Viewer): string {
    switch (viewer.kind) {
      case 'anonymous':
        return 'anonymous';
      case 'user':
        return `user:${viewer.user.id}`;
      case 'installation':
        return `installation:${viewer.installation.id}`;
      case 'app':
        return `app:${viewer.app.id}`;
    }
  }

  bucket(key: string): Bucket {
    const existing = this.buckets.get(key);
    if (existing !== undefined && existing.resetSeconds * 1_000 > Date.now()) return existing;
    const limit = this.limits.get(key) ?? (key === 'anonymous' ? 60 : 5_000);
    const fresh = {
      limit,
      remaining: limit,
      used: 0,
      resetSeconds: Math.floor((Date.now() + windowMs) / 1_000),
    };
    this.buckets.set(key, fresh);
    return fresh;
  }

  count(bucket: Bucket): void {
    bucket.used += 1;
    bucket.remaining = Math.max(0, bucket.remaining - 1);
  }

  /** Sets what is left for one identity, e.g. to come near the end of an hour. */
  set(key: string, remaining: number, resetInSeconds: number): Bucket {
    const bucket = this.bucket(key);
    bucket.remaining = remaining;
    bucket.used = bucket.limit - remaining;
    bucket.resetSeconds = Math.floor(Date.now() / 1_000) + resetInSeconds;
    return bucket;
  }

  setLimit(key: string, limit: number): void {
    this.limits.set(key, limit);
    this.buckets.delete(key);
  }

  all(): Record<string, Bucket> {
    return Object.fromEntries(this.buckets);
  }
}
