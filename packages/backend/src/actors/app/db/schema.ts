import { sql } from 'drizzle-orm';
import { check, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export * from '../../../auth/db/app-tables.ts';
export * from '../../../command-loop/tables.ts';

/** Directory of the accounts that this server has to do with. */
export const organizations = sqliteTable('organizations', {
  id: text('id').primaryKey(),
  organizationJson: text('organization_json').notNull(),
});

/** The account that came first, and is the only one admitted while the server's configuration names none. */
export const firstAccount = sqliteTable(
  'first_account',
  {
    id: integer('id').primaryKey(),
    accountId: text('account_id').notNull(),
    login: text('login').notNull(),
    atMs: integer('at_ms').notNull(),
  },
  (table) => [check('first_account_singleton', sql`${table.id} = 1`)],
);
