import { sql } from 'drizzle-orm';
import { check, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

export * from '../../../command-loop/tables.ts';

/** The account itself and what is known of it; absent until an installation was seen. */
export const organizationRow = sqliteTable(
  'organization',
  {
    id: integer('id').primaryKey(),
    organizationId: text('organization_id').notNull(),
    login: text('login').notNull(),
    kind: text('kind', { enum: ['organization', 'personal'] }).notNull(),
    name: text('name'),
    avatarUrl: text('avatar_url'),
    installationId: text('installation_id'),
    installationStatus: text('installation_status', { enum: ['active', 'suspended', 'removed'] }),
  },
  (table) => [check('organization_singleton', sql`${table.id} = 1`)],
);

/** How far the full sync is; GitHubData reports it. */
export const syncProgress = sqliteTable(
  'sync_progress',
  { id: integer('id').primaryKey(), progressJson: text('progress_json').notNull() },
  (table) => [check('sync_progress_singleton', sql`${table.id} = 1`)],
);

/** `generation`: the sync (or the later webhook) that saw the row last, in milliseconds since the epoch. */
export const repositories = sqliteTable('repositories', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  fullName: text('full_name').notNull(),
  private: integer('private', { mode: 'boolean' }).notNull(),
  archived: integer('archived', { mode: 'boolean' }).notNull(),
  description: text('description'),
  defaultBranch: text('default_branch').notNull(),
  htmlUrl: text('html_url').notNull(),
  pushedAtMs: integer('pushed_at_ms'),
  generation: integer('generation').notNull(),
});

export const members = sqliteTable('members', {
  githubId: text('github_id').primaryKey(),
  login: text('login').notNull(),
  avatarUrl: text('avatar_url'),
  role: text('role', { enum: ['admin', 'member'] }).notNull(),
  generation: integer('generation').notNull(),
});

/**
 * The index of all tasks: one per branch. A row without an actor (`materialised` = 0) is a virtual task, a pull
 * request that nobody has opened here; its status is this actor's. Once there is an actor, status and title are its.
 */
export const tasks = sqliteTable(
  'tasks',
  {
    id: text('id').primaryKey(),
    repositoryId: text('repository_id').notNull(),
    /** Of a fork: `owner:branch`. */
    branch: text('branch').notNull(),
    title: text('title').notNull(),
    baseBranch: text('base_branch').notNull(),
    source: text('source', { enum: ['pull_request', 'created'] }).notNull(),
    statusJson: text('status_json').notNull(),
    activity: text('activity', { enum: ['idle', 'working', 'waiting_for_permission'] }).notNull(),
    primaryUserLogin: text('primary_user_login'),
    primaryUserAvatarUrl: text('primary_user_avatar_url'),
    contentVersion: integer('content_version').notNull(),
    createdAtMs: integer('created_at_ms').notNull(),
    updatedAtMs: integer('updated_at_ms').notNull(),
    materialised: integer('materialised', { mode: 'boolean' }).notNull(),
    generation: integer('generation').notNull(),
    /** The pull request without checks, reviews and mergeability, which come from elsewhere. */
    pullRequestJson: text('pull_request_json'),
    pullRequestNumber: integer('pull_request_number'),
    pullRequestState: text('pull_request_state', { enum: ['open', 'closed', 'merged'] }),
    pullRequestUpdatedAtMs: integer('pull_request_updated_at_ms'),
    headSha: text('head_sha'),
    checksJson: text('checks_json'),
    reviewDecision: text('review_decision', { enum: ['none', 'approved', 'changes_requested'] }),
    mergeable: text('mergeable', { enum: ['clean', 'conflicting'] }),
  },
  (table) => [
    uniqueIndex('tasks_branch').on(table.repositoryId, table.branch),
    index('tasks_updated_at').on(table.updatedAtMs, table.id),
    index('tasks_head_sha').on(table.headSha),
    index('tasks_pull_request').on(table.repositoryId, table.pullRequestNumber),
  ],
);

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
