import { authLimits } from '../limits.ts';
import {
  AuthStoreError,
  userModelSchema,
  type AuthStore,
  type AuthWriteResult,
  type IndexEntry,
  type IndexKey,
  type UserModel,
} from './auth-store.ts';
import type { SecretBox } from './crypto.ts';
import type { RowChange } from './db/model-tables.ts';
import { createIndexClaims, unexpectedResult } from './index-claims.ts';
import { indexEntriesOf, ownersOf, touchesIndex, withoutKeys } from './index-entries.ts';
import { mapBounded } from '../parallel.ts';
import { createFieldSealer } from './sealed-fields.ts';
import { isOneOf, matchesWhere, requiredConditions, type AuthCondition, type AuthRecord } from './where.ts';

/** A session that no longer lets anybody in. `sessionTokenHash` is the keyed hash, as in App's index. */
export interface EndedSession {
  readonly userId: string;
  readonly sessionTokenHash: string;
}

export interface AuthRowsOptions {
  readonly store: AuthStore;
  readonly box: SecretBox;
  readonly newCommandId: () => string;
  readonly nowMs: () => number;
  /** Told as soon as a session row is gone, in the process that did it. */
  readonly onSessionEnded: (session: EndedSession) => void;
}

/**
 * Better Auth's rows as one table per model, wherever they live. Records are in the clear here and sealed
 * below. Guarded writes are atomic: the actor that owns a row checks the conditions again as it writes.
 */
export interface AuthRows {
  find(model: string, where: readonly AuthCondition[]): Promise<AuthRecord[]>;
  create(model: string, record: AuthRecord): Promise<AuthRecord>;
  update(
    model: string,
    where: readonly AuthCondition[],
    change: RowChange,
    onlyOne: boolean,
  ): Promise<AuthRecord[]>;
  delete(model: string, where: readonly AuthCondition[], onlyOne: boolean): Promise<AuthRecord[]>;
}

/** A row and the user whose actor holds it; null for App's rows. */
interface LocatedRow {
  readonly ownerId: string | null;
  readonly sealed: AuthRecord;
  readonly record: AuthRecord;
}

interface Batch {
  readonly ownerId: string | null;
  readonly rows: readonly LocatedRow[];
}

