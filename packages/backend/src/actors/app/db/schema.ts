import { sqliteTable, text } from 'drizzle-orm/sqlite-core';

export * from '../../../auth/db/app-tables.ts';
export * from '../../../command-loop/tables.ts';

/** Directory of the accounts that this server has to do with. */
export const organizations = sqliteTable('organizations', {
  id: text('id').primaryKey(),
  organizationJson: text('organization_json').notNull(),
});
