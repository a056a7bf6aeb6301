import { z } from 'zod';
import {
  organizationIdSchema,
  repositoryIdSchema,
  sandboxIdSchema,
  sessionIdSchema,
  taskIdSchema,
  messageIdSchema,
  userIdSchema,
} from './ids.ts';
import { commandFailureSchema } from './envelope.ts';

export const organizationSchema = z.object({
  id: organizationIdSchema,
  login: z.string(),
  kind: z.enum(['organization', 'personal']),
  name: z.string().nullable(),
  avatarUrl: z.string().nullable(),
  /** Of the GitHub App on this account. */
  installation: z.object({ id: z.string(), status: z.enum(['active', 'suspended', 'removed']) }).nullable(),
});
export type Organization = z.infer<typeof organizationSchema>;

/** Why GitHub has not told what a person may see, and what comes next. `message` says what happened, for people. */
export const accessProblemSchema = z.object({
  /**
   * - `sign_in_required`: GitHub no longer accepts the person's sign-in; they do it again.
   * - `github_unavailable`, `rate_limited`: GitHub does not answer, or not yet; Foundry tries again by itself.
   * - `not_admitted`: GitHub shows only accounts that this server is not for.
   */
  kind: z.enum(['sign_in_required', 'github_unavailable', 'rate_limited', 'not_admitted']),
  message: z.string(),
  retryAtMs: z.number().nullable(),
});
export type AccessProblem = z.infer<typeof accessProblemSchema>;

export const repositorySchema = z.object({
  id: repositoryIdSchema,
  name: z.string(),
  fullName: z.string(),
  private: z.boolean(),
  archived: z.boolean(),
  description: z.string().nullable(),
  defaultBranch: z.string(),
  htmlUrl: z.string(),
  pushedAtMs: z.number().nullable(),
});
export type Repository = z.infer<typeof repositorySchema>;

export const memberSchema = z.object({
  /** GitHub's numeric user id. */
  githubId: z.string(),
  login: z.string(),
  avatarUrl: z.string().nullable(),
  role: z.enum(['admin', 'member']),
});
export type Member = z.infer<typeof memberSchema>;

export const checksSummarySchema = z.object({
  state: z.enum(['none', 'pending', 'success', 'failure']),
  total: z.number().int(),
  failed: z.number().int(),
});
export const pullRequestSchema = z.object({
  number: z.number().int(),
  title: z.string(),
  state: z.enum(['open', 'closed', 'merged']),
  draft: z.boolean(),
  htmlUrl: z.string(),
  headSha: z.string(),
  baseBranch: z.string(),
  authorLogin: z.string(),
  authorAvatarUrl: z.string().nullable(),
  /** Set when the head branch lives in another repository: Foundry shows such a pull request but cannot push to it. */
  fromFork: z.boolean(),
  reviewDecision: z.enum(['none', 'approved', 'changes_requested']),
  checks: checksSummarySchema,
  /** Whether it can be merged into its base; GitHub computes that in its own time. Records of earlier versions lack it. */
  mergeable: z.enum(['unknown', 'clean', 'conflicting']).default('unknown'),
  updatedAtMs: z.number(),
});
export type PullRequest = z.infer<typeof pullRequestSchema>;
/** What GitHub says of a pull request in a list; the rest is read from addresses of its own. */
export const pullRequestCoreSchema = pullRequestSchema.omit({
  checks: true,
  reviewDecision: true,
  mergeable: true,
});
export type PullRequestCore = z.infer<typeof pullRequestCoreSchema>;

/** Steps of making a workspace, in order. */
export const provisioningPhaseSchema = z.enum([
  'queued',
  'creating_sandbox',
  'starting_sandbox_agent',
  'cloning',
  'starting_agent',
]);
export type ProvisioningPhase = z.infer<typeof provisioningPhaseSchema>;

/** One task is one branch; this says how far its life and its workspace have come. The transition table is in the task's decisions. */
export const taskStatusSchema = z.discriminatedUnion('state', [
  /** A pull request nobody has opened in Foundry: a row in the organization's index, no actor. */
  z.object({ state: z.literal('virtual') }),
  /** Opened, but without a workspace. */
  z.object({ state: z.literal('dormant') }),
  /** Made here; its branch is claimed, its workspace is about to be made. */
  z.object({ state: z.literal('pending') }),
  z.object({
    state: z.literal('provisioning'),
    phase: provisioningPhaseSchema,
    message: z.string().nullable(),
  }),
  z.object({ state: z.literal('ready') }),
  z.object({ state: z.literal('failed'), phase: provisioningPhaseSchema, failure: commandFailureSchema }),
  z.object({ state: z.literal('merged') }),
  z.object({ state: z.literal('closed') }),
]);
export type TaskStatus = z.infer<typeof taskStatusSchema>;

