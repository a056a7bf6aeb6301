import { z } from 'zod';
import {
  accessProblemSchema,
  memberSchema,
  messageSchema,
  organizationSchema,
  repositorySchema,
  runtimeIssueSchema,
  sandboxSchema,
  sessionSchema,
  syncProgressSchema,
  taskSchema,
  draftSchema,
  taskStateSchema,
  taskSummarySchema,
  userProfileSchema,
} from './entities.ts';
import { repositoryRoleSchema } from './roles.ts';
import { organizationIdSchema, sandboxIdSchema, sessionIdSchema, taskIdSchema } from './ids.ts';
import { transcriptItemSchema } from './transcript.ts';

/** What a browser can watch. The gateway checks every subscription; `user` and `app` are always the signed-in person's own. */
export const topicSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('app') }),
  z.object({ kind: z.literal('user') }),
  z.object({ kind: z.literal('organization'), organizationId: organizationIdSchema }),
  z.object({ kind: z.literal('task'), organizationId: organizationIdSchema, taskId: taskIdSchema }),
  z.object({
    kind: z.literal('session'),
    organizationId: organizationIdSchema,
    taskId: taskIdSchema,
    sessionId: sessionIdSchema,
  }),
  z.object({
    kind: z.literal('sandbox'),
    organizationId: organizationIdSchema,
    taskId: taskIdSchema,
    sandboxId: sandboxIdSchema,
  }),
]);
export type Topic = z.infer<typeof topicSchema>;

/** One string per topic, for maps. */
export function topicKey(topic: Topic): string {
  switch (topic.kind) {
    case 'app':
    case 'user':
      return topic.kind;
    case 'organization':
      return `organization/${topic.organizationId}`;
    case 'task':
      return `task/${topic.organizationId}/${topic.taskId}`;
    case 'session':
      return `session/${topic.organizationId}/${topic.taskId}/${topic.sessionId}`;
    case 'sandbox':
      return `sandbox/${topic.organizationId}/${topic.taskId}/${topic.sandboxId}`;
  }
}

const version = z.number().int().nonnegative();

/** Accounts of which this server knows an installation or a member; each person gets only their own. */
export const appSnapshotSchema = z.object({ version, organizations: z.array(organizationSchema) });
/** `repositoryIds` is what GitHub lets this person see; null while it has not been read yet. */
export const userSnapshotSchema = z.object({
  version,
  profile: userProfileSchema,
  organizations: z.array(organizationSchema),
  defaultModelId: z.string().nullable(),
  taskStates: z.array(taskStateSchema),
  drafts: z.array(draftSchema),
  /** Why GitHub could not be asked what this person may see, for example that they must sign in again. */
  accessProblem: accessProblemSchema.nullable().default(null),
  /** When that was last read; null: not yet. */
  accessReadAtMs: z.number().nullable().default(null),
});
/** The first page of tasks, newest activity first; `nextCursor` goes to the tasks endpoint. */
export const organizationSnapshotSchema = z.object({
  version,
  organization: organizationSchema,
  sync: syncProgressSchema,
  repositories: z.array(repositorySchema),
  members: z.array(memberSchema),
  tasks: z.array(taskSummarySchema),
  nextCursor: z.string().nullable(),
  runtimeIssues: z.array(runtimeIssueSchema),
  /** What the person may do in each repository that they see, by its id. Added by the gateway, for whom it is. */
  roles: z.record(z.string(), repositoryRoleSchema).default({}),
});
export const taskSnapshotSchema = z.object({ version, task: taskSchema, sessions: z.array(sessionSchema) });
/** `items` is the newest page, oldest first; `olderCursor` is the sequence to page backwards from. `messages` are the unfinished and the last finished ones. */
export const sessionSnapshotSchema = z.object({
  version,
  session: sessionSchema,
  messages: z.array(messageSchema),
  items: z.array(transcriptItemSchema),
  olderCursor: z.number().int().nullable(),
});
export const sandboxSnapshotSchema = z.object({ version, sandbox: sandboxSchema });

export type AppSnapshot = z.infer<typeof appSnapshotSchema>;
export type UserSnapshot = z.infer<typeof userSnapshotSchema>;
export type OrganizationSnapshot = z.infer<typeof organizationSnapshotSchema>;
export type TaskSnapshot = z.infer<typeof taskSnapshotSchema>;
export type SessionSnapshot = z.infer<typeof sessionSnapshotSchema>;
export type SandboxSnapshot = z.infer<typeof sandboxSnapshotSchema>;
export interface SnapshotByTopic {
  app: AppSnapshot;
  user: UserSnapshot;
  organization: OrganizationSnapshot;
  task: TaskSnapshot;
  session: SessionSnapshot;
  sandbox: SandboxSnapshot;
}

/** A changed entity, whole. The same union serves every topic; a topic only ever carries some of them. */
export const upsertSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('organization'), entity: organizationSchema }),
  z.object({ type: z.literal('sync'), entity: syncProgressSchema }),
  z.object({ type: z.literal('repository'), entity: repositorySchema }),
  /** What the person may do in a repository. Added by the gateway, for whom it is, to each repository that it lets pass. */
  z.object({
    type: z.literal('repositoryRole'),
    entity: z.object({ id: z.string(), role: repositoryRoleSchema }),
  }),
  z.object({ type: z.literal('member'), entity: memberSchema }),
  z.object({ type: z.literal('taskSummary'), entity: taskSummarySchema }),
  z.object({ type: z.literal('runtimeIssue'), entity: runtimeIssueSchema }),
  z.object({ type: z.literal('profile'), entity: userProfileSchema }),
  z.object({ type: z.literal('defaultModel'), entity: z.object({ modelId: z.string().nullable() }) }),
  z.object({ type: z.literal('taskState'), entity: taskStateSchema }),
  /** An empty text means that there is none any more. */
  z.object({ type: z.literal('draft'), entity: draftSchema }),
  z.object({ type: z.literal('task'), entity: taskSchema }),
  z.object({ type: z.literal('session'), entity: sessionSchema }),
  z.object({ type: z.literal('message'), entity: messageSchema }),
  z.object({ type: z.literal('item'), entity: transcriptItemSchema }),
  z.object({ type: z.literal('sandbox'), entity: sandboxSchema }),
]);
export type Upsert = z.infer<typeof upsertSchema>;
export const removeSchema = z.object({
  type: z.enum([
    'organization',
    'repository',
    'member',
    'taskSummary',
    'runtimeIssue',
    'taskState',
    'session',
    'message',
  ]),
  /** The entity's id (a member's is `githubId`, a task state's is `taskId`). */
  id: z.string(),
});
export type Remove = z.infer<typeof removeSchema>;

/** One committed change of a topic. `reload`: too much changed to list, ask for a new snapshot. */
export const changeSchema = z.object({
  version,
  upserts: z.array(upsertSchema),
  removes: z.array(removeSchema),
  reload: z.boolean().optional(),
});
export type Change = z.infer<typeof changeSchema>;
