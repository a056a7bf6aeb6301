import { sql } from 'drizzle-orm';
import { check, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/*
 * Better Auth's rows of one person, on that person's User actor. Dates are ISO 8601 text in UTC, as the
 * adapter hands them over. `extra` holds fields that have no column of their own, as a JSON object.
 */

export const authUser = sqliteTable(
  'auth_user',
  {
    /** One actor is one person (R14). */
    singleton: integer('singleton').primaryKey().default(1),
    /** Better Auth's user id, the key of the actor. */
    id: text('id').notNull().unique(),
    name: text('name').notNull(),
    email: text('email').notNull(),
    emailVerified: integer('email_verified', { mode: 'boolean' }).notNull(),
    image: text('image'),
    /** GitHub's numeric account id as a decimal string: the identity; logins change. */
    githubId: text('github_id'),
    login: text('login'),
    createdAt: text('created_at').notNull(),
    updatedAt: text('updated_at').notNull(),
    extra: text('extra').notNull(),
  },
  (table) => [check('auth_user_singleton', sql`${table.singleton} = 1`)],
);

export const authSession = sqliteTable('auth_session', {
  id: text('id').primaryKey(),
  userId: text('user_id').notNull(),
  /** Keyed hash of the session token, and the token sealed: never the token itself (R17). */
  tokenHash: text('token_hash').notNull().unique(),
  tokenSealed: text('token_sealed').notNull(),
  expiresAt: text('expires_at').notNull(),
  ipAddress: text('ip_address'),
  userAgent: text('user_agent'),
  createdAt: text('created_at').notNull(),
  updatedAt: text('updated_at').notNull(),
  extra: text('extra').notNull(),
});

export const authAccount = sqliteTable(
  'auth_account',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    providerId: text('provider_id').notNull(),
    accountId: text('account_id').notNull(),
    /** Both encrypted by Better Auth before they get here. */
    accessToken: text('access_token'),
    refreshToken: text('refresh_token'),
    accessTokenExpiresAt: text('access_token_expires_at'),
    refreshTokenExpiresAt: text('refresh_token_expires_at'),
    scope: text('scope'),
    createdAt: text('created_at').notNull(),
    updatedAt: text('updated_at').notNull(),
    extra: text('extra').notNull(),
  },
  (table) => [uniqueIndex('auth_account_provider').on(table.providerId, table.accountId)],
);

/** Who may do a thing that only one process at a time may do, such as renewing the GitHub token. */
export const authLease = sqliteTable('auth_lease', {
  name: text('name').primaryKey(),
  holder: text('holder').notNull(),
  expiresAtMs: integer('expires_at_ms').notNull(),
});
