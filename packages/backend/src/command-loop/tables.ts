import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/*
 * Every actor with a command loop has these tables in its own database; each actor's db/schema.ts
 * re-exports this file, so that drizzle-kit puts them into its migrations.
 */

/** What became of each command: the row is written in the transaction of its last step. */
export const commands = sqliteTable(
  'commands',
  {
    commandId: text('command_id').primaryKey(),
    name: text('name').notNull(),
    status: text('status', { enum: ['done', 'failed'] }).notNull(),
    resultJson: text('result_json'),
    failureJson: text('failure_json'),
    byJson: text('by_json').notNull(),
    causedBy: text('caused_by'),
    sentAtMs: integer('sent_at_ms').notNull(),
    finishedAtMs: integer('finished_at_ms').notNull(),
  },
  (table) => [index('commands_finished_at').on(table.finishedAtMs)],
);

/** Results of single steps: a repeated step returns what it returned the first time. `started` is the intent of an outside effect. */
export const commandSteps = sqliteTable(
  'command_steps',
  {
    commandId: text('command_id').notNull(),
    step: text('step').notNull(),
    state: text('state', { enum: ['started', 'done'] }).notNull(),
    resultJson: text('result_json'),
    atMs: integer('at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.commandId, table.step] }),
    index('command_steps_at').on(table.atMs),
  ],
);

/** Messages to other actors (and delayed ones to this one), written with the change they follow from (R5). */
export const outbox = sqliteTable(
  'outbox',
  {
    sequence: integer('sequence').primaryKey({ autoIncrement: true }),
    id: text('id').notNull().unique(),
    targetKind: text('target_kind').notNull(),
    targetKeyJson: text('target_key_json').notNull(),
    command: text('command').notNull(),
    bodyJson: text('body_json').notNull(),
    envelopeJson: text('envelope_json').notNull(),
    attempts: integer('attempts').notNull().default(0),
    lastError: text('last_error'),
    notBeforeMs: integer('not_before_ms').notNull(),
  },
  (table) => [index('outbox_not_before').on(table.notBeforeMs)],
);

/** The topic's version: one more with every committed change. */
export const topicVersion = sqliteTable('topic_version', {
  id: integer('id').primaryKey(),
  version: integer('version').notNull(),
});

/** The last changes, for clients that missed some. */
export const topicChanges = sqliteTable('topic_changes', {
  version: integer('version').primaryKey(),
  changeJson: text('change_json').notNull(),
});
