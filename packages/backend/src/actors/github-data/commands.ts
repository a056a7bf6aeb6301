import { syncPhaseSchema } from '@foundry/shared/entities';
import { repositoryIdSchema, taskIdSchema, userIdSchema } from '@foundry/shared/ids';
import { z } from 'zod';
import { command } from '../../command-loop/catalog.ts';
import { normalisedWebhookSchema } from '../../github/webhook-events.ts';
import { organizationLimits } from '../../limits.ts';

/** What GitHub says of branches that a new task may get. */
export const branchesOnGitHubSchema = z.object({
  /** Those with a wanted name, a numbered form of it, or one that cannot exist beside it. */
  branches: z.array(z.string()).max(organizationLimits.branchesLookedUp),
  /** Null: not asked, or nobody can tell (a repository without a commit has no branches). */
  baseExists: z.boolean().nullable(),
});
export type BranchesOnGitHub = z.infer<typeof branchesOnGitHubSchema>;

export const gitHubDataCatalog = {
  /** One verified delivery, reduced to what Foundry keeps; its commandId is the delivery id. */
  'githubData.command.receiveWebhook': command(normalisedWebhookSchema, z.null()),
  /** Starts a full sync, or leaves a running one alone. `installationId` when the sender knows it. */
  'githubData.command.startSync': command(
    z.object({
      reason: z.string().max(200),
      installationId: z.string().nullable(),
      /** Something changed that a running sync may have passed already: once it is done, another one follows. */
      again: z.boolean().optional(),
      /** GitHubData's own next try: of the sync of this generation, unless something else has begun by then. */
      retry: z.number().int().optional(),
    }),
    z.null(),
    { timeoutMs: 4_500 },
  ),
  /** Some pages of one phase; enqueues the next batch (R4). What `cursor` means is the phase's own business; a phase begins at `start`. */
  'githubData.command.syncBatch': command(
    z.object({ generation: z.number().int(), phase: syncPhaseSchema, cursor: z.string() }),
    z.null(),
    { timeoutMs: 4_500 },
  ),
  /** Opens or updates the pull request of a pushed branch, as the task's owner; answers the Task by a command. */
  'githubData.command.publishPullRequest': command(
    z.object({
      taskId: taskIdSchema,
      repositoryId: repositoryIdSchema,
      ownerUserId: userIdSchema,
      branch: z.string(),
      baseBranch: z.string(),
      headSha: z.string(),
      title: z.string(),
      /** Null: the text of an existing pull request stays, a new one has none. */
      body: z.string().nullable(),
      draft: z.boolean(),
    }),
    z.null(),
    { timeoutMs: 4_500 },
  ),
  /** Reads the check runs of a commit anew, some moments after GitHub said that they changed. */
  'githubData.command.readChecks': command(
    z.object({ repositoryId: repositoryIdSchema, headSha: z.string() }),
    z.null(),
    { timeoutMs: 4_500 },
  ),
  'githubData.command.readReviews': command(
    z.object({ repositoryId: repositoryIdSchema, number: z.number().int() }),
    z.null(),
    { timeoutMs: 4_500 },
  ),
  /** Reads anew whether pull requests conflict with their base; again some times later while GitHub still computes it. */
  'githubData.command.readMergeability': command(
    z.object({
      /** The pending read that this is, if it was claimed. */
      claim: z.string().nullable(),
      pulls: z.array(z.object({ repositoryId: repositoryIdSchema, number: z.number().int() })).max(200),
      /** How often GitHub has answered already that it does not know yet. */
      attempt: z.number().int(),
    }),
    z.null(),
    { timeoutMs: 4_500 },
  ),
  /** Those of these GitHub accounts (null: of all members) who use Foundry have their access read anew. */
  'githubData.command.refreshPeople': command(
    z.object({ githubIds: z.array(z.string()).max(1_000).nullable(), reason: z.string().max(200) }),
    z.null(),
    { timeoutMs: 4_500 },
  ),
  /** Every few minutes while the App is installed: failed deliveries are sent again, and now and then all is synced. */
  'githubData.command.repairDeliveries': command(z.object({ tick: z.number().int() }), z.null(), {
    timeoutMs: 4_500,
  }),
};
export type GitHubDataCatalog = typeof gitHubDataCatalog;
