import {
  checksSummarySchema,
  memberSchema,
  organizationSchema,
  personSchema,
  pullRequestCoreSchema,
  pullRequestSchema,
  repositorySchema,
  syncPhaseSchema,
  syncProgressSchema,
  taskStatusSchema,
  taskSummarySchema,
} from '@foundry/shared/entities';
import {
  messageIdSchema,
  repositoryIdSchema,
  sessionIdSchema,
  taskIdSchema,
  userIdSchema,
} from '@foundry/shared/ids';
import { createTaskRequestSchema } from '@foundry/shared/requests';
import { z } from 'zod';
import { command } from '../../command-loop/catalog.ts';
import { branchesOnGitHubSchema } from '../github-data/commands.ts';

/** Null outside a full sync; in one, rows without the current generation are removed by `sweep`. */
const generation = z.number().int().nullable();

export const organizationCatalog = {
  /** The App was installed, suspended or removed, or GitHub told the account's current name. */
  'organization.command.applyInstallation': command(z.object({ organization: organizationSchema }), z.null()),
  'organization.command.applyRepositories': command(
    z.object({ generation, repositories: z.array(repositorySchema).max(200) }),
    z.null(),
  ),
  'organization.command.removeRepositories': command(
    z.object({ repositoryIds: z.array(repositoryIdSchema) }),
    z.null(),
  ),
  'organization.command.applyMembers': command(
    z.object({ generation, members: z.array(memberSchema).max(200) }),
    z.null(),
  ),
  'organization.command.removeMembers': command(z.object({ githubIds: z.array(z.string()) }), z.null()),
  /** Pull requests become virtual tasks: rows of the index. Materialised tasks are told. `checks` of an item is kept when null. */
  'organization.command.applyPullRequests': command(
    z.object({
      generation,
      pullRequests: z
        .array(
          z.object({
            repositoryId: repositoryIdSchema,
            branch: z.string(),
            pullRequest: pullRequestCoreSchema.extend({
              checks: checksSummarySchema.nullable(),
              reviewDecision: pullRequestSchema.shape.reviewDecision.nullable(),
            }),
          }),
        )
        .max(200),
      /** Repositories whose pull requests could not be read: nothing of them is known to be gone. */
      unreadRepositoryIds: z.array(repositoryIdSchema).max(200).optional(),
    }),
    z.null(),
  ),
  'organization.command.applyChecks': command(
    z.object({
      checks: z
        .array(
          z.object({ repositoryId: repositoryIdSchema, headSha: z.string(), checks: checksSummarySchema }),
        )
        .max(200),
    }),
    z.null(),
  ),
  /** What the reviewers say together, read anew by GitHubData. */
  'organization.command.applyReviews': command(
    z.object({
      reviews: z
        .array(
          z.object({
            repositoryId: repositoryIdSchema,
            number: z.number().int(),
            reviewDecision: pullRequestSchema.shape.reviewDecision,
          }),
        )
        .max(200),
    }),
    z.null(),
  ),
  /** Whether pull requests conflict with their base, where GitHub knows it. */
  'organization.command.applyMergeability': command(
    z.object({
      pulls: z
        .array(
          z.object({
            repositoryId: repositoryIdSchema,
            number: z.number().int(),
            headSha: z.string(),
            mergeable: z.enum(['clean', 'conflicting']),
          }),
        )
        .max(200),
    }),
    z.null(),
  ),
  /** Somebody pushed to a branch; a materialised task on it is told. */
  'organization.command.branchPushed': command(
    z.object({
      repositoryId: repositoryIdSchema,
      branch: z.string(),
      headSha: z.string(),
      pusherLogin: z.string().nullable(),
    }),
    z.null(),
  ),
  /** Removes what a full sync did not see (upsert + sweep by generation). */
  'organization.command.sweep': command(
    z.object({ phase: syncPhaseSchema, generation: z.number().int() }),
    z.null(),
  ),
  'organization.command.reportSync': command(z.object({ progress: syncProgressSchema }), z.null()),
  /** `onlyIfNever`: somebody who may see the organization signed in; nothing happens when it was synced before. */
  'organization.command.requestSync': command(
    z.object({
      onlyIfNever: z.boolean().optional(),
      installationId: z.string().nullable().optional(),
      /** The account as the sender knows it: something to show until the first sync has an answer. */
      organization: organizationSchema.optional(),
    }),
    z.null(),
  ),
  /** Names the task, claims its branch and returns its record before the Task actor exists (R11). */
  'organization.command.createTask': command(
    createTaskRequestSchema.omit({ commandId: true }).extend({
      taskId: taskIdSchema,
      sessionId: sessionIdSchema,
      firstMessageId: messageIdSchema.nullable(),
      person: personSchema,
      /** Asked a moment ago by whoever sends this; null when GitHub does not show the repository. */
      gitHub: branchesOnGitHubSchema.nullable(),
    }),
    taskSummarySchema,
  ),
  /**
   * What the Task actor owns of its summary. `bumpContent`: worth being unread for. `isActivity`: worth being moved to
   * the top of everybody's list.
   */
  'organization.command.applyTaskState': command(
    z.object({
      taskId: taskIdSchema,
      title: z.string(),
      status: taskStatusSchema,
      activity: taskSummarySchema.shape.activity,
      primaryUserLogin: z.string().nullable(),
      primaryUserAvatarUrl: z.string().nullable(),
      bumpContent: z.boolean(),
      isActivity: z.boolean().default(true),
    }),
    z.null(),
  ),
  /** From a User actor: GitHub no longer lets the person work in these repositories. */
  'organization.command.personLostAccess': command(
    z.object({
      userId: userIdSchema,
      login: z.string(),
      repositoryIds: z.array(repositoryIdSchema).max(200),
      /** `sign_in`: GitHub says nothing of them until they have signed in again. */
      reason: z.enum(['access', 'sign_in']).optional(),
    }),
    z.null(),
  ),
  /** From a User actor: GitHub accepts the person's sign-in again. */
  'organization.command.personSignedIn': command(
    z.object({ userId: userIdSchema, login: z.string() }),
    z.null(),
  ),
  /** A failure that outlived its retries, from any actor of the organization (R6). */
  'organization.command.reportRuntimeIssue': command(
    z.object({
      actor: z.string().max(500),
      command: z.string().max(200).nullable(),
      step: z.string().max(200).nullable(),
      attempt: z.number().int().nullable(),
      message: z.string().max(2_000),
      atMs: z.number(),
    }),
    z.null(),
  ),
  /** Somebody has seen to an issue. */
  'organization.command.clearRuntimeIssue': command(z.object({ issueId: z.string() }), z.null()),
};
export type OrganizationCatalog = typeof organizationCatalog;

/** All that a Task actor needs to initialise itself. */
export const taskIndexEntrySchema = z.object({
  task: taskSummarySchema,
  repository: repositorySchema,
  organization: organizationSchema,
});
export type TaskIndexEntry = z.infer<typeof taskIndexEntrySchema>;

/** Answer of the action `getTaskIndexEntry`; `opened`: the task has an actor, which may be asked. */
export const indexedTaskSchema = taskIndexEntrySchema.extend({ opened: z.boolean() });
export type IndexedTaskEntry = z.infer<typeof indexedTaskSchema>;
