import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Append-only: rows are never changed or removed. `sequence` is the feed's order. */
export const auditEntries = sqliteTable(
  'audit_entries',
  {
    sequence: integer('sequence').primaryKey({ autoIncrement: true }),
    id: text('id').notNull().unique(),
    atMs: integer('at_ms').notNull(),
    action: text('action').notNull(),
    byJson: text('by_json').notNull(),
    causedBy: text('caused_by'),
    subject: text('subject').notNull(),
    summary: text('summary').notNull(),
    repositoryId: text('repository_id'),
  },
  (table) => [index('audit_entries_repository').on(table.repositoryId)],
);
