import { sql } from 'drizzle-orm';
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/** What the double remembers about itself. One row. */
export const meta = sqliteTable(
  'meta',
  {
    id: integer().primaryKey(),
    seed: text().notNull(),
    createdAt: text('created_at').notNull(),
  },
  (table) => [check('meta_singleton', sql`${table.id} = 1`)],
);

/** Users and organizations share one id space and one name space, as on GitHub. */
export const accounts = sqliteTable(
  'accounts',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    login: text().notNull(),
    type: text({ enum: ['User', 'Organization', 'Bot'] }).notNull(),
    name: text().notNull(),
    email: text().notNull(),
    description: text().notNull().default(''),
    createdAt: text('created_at').notNull(),
  },
  (table) => [uniqueIndex('accounts_login').on(sql`lower(${table.login})`)],
);

export const organizationMembers = sqliteTable(
  'organization_members',
  {
    organizationId: integer('organization_id').notNull(),
    userId: integer('user_id').notNull(),
    role: text({ enum: ['admin', 'member'] }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.organizationId, table.userId] })],
);

export const repositories = sqliteTable(
  'repositories',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    ownerId: integer('owner_id').notNull(),
    name: text().notNull(),
    /** Folder of the bare repository under `git/`; it does not change when the repository is renamed. */
    folder: text().notNull(),
    private: integer({ mode: 'boolean' }).notNull(),
    archived: integer({ mode: 'boolean' }).notNull().default(false),
    description: text().notNull().default(''),
    defaultBranch: text('default_branch').notNull().default('main'),
    language: text(),
    createdAt: text('created_at').notNull(),
    updatedAt: text('updated_at').notNull(),
    pushedAt: text('pushed_at').notNull(),
  },
  (table) => [uniqueIndex('repositories_owner_name').on(table.ownerId, sql`lower(${table.name})`)],
);

/** Old `owner/name` of a renamed repository, so that old addresses answer as GitHub's redirects do. */
export const repositoryAliases = sqliteTable(
  'repository_aliases',
  {
    ownerId: integer('owner_id').notNull(),
    name: text().notNull(),
    repositoryId: integer('repository_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.ownerId, table.name] })],
);

export const collaborators = sqliteTable(
  'collaborators',
  {
    repositoryId: integer('repository_id').notNull(),
    userId: integer('user_id').notNull(),
    permission: text({ enum: ['read', 'triage', 'write', 'maintain', 'admin'] }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.repositoryId, table.userId] })],
);

/** The refs of each bare repository as they were last seen; the difference to the real ones is what was pushed. */
export const gitRefs = sqliteTable(
  'git_refs',
  {
    repositoryId: integer('repository_id').notNull(),
    name: text().notNull(),
    sha: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.repositoryId, table.name] })],
);

export const pullRequests = sqliteTable(
  'pull_requests',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    repositoryId: integer('repository_id').notNull(),
    number: integer().notNull(),
    title: text().notNull(),
    body: text(),
    state: text({ enum: ['open', 'closed'] }).notNull(),
    draft: integer({ mode: 'boolean' }).notNull(),
    merged: integer({ mode: 'boolean' }).notNull().default(false),
    authorId: integer('author_id').notNull(),
    headRef: text('head_ref').notNull(),
    headSha: text('head_sha').notNull(),
    baseRef: text('base_ref').notNull(),
    baseSha: text('base_sha').notNull(),
    mergeCommitSha: text('merge_commit_sha'),
    mergedById: integer('merged_by_id'),
    mergedAt: text('merged_at'),
    closedAt: text('closed_at'),
    createdAt: text('created_at').notNull(),
    updatedAt: text('updated_at').notNull(),
  },
  (table) => [
    uniqueIndex('pull_requests_number').on(table.repositoryId, table.number),
    index('pull_requests_head').on(table.repositoryId, table.headRef),
  ],
);

/** What git says about a pair of commits: never changes, so kept for good. */
export const pullFacts = sqliteTable(
  'pull_facts',
  {
    repositoryId: integer('repository_id').notNull(),
    baseSha: text('base_sha').notNull(),
    headSha: text('head_sha').notNull(),
    mergeable: integer({ mode: 'boolean' }).notNull(),
    commits: integer().notNull(),
    additions: integer().notNull(),
    deletions: integer().notNull(),
    changedFiles: integer('changed_files').notNull(),
  },
  (table) => [primaryKey({ columns: [table.repositoryId, table.baseSha, table.headSha] })],
);

export const reviews = sqliteTable(
  'reviews',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    pullRequestId: integer('pull_request_id').notNull(),
    userId: integer('user_id').notNull(),
    state: text({ enum: ['APPROVED', 'CHANGES_REQUESTED', 'COMMENTED', 'DISMISSED', 'PENDING'] }).notNull(),
    body: text().notNull(),
    commitId: text('commit_id').notNull(),
    submittedAt: text('submitted_at').notNull(),
  },
  (table) => [index('reviews_pull_request').on(table.pullRequestId)],
);

