import { sql } from 'drizzle-orm';
import { check, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export * from '../../../command-loop/tables.ts';

/** The account and the App's installation on it, as GitHub said last. */
export const installation = sqliteTable(
  'installation',
  {
    id: integer('id').primaryKey(),
    organizationJson: text('organization_json').notNull(),
    installationId: text('installation_id').notNull(),
    status: text('status', { enum: ['active', 'suspended', 'removed'] }).notNull(),
    /** Names the running chain of periodic repairs: an older chain ends itself. */
    tick: integer('tick').notNull(),
    deliveriesCheckedAtMs: integer('deliveries_checked_at_ms').notNull(),
  },
  (table) => [check('installation_singleton', sql`${table.id} = 1`)],
);

export const sync = sqliteTable(
  'sync',
  {
    id: integer('id').primaryKey(),
    generation: integer('generation').notNull(),
    state: text('state', {
      enum: ['running', 'waiting_for_rate_limit', 'waiting_for_github', 'done', 'failed'],
    }).notNull(),
    phase: text('phase', { enum: ['repositories', 'members', 'pull_requests', 'checks'] }),
    done: integer('done').notNull(),
    total: integer('total'),
    startedAtMs: integer('started_at_ms').notNull(),
    finishedAtMs: integer('finished_at_ms'),
    progressAtMs: integer('progress_at_ms').notNull(),
    retryAtMs: integer('retry_at_ms'),
    failureJson: text('failure_json'),
    /** Of the current batch. */
    failedAttempts: integer('failed_attempts').notNull(),
    /** Another sync follows this one. */
    again: integer('again', { mode: 'boolean' }).notNull(),
    /** What this sync left out, because GitHub could not answer for it: a JSON list. */
    unreadJson: text('unread_json').notNull().default('[]'),
    /** Whether the list of members is among it: then nobody is swept. */
    membersUnread: integer('members_unread', { mode: 'boolean' }).notNull().default(false),
  },
  (table) => [check('sync_singleton', sql`${table.id} = 1`)],
);

/** `generation`: the sync (or the later webhook) that saw the row last, in milliseconds since the epoch. */
export const repositories = sqliteTable('repositories', {
  /** GitHub's numeric id. */
  id: integer('id').primaryKey(),
  fullName: text('full_name').notNull(),
  generation: integer('generation').notNull(),
});

export const members = sqliteTable('members', {
  githubId: text('github_id').primaryKey(),
  generation: integer('generation').notNull(),
});

/** Open pull requests. */
export const pullRequests = sqliteTable(
  'pull_requests',
  {
    repositoryId: integer('repository_id').notNull(),
    number: integer('number').notNull(),
    headSha: text('head_sha').notNull(),
    baseBranch: text('base_branch').notNull().default(''),
    generation: integer('generation').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.repositoryId, table.number] }),
    index('pull_requests_head_sha').on(table.headSha),
    index('pull_requests_base_branch').on(table.repositoryId, table.baseBranch),
  ],
);

/** GitHub's replies reduced to what is kept, with the etags that make asking again free. */
export const replies = sqliteTable(
  'replies',
  {
    key: text('key').primaryKey(),
    etag: text('etag'),
    bodyJson: text('body_json').notNull(),
    /** The page or cursor after this one. */
    next: text('next'),
    usedAtMs: integer('used_at_ms').notNull(),
  },
  (table) => [index('replies_used_at').on(table.usedAtMs)],
);

/** Reads that are on their way: many webhooks about one commit lead to one read. */
export const pendingReads = sqliteTable('pending_reads', {
  key: text('key').primaryKey(),
  atMs: integer('at_ms').notNull(),
});
