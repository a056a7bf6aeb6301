import { repositoryRoles } from '@foundry/shared/roles';
import { sql } from 'drizzle-orm';
import { check, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export * from '../../../auth/db/user-tables.ts';
export * from '../../../command-loop/tables.ts';

/** How the last reading of this person's access went. */
export const access = sqliteTable(
  'access',
  {
    id: integer('id').primaryKey(),
    /** Of the newest refresh, in milliseconds since the epoch. */
    generation: integer('generation').notNull(),
    isRunning: integer('is_running', { mode: 'boolean' }).notNull(),
    /** Something changed while a refresh ran: another one follows. */
    again: integer('again', { mode: 'boolean' }).notNull(),
    readAtMs: integer('read_at_ms'),
    /** Why the access could not be read, for people; null when it could. */
    problem: text('problem'),
  },
  (table) => [check('access_singleton', sql`${table.id} = 1`)],
);

/** Accounts whose installation this person may see. */
export const accessOrganizations = sqliteTable('access_organizations', {
  id: text('id').primaryKey(),
  organizationJson: text('organization_json').notNull(),
  /** As the last finished refresh left it; null while only a running one has seen it. */
  publishedJson: text('published_json'),
  generation: integer('generation').notNull(),
});

export const accessRepositories = sqliteTable('access_repositories', {
  id: text('id').primaryKey(),
  organizationId: text('organization_id').notNull(),
  generation: integer('generation').notNull(),
  /** What the person may do in it. Least until GitHub was asked. */
  role: text('role', { enum: repositoryRoles }).notNull().default('read'),
});

export const preferences = sqliteTable(
  'preferences',
  { id: integer('id').primaryKey(), defaultModelId: text('default_model_id') },
  (table) => [check('preferences_singleton', sql`${table.id} = 1`)],
);

/** This person's view of single tasks (R10). */
export const taskStates = sqliteTable('task_states', {
  taskId: text('task_id').primaryKey(),
  organizationId: text('organization_id').notNull(),
  activeSessionId: text('active_session_id'),
  lastReadVersion: integer('last_read_version').notNull(),
  markedUnread: integer('marked_unread', { mode: 'boolean' }).notNull(),
  updatedAtMs: integer('updated_at_ms').notNull(),
});

/** What this person has begun to write; no row where there is nothing. */
export const drafts = sqliteTable(
  'drafts',
  {
    taskId: text('task_id').notNull(),
    /** Empty for a task that has no session yet. */
    sessionId: text('session_id').notNull(),
    organizationId: text('organization_id').notNull(),
    text: text('text').notNull(),
    savedAtMs: integer('saved_at_ms').notNull(),
    writer: text('writer').notNull(),
  },
  (table) => [primaryKey({ columns: [table.taskId, table.sessionId] })],
);