export const reviewRequests = sqliteTable(
  'review_requests',
  {
    pullRequestId: integer('pull_request_id').notNull(),
    userId: integer('user_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.pullRequestId, table.userId] })],
);

export const issueComments = sqliteTable(
  'issue_comments',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    pullRequestId: integer('pull_request_id').notNull(),
    userId: integer('user_id').notNull(),
    body: text().notNull(),
    createdAt: text('created_at').notNull(),
    updatedAt: text('updated_at').notNull(),
  },
  (table) => [index('issue_comments_pull_request').on(table.pullRequestId)],
);

export const checkSuites = sqliteTable(
  'check_suites',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    repositoryId: integer('repository_id').notNull(),
    headSha: text('head_sha').notNull(),
    headBranch: text('head_branch').notNull(),
    status: text({ enum: ['queued', 'in_progress', 'completed'] }).notNull(),
    conclusion: text(),
    createdAt: text('created_at').notNull(),
    updatedAt: text('updated_at').notNull(),
  },
  (table) => [uniqueIndex('check_suites_sha').on(table.repositoryId, table.headSha)],
);

export const checkRuns = sqliteTable(
  'check_runs',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    checkSuiteId: integer('check_suite_id').notNull(),
    repositoryId: integer('repository_id').notNull(),
    headSha: text('head_sha').notNull(),
    name: text().notNull(),
    status: text({ enum: ['queued', 'in_progress', 'completed'] }).notNull(),
    conclusion: text({
      enum: ['success', 'failure', 'neutral', 'cancelled', 'skipped', 'timed_out', 'action_required'],
    }),
    title: text(),
    summary: text(),
    startedAt: text('started_at').notNull(),
    completedAt: text('completed_at'),
  },
  (table) => [index('check_runs_sha').on(table.repositoryId, table.headSha)],
);

export const apps = sqliteTable('apps', {
  id: integer().primaryKey(),
  slug: text().notNull().unique(),
  name: text().notNull(),
  ownerId: integer('owner_id').notNull(),
  clientId: text('client_id').notNull().unique(),
  clientSecret: text('client_secret').notNull(),
  publicKeyPem: text('public_key_pem').notNull(),
  webhookUrl: text('webhook_url'),
  webhookSecret: text('webhook_secret').notNull(),
  /** Where the browser goes after an installation, when the app gave one. */
  setupUrl: text('setup_url'),
  /** Allowed redirect addresses of the sign-in flow; empty means any loopback address. */
  callbackUrls: text('callback_urls', { mode: 'json' }).$type<string[]>().notNull(),
  permissions: text({ mode: 'json' }).$type<Record<string, string>>().notNull(),
  events: text({ mode: 'json' }).$type<string[]>().notNull(),
  createdAt: text('created_at').notNull(),
});

export const manifestCodes = sqliteTable('manifest_codes', {
  code: text().primaryKey(),
  appId: integer('app_id').notNull(),
  privateKeyPem: text('private_key_pem').notNull(),
  expiresAt: text('expires_at').notNull(),
});

export const installations = sqliteTable(
  'installations',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    appId: integer('app_id').notNull(),
    accountId: integer('account_id').notNull(),
    repositorySelection: text('repository_selection', { enum: ['all', 'selected'] }).notNull(),
    suspendedAt: text('suspended_at'),
    suspendedById: integer('suspended_by_id'),
    createdAt: text('created_at').notNull(),
    updatedAt: text('updated_at').notNull(),
  },
  (table) => [uniqueIndex('installations_app_account').on(table.appId, table.accountId)],
);

export const installationRepositories = sqliteTable(
  'installation_repositories',
  {
    installationId: integer('installation_id').notNull(),
    repositoryId: integer('repository_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.installationId, table.repositoryId] })],
);

export const tokens = sqliteTable('tokens', {
  token: text().primaryKey(),
  kind: text({ enum: ['user', 'refresh', 'installation', 'personal'] }).notNull(),
  appId: integer('app_id'),
  userId: integer('user_id'),
  installationId: integer('installation_id'),
  /** Null: every permission of the app. */
  permissions: text({ mode: 'json' }).$type<Record<string, string>>(),
  /** Null: every repository of the installation. */
  repositoryIds: text('repository_ids', { mode: 'json' }).$type<number[]>(),
  /** The pair that was issued together: refreshing one ends both. */
  grantId: text('grant_id'),
  expiresAt: text('expires_at'),
});

export const oauthCodes = sqliteTable('oauth_codes', {
  code: text().primaryKey(),
  appId: integer('app_id').notNull(),
  userId: integer('user_id').notNull(),
  redirectUri: text('redirect_uri').notNull(),
  codeChallenge: text('code_challenge'),
  expiresAt: text('expires_at').notNull(),
});

/** One attempt to deliver one webhook. A redelivery is a new row with the same guid. */
export const deliveries = sqliteTable(
  'deliveries',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    guid: text().notNull(),
    appId: integer('app_id').notNull(),
    event: text().notNull(),
    action: text(),
    installationId: integer('installation_id'),
    repositoryId: integer('repository_id'),
    redelivery: integer({ mode: 'boolean' }).notNull(),
    payload: text().notNull(),
    state: text({ enum: ['pending', 'delivered'] }).notNull(),
    url: text(),
    status: text().notNull().default(''),
    statusCode: integer('status_code').notNull().default(0),
    durationMs: integer('duration_milliseconds').notNull().default(0),
    requestHeaders: text('request_headers', { mode: 'json' }).$type<Record<string, string>>(),
    responseHeaders: text('response_headers', { mode: 'json' }).$type<Record<string, string>>(),
    responseBody: text('response_body'),
    createdAt: text('created_at').notNull(),
    deliveredAt: text('delivered_at'),
  },
  (table) => [index('deliveries_state').on(table.state), index('deliveries_guid').on(table.guid)],
);
