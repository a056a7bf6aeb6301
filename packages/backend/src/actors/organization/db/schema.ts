import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export * from '../../../command-loop/tables.ts';

export const runtimeIssues = sqliteTable('runtime_issues', {
  id: text('id').primaryKey(),
  actor: text('actor').notNull(),
  command: text('command'),
  step: text('step'),
  attempt: integer('attempt'),
  message: text('message').notNull(),
  count: integer('count').notNull(),
  firstAtMs: integer('first_at_ms').notNull(),
  lastAtMs: integer('last_at_ms').notNull(),
});
