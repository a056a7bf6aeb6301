import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/**
 * Where the sign-in rows of a user are: a key (e-mail, hash of a session token, …) leads to a user id. An
 * entry is claimed before its row is written and released after the row is gone, so every row can be found;
 * an entry whose row is missing is a leftover of an interrupted write.
 */
export const authIndex = sqliteTable(
  'auth_index',
  {
    kind: text('kind').notNull(),
    key: text('key').notNull(),
    userId: text('user_id').notNull(),
    /** ISO 8601, or null when the entry does not expire by itself. */
    expiresAt: text('expires_at'),
    claimedAtMs: integer('claimed_at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.key] }),
    index('auth_index_user').on(table.userId),
    index('auth_index_expires').on(table.expiresAt),
  ],
);

/** Single-use values that exist before any user is known: the state of a sign-in in progress. */
export const authVerification = sqliteTable(
  'auth_verification',
  {
    id: text('id').primaryKey(),
    /** Keyed hashes to look up by, sealed originals to give back (R17). */
    identifierHash: text('identifier_hash').notNull(),
    identifierSealed: text('identifier_sealed').notNull(),
    valueHash: text('value_hash').notNull(),
    valueSealed: text('value_sealed').notNull(),
    expiresAt: text('expires_at').notNull(),
    createdAt: text('created_at').notNull(),
    updatedAt: text('updated_at').notNull(),
    extra: text('extra').notNull(),
  },
  (table) => [
    index('auth_verification_identifier').on(table.identifierHash),
    index('auth_verification_expires').on(table.expiresAt),
  ],
);

/** Rows of every further Better Auth model (those that plugins bring): belongs to nobody in particular. */
export const authRecord = sqliteTable(
  'auth_record',
  {
    model: text('model').notNull(),
    id: text('id').notNull(),
    /** The whole row as a JSON object, by logical field name. */
    data: text('data').notNull(),
  },
  (table) => [primaryKey({ columns: [table.model, table.id] })],
);