/** What lists show of a task. Lives in the organization's index. */
export const taskSummarySchema = z.object({
  id: taskIdSchema,
  repositoryId: repositoryIdSchema,
  title: z.string(),
  branch: z.string(),
  baseBranch: z.string(),
  source: z.enum(['pull_request', 'created']),
  status: taskStatusSchema,
  pullRequest: pullRequestSchema.nullable(),
  /** Whether an agent works on it now, waits for a person, or neither. */
  activity: z.enum(['idle', 'working', 'waiting_for_permission']),
  /** The task's owner: the last person who sent a message. */
  primaryUserLogin: z.string().nullable(),
  primaryUserAvatarUrl: z.string().nullable(),
  /** Grows by one with everything worth being unread for (a finished turn, a new pull-request state). */
  contentVersion: z.number().int(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
});
export type TaskSummary = z.infer<typeof taskSummarySchema>;

export const syncPhaseSchema = z.enum(['repositories', 'members', 'pull_requests', 'checks']);
export type SyncPhase = z.infer<typeof syncPhaseSchema>;
/** Something that GitHub could not answer for; everything else was read. */
export const unreadSchema = z.object({
  /** Null: of no repository in particular. */
  repositoryId: z.string().nullable(),
  /** What it is, for people: `pull requests of acme/site`. */
  name: z.string(),
  /** What GitHub said. */
  message: z.string(),
});
export type Unread = z.infer<typeof unreadSchema>;

export const syncProgressSchema = z.object({
  state: z.enum(['never', 'running', 'waiting_for_rate_limit', 'waiting_for_github', 'done', 'failed']),
  phase: syncPhaseSchema.nullable(),
  /** Items written so far in this phase, and how many there will be when that is known. */
  done: z.number().int(),
  total: z.number().int().nullable(),
  startedAtMs: z.number().nullable(),
  finishedAtMs: z.number().nullable(),
  /** Why it waits or failed. */
  failure: commandFailureSchema.nullable(),
  /** When it goes on, or is tried again, by itself. */
  retryAtMs: z.number().nullable(),
  unread: z.array(unreadSchema).default([]),
});
export type SyncProgress = z.infer<typeof syncProgressSchema>;

/** A failure that outlived its retries. */
export const runtimeIssueSchema = z.object({
  id: z.string(),
  /** The actor's kind and key, e.g. `task org/42/task/pr_1_2`. */
  actor: z.string(),
  command: z.string().nullable(),
  step: z.string().nullable(),
  attempt: z.number().int().nullable(),
  message: z.string(),
  count: z.number().int(),
  firstAtMs: z.number(),
  lastAtMs: z.number(),
});
export type RuntimeIssue = z.infer<typeof runtimeIssueSchema>;

export const personSchema = z.object({
  userId: userIdSchema,
  login: z.string(),
  avatarUrl: z.string().nullable(),
});
export type Person = z.infer<typeof personSchema>;

export const changedFileSchema = z.object({
  path: z.string(),
  oldPath: z.string().nullable(),
  status: z.enum(['added', 'modified', 'deleted', 'renamed', 'copied', 'type_changed']),
  /** Null for binary files. */
  additions: z.number().int().nullable(),
  deletions: z.number().int().nullable(),
  committed: z.boolean(),
  /** Git's file modes, such as `100755`, where they differ or say more than "a plain file". Null: no file on that side. */
  modes: z.object({ before: z.string().nullable(), after: z.string().nullable() }).optional(),
});
export type ChangedFile = z.infer<typeof changedFileSchema>;

/** Something about a task's branch or workspace that is not as it should be. `reason` is git's or the provider's. */
export const taskNoticeSchema = z.discriminatedUnion('kind', [
  /** Both sides have commits of their own. `rewritten`: GitHub's branch lost some by force, and a merge would bring them back. */
  z.object({
    kind: z.literal('diverged'),
    localCommits: z.number().int(),
    remoteCommits: z.number().int(),
    rewritten: z.boolean(),
  }),
  /** GitHub's branch moved, and what is in the workspace keeps it from being taken over. */
  z.object({ kind: z.literal('pull_blocked'), reason: z.string() }),
  z.object({ kind: z.literal('fetch_failed'), reason: z.string() }),
  z.object({ kind: z.literal('branch_missing') }),
  /** GitHub no longer accepts the sign-in of this person, in whose name the task works. */
  z.object({ kind: z.literal('sign_in_required'), login: z.string() }),
  /** With what had not been published, as far as it was known. */
  z.object({
    kind: z.literal('workspace_lost'),
    reason: z.string(),
    commits: z.number().int(),
    fileCount: z.number().int(),
    files: z.array(z.string()).max(50),
  }),
  z.object({ kind: z.literal('workspace_stopped'), reason: z.string() }),
]);
export type TaskNotice = z.infer<typeof taskNoticeSchema>;

export const taskChangesSchema = z.object({
  /** Head of the checkout, or null while there is none. */
  headSha: z.string().nullable(),
  /** What `files` is compared against: the merge base with the base branch. */
  mergeBaseSha: z.string().nullable(),
  /** Commits of the checkout that the branch on GitHub does not have. */
  unpushedCommits: z.number().int(),
  uncommittedFiles: z.number().int(),
  /** Their names, as far as they are listed. Absent in what was read by older versions. */
  uncommitted: z.array(z.string()).optional(),
  files: z.array(changedFileSchema),
  /** More files changed than are listed. */
  truncated: z.boolean(),
  /** Of all changed files, listed or not. Absent in what was read by older versions. */
  totals: z
    .object({ files: z.number().int(), additions: z.number().int(), deletions: z.number().int() })
    .optional(),
  readAtMs: z.number().nullable(),
  /** What a person should know and can do something about; each goes when it is over. */
  notices: z.array(taskNoticeSchema).optional(),
});
export type TaskChanges = z.infer<typeof taskChangesSchema>;

/** The last or running publish of the task's branch. */
export const publishStateSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('never') }),
  z.object({
    state: z.literal('running'),
    step: z.enum(['pushing', 'opening_pull_request']),
    startedAtMs: z.number(),
  }),
  z.object({
    state: z.literal('done'),
    headSha: z.string(),
    pullRequestNumber: z.number().int(),
    finishedAtMs: z.number(),
  }),
  z.object({ state: z.literal('failed'), failure: commandFailureSchema, finishedAtMs: z.number() }),
]);
export type PublishState = z.infer<typeof publishStateSchema>;

