import { and, asc, eq, gt, inArray, lt, type SQL } from 'drizzle-orm';
import { z } from 'zod';
import { authLimits } from '../../limits.ts';
import {
  indexKindSchema,
  type AppAuthOperation,
  type AppAuthQuery,
  type AppAuthReadResult,
  type AuthWriteResult,
  type IndexEntry,
  type IndexKey,
} from '../auth-store.ts';
import { authRecordSchema } from '../where.ts';
import { authIndex, authRecord, authVerification } from './app-tables.ts';
import {
  columnCodec,
  deleteRecords,
  findRecords,
  insertRecord,
  updateRecords,
  type AuthDatabase,
  type ModelTable,
} from './model-tables.ts';

const verificationTable: ModelTable = {
  table: authVerification,
  id: authVerification.id,
  indexed: { id: authVerification.id, identifierHash: authVerification.identifierHash },
  ...columnCodec(
    z.object({
      id: z.string(),
      identifierHash: z.string(),
      identifierSealed: z.string(),
      valueHash: z.string(),
      valueSealed: z.string(),
      expiresAt: z.string(),
      createdAt: z.string(),
      updatedAt: z.string(),
    }),
  ),
};

function tableOf(model: string): ModelTable {
  if (model === 'verification') return verificationTable;
  return {
    table: authRecord,
    id: authRecord.id,
    scope: eq(authRecord.model, model),
    indexed: { id: authRecord.id },
    toValues: (record) => ({
      model,
      id: z.string().parse(record['id']),
      data: JSON.stringify(record),
    }),
    toRecord: (row) => authRecordSchema.parse(JSON.parse(z.string().parse(row['data']))),
  };
}

/** Answers the App actor's `authRead`. */
export async function readAppAuth(db: AuthDatabase, query: AppAuthQuery): Promise<AppAuthReadResult> {
  switch (query.kind) {
    case 'rows':
      return { kind: 'rows', rows: await findRecords(db, tableOf(query.model), query.where) };
    case 'resolve': {
      const found = new Set<string>();
      for (const filter of keyFilters(query.keys)) {
        const rows = await db.selectDistinct({ userId: authIndex.userId }).from(authIndex).where(filter);
        for (const row of rows) found.add(row.userId);
      }
      return { kind: 'userIds', userIds: [...found] };
    }
    case 'userIds': {
      const rows = await db
        .selectDistinct({ userId: authIndex.userId })
        .from(authIndex)
        .where(query.after === null ? undefined : gt(authIndex.userId, query.after))
        .orderBy(asc(authIndex.userId))
        .limit(query.limit);
      return { kind: 'userIds', userIds: rows.map((row) => row.userId) };
    }
    case 'entries': {
      const rows = await db
        .select()
        .from(authIndex)
        .where(eq(authIndex.userId, query.userId))
        .limit(authLimits.scanRows);
      const entries = rows.map(({ kind, key, expiresAt, claimedAtMs }) => ({
        kind: indexKindSchema.parse(kind),
        key,
        expiresAt,
        claimedAtMs,
      }));
      return { kind: 'entries', entries };
    }
    default:
      return assertNever(query);
  }
}

/**
 * Carries out the App actor's `authWrite`. Call it inside the transaction that also records the command as
 * done, with the time of the command (epoch milliseconds).
 */
export async function writeAppAuth(
  db: AuthDatabase,
  operation: AppAuthOperation,
  nowMs: number,
): Promise<AuthWriteResult> {
  switch (operation.kind) {
    case 'create': {
      await sweepExpired(db, nowMs);
      const isNew = await insertRecord(db, tableOf(operation.model), operation.record);
      return isNew ? { kind: 'created', record: operation.record, evicted: [] } : { kind: 'exists' };
    }
    case 'update': {
      const { model, where, onlyOne } = operation;
      return { kind: 'updated', rows: await updateRecords(db, tableOf(model), where, operation, onlyOne) };
    }
    case 'delete': {
      const { model, where, onlyOne } = operation;
      return { kind: 'deleted', rows: await deleteRecords(db, tableOf(model), where, onlyOne) };
    }
    case 'claimIndex':
      await sweepExpired(db, nowMs);
      return claimIndex(db, operation.userId, operation.entries, nowMs);
    case 'releaseIndex': {
      const keys = await releaseIndex(db, operation.userId, operation.keys, operation.claimedBeforeMs);
      return { kind: 'released', keys };
    }
    default:
      return assertNever(operation);
  }
}