export function createAuthRows(options: AuthRowsOptions): AuthRows {
  const { store, newCommandId, onSessionEnded } = options;
  const sealer = createFieldSealer(options.box);
  const claims = createIndexClaims(options);

  const resolveOwners = async (
    model: UserModel,
    where: readonly AuthCondition[],
  ): Promise<readonly string[]> => {
    const owners = ownersOf(model, where);
    if (owners.kind === 'users') return owners.userIds;
    if (owners.kind === 'everyone') return allUserIds(store);
    if (owners.keys.length === 0) return [];
    return userIdsOf(await store.app.read({ kind: 'resolve', keys: [...owners.keys] }));
  };

  const locate = async (model: string, where: readonly AuthCondition[]): Promise<LocatedRow[]> => {
    const sealedWhere = sealer.sealWhere(model, where);
    const pushed =
      sealedWhere ??
      requiredConditions(where).filter((condition) => !sealer.isSealed(model, condition.field));
    const located = (ownerId: string | null, rows: readonly AuthRecord[]): LocatedRow[] =>
      rows
        .map((sealed) => ({ ownerId, sealed, record: sealer.unseal(model, sealed) }))
        .filter((row) => sealedWhere !== null || matchesWhere(row.record, where));
    const userModel = userModelSchema.safeParse(model);
    if (!userModel.success) {
      const result = await store.app.read({ kind: 'rows', model, where: [...pushed] });
      if (result.kind !== 'rows') throw new AuthStoreError('protocol', 'App answered another question');
      return located(null, result.rows);
    }
    const ownerIds = await resolveOwners(userModel.data, pushed);
    const query = { model: userModel.data, where: [...pushed] };
    const perOwner = await mapBounded(ownerIds, authLimits.parallelUsers, async (ownerId) =>
      located(ownerId, await store.user(ownerId).read(query)),
    );
    return perOwner.flat();
  };

  /** Conditions for the owner: the batch's rows, as long as they still match. */
  const guardOf = (model: string, where: readonly AuthCondition[], batch: Batch): AuthCondition[] => [
    ...(sealer.sealWhere(model, where) ?? []),
    isOneOf(
      'id',
      batch.rows.map((row) => row.record['id'] ?? null),
    ),
  ];

  const releaseRows = async (
    userId: string,
    model: UserModel,
    gone: readonly AuthRecord[],
  ): Promise<void> => {
    reportEnded(userId, model, gone);
    await claims.release(
      userId,
      gone.flatMap((record) => indexEntriesOf(model, record)),
    );
  };

  const reportEnded = (userId: string, model: UserModel, gone: readonly AuthRecord[]): void => {
    if (model !== 'session') return;
    for (const { tokenHash } of gone) {
      if (typeof tokenHash === 'string') onSessionEnded({ userId, sessionTokenHash: tokenHash });
    }
  };

  const updateBatch = async (
    model: string,
    where: readonly AuthCondition[],
    change: RowChange,
    batch: Batch,
    onlyOne: boolean,
  ): Promise<AuthRecord[]> => {
    const set = sealer.seal(model, change.set);
    const operation = {
      kind: 'update' as const,
      where: guardOf(model, where, batch),
      set,
      increment: { ...change.increment },
      onlyOne,
    };
    const { ownerId } = batch;
    if (ownerId === null) {
      const result = await store.app.write({ ...operation, model }, newCommandId());
      if (result.kind !== 'updated') throw unexpectedResult(result);
      return result.rows.map((row) => sealer.unseal(model, row.after));
    }
    const userModel = userModelSchema.parse(model);
    refuseOwnerChange(userModel, set, ownerId);
    const isIndexed = touchesIndex(userModel, [...Object.keys(set), ...Object.keys(change.increment)]);
    if (isIndexed) {
      const entries = batch.rows.flatMap((row) => indexEntriesOf(userModel, { ...row.sealed, ...set }));
      await claims.claim(ownerId, uniqueEntries(entries));
    }
    const result = await store.user(ownerId).write({ ...operation, model: userModel }, newCommandId());
    if (result.kind !== 'updated') throw unexpectedResult(result);
    if (isIndexed) {
      const kept = result.rows.flatMap((row) => indexEntriesOf(userModel, row.after));
      const old = result.rows.flatMap((row) => indexEntriesOf(userModel, row.before));
      const released = withoutKeys(old, kept);
      const ended = result.rows.filter((row) => row.before['tokenHash'] !== row.after['tokenHash']);
      reportEnded(
        ownerId,
        userModel,
        ended.map((row) => row.before),
      );
      await claims.release(ownerId, released);
    }
    return result.rows.map((row) => sealer.unseal(model, row.after));
  };

  const deleteBatch = async (
    model: string,
    where: readonly AuthCondition[],
    batch: Batch,
    onlyOne: boolean,
  ): Promise<AuthRecord[]> => {
    const operation = { kind: 'delete' as const, where: guardOf(model, where, batch), onlyOne };
    const { ownerId } = batch;
    let result: AuthWriteResult;
    if (ownerId === null) {
      result = await store.app.write({ ...operation, model }, newCommandId());
    } else {
      const userModel = userModelSchema.parse(model);
      result = await store.user(ownerId).write({ ...operation, model: userModel }, newCommandId());
      if (result.kind === 'deleted') await releaseRows(ownerId, userModel, result.rows);
    }
    if (result.kind !== 'deleted') throw unexpectedResult(result);
    return result.rows.map((row) => sealer.unseal(model, row));
  };

  /** Applies `write` to all matching rows in batches, or to one row: the first that still matches. */
  const writeMatching = async (
    model: string,
    where: readonly AuthCondition[],
    onlyOne: boolean,
    write: (batch: Batch) => Promise<AuthRecord[]>,
  ): Promise<AuthRecord[]> => {
    const rows = await locate(model, where);
    if (!onlyOne) {
      return (await mapBounded(batchesOf(rows), authLimits.parallelUsers, write)).flat();
    }
    for (const row of rows) {
      const written = await write({ ownerId: row.ownerId, rows: [row] });
      if (written.length > 0) return written;
    }
    return [];
  };

  return {
    find: async (model, where) => (await locate(model, where)).map((row) => row.record),
    async create(model, record) {
      const sealed = sealer.seal(model, record);
      const userModel = userModelSchema.safeParse(model);
      if (!userModel.success) {
        const result = await store.app.write({ kind: 'create', model, record: sealed }, newCommandId());
        if (result.kind === 'exists') throw alreadyExists(model);
        if (result.kind !== 'created') throw unexpectedResult(result);
        return record;
      }
      const ownerId = ownerOf(userModel.data, record);
      await claims.claim(ownerId, indexEntriesOf(userModel.data, sealed));
      const operation = { kind: 'create' as const, model: userModel.data, record: sealed };
      const result = await store.user(ownerId).write(operation, newCommandId());
      if (result.kind === 'exists') throw alreadyExists(model);
      if (result.kind !== 'created') throw unexpectedResult(result);
      await releaseRows(ownerId, userModel.data, result.evicted);
      return record;
    },
    update: (model, where, change, onlyOne) =>
      writeMatching(model, where, onlyOne, (batch) => updateBatch(model, where, change, batch, onlyOne)),
    delete: (model, where, onlyOne) =>
      writeMatching(model, where, onlyOne, (batch) => deleteBatch(model, where, batch, onlyOne)),
  };
}

