import type { Viewer } from '../domain/access.ts';
import type { Store } from '../store/open.ts';

const windowMs = 3_600_000;

const signedInLimit = 5_000;
const anonymousLimit = 60;
/** An installation may ask more often the more it has to look after. */
const installationLimits = { included: 20, perRepository: 50, perMember: 50, most: 12_500 } as const;

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
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

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
    const limit = this.limits.get(key) ?? this.usualLimit(key);
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

  /** As GitHub documents it: 50 more for each repository and each member of an organization beyond the twentieth. */
  private usualLimit(key: string): number {
    if (key === 'anonymous') return anonymousLimit;
    const [kind, id] = key.split(':');
    const installation = kind === 'installation' ? this.store.apps.installation(Number(id)) : undefined;
    if (installation === undefined) return signedInLimit;
    const repositories =
      installation.repositorySelection === 'all'
        ? this.store.repositories.ofOwner(installation.accountId).length
        : this.store.apps.selectedRepositoryIds(installation.id).size;
    const members = this.store.accounts.members(installation.accountId).length;
    const { included, perRepository, perMember, most } = installationLimits;
    const more =
      Math.max(0, repositories - included) * perRepository + Math.max(0, members - included) * perMember;
    return Math.min(most, signedInLimit + more);
  }
}