async function claimIndex(
  db: AuthDatabase,
  userId: string,
  entries: readonly IndexEntry[],
  nowMs: number,
): Promise<AuthWriteResult> {
  for (const filter of keyFilters(entries)) {
    const rows = await db.select().from(authIndex).where(filter);
    const taken = rows.find((row) => row.userId !== userId);
    if (taken) {
      const indexKey = { kind: indexKindSchema.parse(taken.kind), key: taken.key };
      return { kind: 'taken', by: taken.userId, indexKey, claimedAtMs: taken.claimedAtMs };
    }
  }
  for (const { kind, key, expiresAt } of entries) {
    await db
      .insert(authIndex)
      .values({ kind, key, userId, expiresAt, claimedAtMs: nowMs })
      .onConflictDoUpdate({
        target: [authIndex.kind, authIndex.key],
        set: { expiresAt, claimedAtMs: nowMs },
      });
  }
  return { kind: 'claimed' };
}

async function releaseIndex(
  db: AuthDatabase,
  userId: string,
  keys: readonly IndexKey[],
  claimedBeforeMs: number | null,
): Promise<IndexKey[]> {
  const isOlder = claimedBeforeMs === null ? undefined : lt(authIndex.claimedAtMs, claimedBeforeMs);
  const released: IndexKey[] = [];
  for (const filter of keyFilters(keys)) {
    const rows = await db
      .delete(authIndex)
      .where(and(filter, eq(authIndex.userId, userId), isOlder))
      .returning({ kind: authIndex.kind, key: authIndex.key });
    released.push(...rows.map(({ kind, key }) => ({ kind: indexKindSchema.parse(kind), key })));
  }
  return released;
}

/** One filter per kind and batch of keys, so that statements stay small. */
function keyFilters(keys: readonly IndexKey[]): SQL[] {
  const filters: SQL[] = [];
  for (const kind of indexKindSchema.options) {
    const ofKind = keys.filter((entry) => entry.kind === kind).map((entry) => entry.key);
    for (let start = 0; start < ofKind.length; start += authLimits.sweepBatch) {
      const batch = ofKind.slice(start, start + authLimits.sweepBatch);
      const filter = and(eq(authIndex.kind, kind), inArray(authIndex.key, batch));
      if (filter) filters.push(filter);
    }
  }
  return filters;
}

/** Forgets what expired long ago, a small batch with each new row, so that nothing piles up (R13). */
async function sweepExpired(db: AuthDatabase, nowMs: number): Promise<void> {
  const before = new Date(nowMs - authLimits.expiredRetentionMs).toISOString();
  const expiredRows = db
    .select({ id: authVerification.id })
    .from(authVerification)
    .where(lt(authVerification.expiresAt, before))
    .limit(authLimits.sweepBatch);
  await db.delete(authVerification).where(inArray(authVerification.id, expiredRows));
  const entries = await db
    .select({ kind: authIndex.kind, key: authIndex.key })
    .from(authIndex)
    .where(lt(authIndex.expiresAt, before))
    .limit(authLimits.sweepBatch);
  const keys = entries.map(({ kind, key }) => ({ kind: indexKindSchema.parse(kind), key }));
  for (const filter of keyFilters(keys)) await db.delete(authIndex).where(filter);
}

function assertNever(value: never): never {
  throw new TypeError(`Unknown request ${JSON.stringify(value)}`);
}
