import { authLimits } from '../limits.ts';
import {
  AuthStoreError,
  userModelSchema,
  type AuthStore,
  type AuthWriteResult,
  type IndexEntry,
  type IndexKey,
} from './auth-store.ts';
import { indexEntriesOf, withoutKeys } from './index-entries.ts';
import { mapBounded } from '../parallel.ts';

export interface IndexClaimsContext {
  readonly store: AuthStore;
  readonly nowMs: () => number;
  readonly newCommandId: () => string;
}

/**
 * Keeps App's index in step with the rows on User actors. Two actors cannot change in one transaction, so:
 *
 * - claim before write: App learns the keys of a row before the row exists, and refuses keys of others;
 * - release after delete: App forgets them only when the row is gone.
 *
 * Wherever a crash falls, each existing row can be found, and at worst an entry without a row is left. Such
 * a leftover answers no query (the row decides), expires with its session, and gives way to the next claim
 * once it is older than `authLimits.indexGraceMs`; `repairIndex` removes it at once.
 */
export interface IndexClaims {
  /** Throws AuthStoreError `already_exists` when a key belongs to another user. */
  claim(userId: string, entries: readonly IndexEntry[]): Promise<void>;
  release(userId: string, keys: readonly IndexKey[]): Promise<void>;
  /**
   * Makes App's index of one user equal to that user's rows: adds what is missing (App was restored from a
   * backup), removes leftovers older than the grace time. Returns how many entries it changed.
   */
  repairIndex(userId: string): Promise<{ added: number; removed: number }>;
}

export function createIndexClaims(context: IndexClaimsContext): IndexClaims {
  const { store, nowMs, newCommandId } = context;

  const rowEntries = async (userId: string): Promise<IndexEntry[]> => {
    const models = userModelSchema.options;
    const entries = await mapBounded(models, models.length, async (model) => {
      const rows = await store.user(userId).read({ model, where: [] });
      return rows.flatMap((row) => indexEntriesOf(model, row));
    });
    return entries.flat();
  };

  const claim = async (userId: string, entries: readonly IndexEntry[]): Promise<void> => {
    // Each round removes one leftover; there cannot be more of them than entries.
    for (let round = 0; round <= entries.length; round += 1) {
      const operation = { kind: 'claimIndex' as const, userId, entries: [...entries] };
      const result = await store.app.write(operation, newCommandId());
      if (result.kind === 'claimed') return;
      if (result.kind !== 'taken') throw unexpectedResult(result);
      if (!(await releaseLeftover(result))) break;
    }
    throw new AuthStoreError('already_exists', 'Another user already has this e-mail address, account or id');
  };

  const releaseLeftover = async (taken: AuthWriteResult & { kind: 'taken' }): Promise<boolean> => {
    const claimedBeforeMs = nowMs() - authLimits.indexGraceMs;
    if (taken.claimedAtMs >= claimedBeforeMs) return false;
    const isLeftover = withoutKeys([taken.indexKey], await rowEntries(taken.by)).length > 0;
    if (!isLeftover) return false;
    const keys = [taken.indexKey];
    await store.app.write({ kind: 'releaseIndex', userId: taken.by, keys, claimedBeforeMs }, newCommandId());
    return true;
  };

  return {
    claim,
    async release(userId, keys) {
      if (keys.length === 0) return;
      const operation = { kind: 'releaseIndex' as const, userId, keys: [...keys], claimedBeforeMs: null };
      await store.app.write(operation, newCommandId());
    },
    async repairIndex(userId) {
      const claimedBeforeMs = nowMs() - authLimits.indexGraceMs;
      const known = await store.app.read({ kind: 'entries', userId });
      if (known.kind !== 'entries') throw new AuthStoreError('protocol', 'App answered another question');
      // Rows after entries: a row written in between has claimed its entries less than the grace time ago.
      const wanted = await rowEntries(userId);
      const missingKeys = withoutKeys(wanted, known.entries);
      const missing = wanted.filter((entry) => withoutKeys([entry], missingKeys).length === 0);
      if (missing.length > 0) await claim(userId, missing);
      const old = known.entries.filter((entry) => entry.claimedAtMs < claimedBeforeMs);
      const keys = withoutKeys(old, wanted);
      if (keys.length > 0) {
        await store.app.write({ kind: 'releaseIndex', userId, keys, claimedBeforeMs }, newCommandId());
      }
      return { added: missing.length, removed: keys.length };
    },
  };
}

export function unexpectedResult(result: AuthWriteResult): AuthStoreError {
  return new AuthStoreError('protocol', `A sign-in write was answered with "${result.kind}"`);
}
