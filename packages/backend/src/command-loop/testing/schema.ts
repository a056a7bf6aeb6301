import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export * from '../tables.ts';

export const marks = sqliteTable('marks', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  mark: text('mark').notNull(),
});
