import { syncPhaseSchema } from '@foundry/shared/entities';
import { repositoryIdSchema, taskIdSchema, userIdSchema } from '@foundry/shared/ids';
import { z } from 'zod';
import { command } from '../../command-loop/catalog.ts';
import { normalisedWebhookSchema } from '../../github/webhook-events.ts';

export const gitHubDataCatalog = {
  /** One verified delivery, reduced to what Foundry keeps; its commandId is the delivery id. */
  'githubData.command.receiveWebhook': command(normalisedWebhookSchema, z.null()),
  /** Starts a full sync, or leaves a running one alone. `installationId` when the sender knows it. */
  'githubData.command.startSync': command(
    z.object({ reason: z.string().max(200), installationId: z.string().nullable() }),
    z.null(),
  ),
  /** One page of one phase; enqueues the next (R4). `cursor` is the page to read, from 1 (pull requests: `repositoryId:page`). */
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
      body: z.string(),
      draft: z.boolean(),
    }),
    z.null(),
    { timeoutMs: 4_500 },
  ),
};
export type GitHubDataCatalog = typeof gitHubDataCatalog;