/** Every user id App knows, in pages. Throws `scan_too_large` rather than leave people out. */
async function allUserIds(store: AuthStore): Promise<string[]> {
  const userIds: string[] = [];
  for (;;) {
    const after = userIds.at(-1) ?? null;
    const page = userIdsOf(await store.app.read({ kind: 'userIds', after, limit: authLimits.scanPage }));
    userIds.push(...page);
    if (userIds.length > authLimits.scanUsers) {
      throw new AuthStoreError(
        'scan_too_large',
        'No index answers this query and there are too many users to ask',
      );
    }
    if (page.length < authLimits.scanPage) return userIds;
  }
}

function userIdsOf(result: Awaited<ReturnType<AuthStore['app']['read']>>): string[] {
  if (result.kind !== 'userIds') throw new AuthStoreError('protocol', 'App answered another question');
  return result.userIds;
}

function batchesOf(rows: readonly LocatedRow[]): Batch[] {
  const batches: Batch[] = [];
  for (const [ownerId, owned] of Map.groupBy(rows, (row) => row.ownerId)) {
    for (let start = 0; start < owned.length; start += authLimits.sweepBatch) {
      batches.push({ ownerId, rows: owned.slice(start, start + authLimits.sweepBatch) });
    }
  }
  return batches;
}

function uniqueEntries(entries: readonly IndexEntry[]): IndexEntry[] {
  const byKey = new Map(entries.map((entry) => [indexKeyText(entry), entry]));
  return [...byKey.values()];
}

function indexKeyText({ kind, key }: IndexKey): string {
  return `${kind} ${key}`;
}

function ownerOf(model: UserModel, record: AuthRecord): string {
  const ownerId = record[model === 'user' ? 'id' : 'userId'];
  if (typeof ownerId === 'string' && ownerId !== '') return ownerId;
  throw new AuthStoreError('owner_missing', `A ${model} row needs the id of its user`);
}

function refuseOwnerChange(model: UserModel, set: AuthRecord, ownerId: string): void {
  const newOwner = set[model === 'user' ? 'id' : 'userId'];
  if (newOwner !== undefined && newOwner !== ownerId) {
    throw new AuthStoreError('owner_change', `A ${model} row stays with the user it was made for`);
  }
}

function alreadyExists(model: string): AuthStoreError {
  return new AuthStoreError('already_exists', `This ${model} row already exists`);
}
