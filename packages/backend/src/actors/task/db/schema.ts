import type {
  Person,
  PublishState,
  PullRequest,
  Repository,
  Sandbox,
  Session,
  TaskChanges,
  TaskStatus,
} from '@foundry/shared/entities';
import { sql } from 'drizzle-orm';
import { check, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export * from '../../../command-loop/tables.ts';

/** What a person asked for when publishing; kept until GitHub has it. */
export interface PublishWish {
  readonly title: string;
  readonly body: string | null;
  readonly draft: boolean;
}

export const task = sqliteTable(
  'task',
  {
    id: integer('id').primaryKey(),
    taskId: text('task_id').notNull(),
    organizationId: text('organization_id').notNull(),
    repository: text('repository_json', { mode: 'json' }).$type<Repository>().notNull(),
    title: text('title').notNull(),
    branch: text('branch').notNull(),
    baseBranch: text('base_branch').notNull(),
    source: text('source', { enum: ['pull_request', 'created'] }).notNull(),
    status: text('status_json', { mode: 'json' }).$type<TaskStatus>().notNull(),
    pullRequest: text('pull_request_json', { mode: 'json' }).$type<PullRequest>(),
    activity: text('activity', { enum: ['idle', 'working', 'waiting_for_permission'] }).notNull(),
    owner: text('owner_json', { mode: 'json' }).$type<Person>(),
    /** Before anybody owns the task: whom the organization's index names, for example the pull request's author. */
    primaryUserLogin: text('primary_user_login'),
    primaryUserAvatarUrl: text('primary_user_avatar_url'),
    contentVersion: integer('content_version').notNull(),
    /** Whether `task.command.initialize` of a task made in Foundry has been applied. */
    initialized: integer('initialized', { mode: 'boolean' }).notNull(),
    providerId: text('provider_id').notNull(),
    /** Counts the sandboxes this task has had; part of the sandbox's id. */
    sandboxGeneration: integer('sandbox_generation').notNull(),
    sandbox: text('sandbox_json', { mode: 'json' }).$type<Sandbox>(),
    checkoutPath: text('checkout_path'),
    changes: text('changes_json', { mode: 'json' }).$type<TaskChanges>().notNull(),
    publish: text('publish_json', { mode: 'json' }).$type<PublishState>().notNull(),
    publishWish: text('publish_wish_json', { mode: 'json' }).$type<PublishWish>(),
    /** A push from outside that arrived while an agent worked in the checkout; taken over when its turn ends. */
    pendingHeadSha: text('pending_head_sha'),
    createdAtMs: integer('created_at_ms').notNull(),
    updatedAtMs: integer('updated_at_ms').notNull(),
  },
  (table) => [check('task_singleton', sql`${table.id} = 1`)],
);

export const sessions = sqliteTable('sessions', {
  sequence: integer('sequence').primaryKey({ autoIncrement: true }),
  sessionId: text('session_id').notNull().unique(),
  session: text('session_json', { mode: 'json' }).$type<Session>().notNull(),
});

/** Messages that wait for their turn, and the one whose turn it is (R12). */
export const turns = sqliteTable('turns', {
  sequence: integer('sequence').primaryKey({ autoIncrement: true }),
  messageId: text('message_id').notNull().unique(),
  sessionId: text('session_id').notNull(),
  author: text('author_json', { mode: 'json' }).$type<Person>().notNull(),
  state: text('state', { enum: ['queued', 'granting', 'running'] }).notNull(),
});
