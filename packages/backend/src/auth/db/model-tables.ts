import { and, eq, inArray, type SQL } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { SqliteRemoteDatabase } from 'drizzle-orm/sqlite-proxy';
import { z } from 'zod';
import { authLimits } from '../../limits.ts';
import { AuthStoreError } from '../auth-store.ts';
import {
  authRecordSchema,
  matchesWhere,
  requiredValues,
  type AuthCondition,
  type AuthRecord,
} from '../where.ts';

/**
 * The part of an actor's drizzle database (or of a transaction on it) that the repositories use. RivetKit's
 * `c.db` and drizzle's sqlite-proxy driver both have it.
 */
export type AuthDatabase = Pick<
  SqliteRemoteDatabase,
  'select' | 'selectDistinct' | 'insert' | 'update' | 'delete'
>;

/** How the rows of one model are kept in one table. */
export interface ModelTable {
  readonly table: SQLiteTable;
  readonly id: SQLiteColumn;
  /** Limits the table to the rows of this model, when it holds several. */
  readonly scope?: SQL;
  /** Indexed columns by logical field name. */
  readonly indexed: Readonly<Record<string, SQLiteColumn>>;
  toValues(record: AuthRecord): Record<string, unknown>;
  toRecord(row: Record<string, unknown>): AuthRecord;
}

/** The fields of a new version of a row, by logical name. */
export interface RowChange {
  readonly set: AuthRecord;
  readonly increment: Readonly<Record<string, number>>;
}

const extraSchema = z.string().transform((text) => authRecordSchema.parse(JSON.parse(text)));

/**
 * Columns for the fields in `columns`, the rest of a record as JSON in the column `extra`.
 * A record that lacks a mandatory field, or has one of the wrong type, is refused with a ZodError.
 */
export function columnCodec(columns: z.ZodObject): Pick<ModelTable, 'toValues' | 'toRecord'> {
  const names = new Set(Object.keys(columns.shape));
  return {
    toValues(record) {
      const extra = Object.fromEntries(Object.entries(record).filter(([field]) => !names.has(field)));
      return { ...columns.parse(record), extra: JSON.stringify(extra) };
    },
    toRecord(row) {
      return { ...extraSchema.parse(row['extra']), ...authRecordSchema.parse(columns.parse(row)) };
    },
  };
}

/**
 * The rows of `model` that match `where`. Uses an index when `where` names one.
 * @throws AuthStoreError `scan_too_large` rather than an answer that leaves rows out.
 */
export async function findRecords(
  db: AuthDatabase,
  model: ModelTable,
  where: readonly AuthCondition[],
): Promise<AuthRecord[]> {
  const filters: SQL[] = model.scope ? [model.scope] : [];
  for (const [field, column] of Object.entries(model.indexed)) {
    const values = requiredValues(where, field);
    if (values) filters.push(inArray(column, [...values]));
  }
  const rows = await db
    .select()
    .from(model.table)
    .where(and(...filters))
    .limit(authLimits.scanRows + 1);
  if (rows.length > authLimits.scanRows) {
    throw new AuthStoreError('scan_too_large', 'The query would look at too many sign-in rows');
  }
  return rows.map((row) => model.toRecord(row)).filter((record) => matchesWhere(record, where));
}

/** Inserts a row. False when a row with this id (or another unique value) exists: nothing was written. */
export async function insertRecord(
  db: AuthDatabase,
  model: ModelTable,
  record: AuthRecord,
): Promise<boolean> {
  const inserted = await db
    .insert(model.table)
    .values(model.toValues(record))
    .onConflictDoNothing()
    .returning({ id: model.id });
  return inserted.length > 0;
}

/** Changes the matching rows (the first one only with `onlyOne`) and returns each before and after. */
export async function updateRecords(
  db: AuthDatabase,
  model: ModelTable,
  where: readonly AuthCondition[],
  change: RowChange,
  onlyOne: boolean,
): Promise<{ before: AuthRecord; after: AuthRecord }[]> {
  const matching = await findRecords(db, model, where);
  const updated: { before: AuthRecord; after: AuthRecord }[] = [];
  for (const before of onlyOne ? matching.slice(0, 1) : matching) {
    const increments = Object.entries(change.increment).map(([field, delta]) => {
      const current = before[field];
      return [field, (typeof current === 'number' ? current : 0) + delta] as const;
    });
    const after = { ...before, ...Object.fromEntries(increments), ...change.set };
    await db
      .update(model.table)
      .set(model.toValues(after))
      .where(and(model.scope, eq(model.id, before['id'])));
    updated.push({ before, after });
  }
  return updated;
}

/** Deletes the matching rows (the first one only with `onlyOne`) and returns them. */
export async function deleteRecords(
  db: AuthDatabase,
  model: ModelTable,
  where: readonly AuthCondition[],
  onlyOne: boolean,
): Promise<AuthRecord[]> {
  const matching = await findRecords(db, model, where);
  const doomed = onlyOne ? matching.slice(0, 1) : matching;
  for (let start = 0; start < doomed.length; start += authLimits.sweepBatch) {
    const ids = doomed.slice(start, start + authLimits.sweepBatch).map((record) => record['id']);
    await db.delete(model.table).where(and(model.scope, inArray(model.id, ids)));
  }
  return doomed;
}
