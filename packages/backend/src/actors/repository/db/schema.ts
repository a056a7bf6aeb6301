import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export * from '../../../command-loop/tables.ts';

/** The tasks of this repository that have an actor. */
export const tasks = sqliteTable(
  'tasks',
  {
    id: text('id').primaryKey(),
    title: text('title').notNull(),
    branch: text('branch').notNull(),
    state: text('state').notNull(),
    updatedAtMs: integer('updated_at_ms').notNull(),
  },
  (table) => [index('tasks_updated_at').on(table.updatedAtMs)],
);