export const sandboxSchema = z.object({
  id: sandboxIdSchema,
  providerId: z.string(),
  state: z.enum(['creating', 'running', 'paused', 'stopped', 'lost', 'failed', 'destroyed']),
  message: z.string().nullable(),
  createdAtMs: z.number(),
});
export type Sandbox = z.infer<typeof sandboxSchema>;

/** A task as its own page shows it. */
export const taskSchema = taskSummarySchema.extend({
  owner: personSchema.nullable(),
  sandbox: sandboxSchema.nullable(),
  changes: taskChangesSchema,
  publish: publishStateSchema,
});
export type Task = z.infer<typeof taskSchema>;

export const agentModelSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
});
export type AgentModel = z.infer<typeof agentModelSchema>;

export const sessionSchema = z.object({
  id: sessionIdSchema,
  taskId: taskIdSchema,
  title: z.string(),
  agent: z.string(),
  modelId: z.string().nullable(),
  models: z.array(agentModelSchema),
  /** `waiting` = a message waits for the workspace or for another session's turn. */
  status: z.enum(['idle', 'waiting', 'working', 'waiting_for_permission', 'stopping']),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
});
export type Session = z.infer<typeof sessionSchema>;

/** A message and its receipts. accepted → delivered → working → done | failed | cancelled. */
export const messageStateSchema = z.enum(['accepted', 'delivered', 'working', 'done', 'failed', 'cancelled']);
export const messageSchema = z.object({
  id: messageIdSchema,
  sessionId: sessionIdSchema,
  text: z.string(),
  /** Only the beginning of its text is here. */
  cut: z.boolean().optional(),
  author: personSchema,
  state: messageStateSchema,
  /** Deliveries so far: a message that is tried again is another turn. */
  attempt: z.number().int().default(1),
  /** Order among the queued. */
  position: z.number().int(),
  failure: commandFailureSchema.nullable(),
  acceptedAtMs: z.number(),
  deliveredAtMs: z.number().nullable(),
  workingAtMs: z.number().nullable(),
  finishedAtMs: z.number().nullable(),
});
export type Message = z.infer<typeof messageSchema>;

export const userProfileSchema = z.object({
  id: userIdSchema,
  githubId: z.string(),
  login: z.string(),
  name: z.string().nullable(),
  avatarUrl: z.string().nullable(),
});
export type UserProfile = z.infer<typeof userProfileSchema>;

/** One person's view of one task (R10). */
export const taskStateSchema = z.object({
  taskId: taskIdSchema,
  organizationId: organizationIdSchema,
  activeSessionId: sessionIdSchema.nullable(),
  lastReadVersion: z.number().int(),
  markedUnread: z.boolean(),
});
export type TaskState = z.infer<typeof taskStateSchema>;

/** What one person has begun to write to one session. */
export const draftSchema = z.object({
  taskId: taskIdSchema,
  organizationId: organizationIdSchema,
  /** Null for a task that has no session yet. */
  sessionId: sessionIdSchema.nullable(),
  text: z.string(),
  /** Grows with every save: what somebody goes on with is named by it. */
  savedAtMs: z.number().int(),
  /** The page that wrote it. */
  writer: z.string(),
});
export type Draft = z.infer<typeof draftSchema>;

export const auditEntrySchema = z.object({
  id: z.string(),
  sequence: z.number().int(),
  atMs: z.number(),
  /** Dotted, for example `task.created`. */
  action: z.string(),
  by: z.string(),
  /** Why: the command, webhook delivery or request that led to it. */
  causedBy: z.string().nullable(),
  /** What it is about, for example a task id, and a line for people. */
  subject: z.string(),
  summary: z.string(),
  repositoryId: repositoryIdSchema.nullable(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;
