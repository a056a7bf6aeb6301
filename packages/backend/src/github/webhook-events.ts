import {
  checksSummarySchema,
  memberSchema,
  organizationSchema,
  pullRequestCoreSchema,
  repositorySchema,
} from '@foundry/shared/entities';
import { repositoryIdSchema } from '@foundry/shared/ids';
import { z } from 'zod';

/** A delivery reduced to what Foundry keeps of it: a 25 MB push becomes a few hundred bytes. */
export const normalisedWebhookSchema = z.object({
  deliveryId: z.string(),
  /** GitHub's event and action, for the audit log: `pull_request.opened`. */
  name: z.string(),
  senderLogin: z.string().nullable(),
  installationId: z.string().nullable(),
  event: z.discriminatedUnion('type', [
    z.object({ type: z.literal('installation'), organization: organizationSchema }),
    z.object({
      type: z.literal('repositoriesChanged'),
      added: z.array(repositorySchema),
      removedIds: z.array(repositoryIdSchema),
      needsSync: z.boolean(),
    }),
    z.object({
      type: z.literal('push'),
      repositoryId: repositoryIdSchema,
      branch: z.string(),
      headSha: z.string(),
      deleted: z.boolean(),
    }),
    z.object({
      type: z.literal('pullRequest'),
      repositoryId: repositoryIdSchema,
      branch: z.string(),
      pullRequest: pullRequestCoreSchema,
    }),
    z.object({
      type: z.literal('review'),
      repositoryId: repositoryIdSchema,
      pullRequestNumber: z.number().int(),
    }),
    z.object({
      type: z.literal('checks'),
      repositoryId: repositoryIdSchema,
      headSha: z.string(),
      checks: checksSummarySchema.nullable(),
    }),
    z.object({
      type: z.literal('membersChanged'),
      upserted: z.array(memberSchema),
      removedGithubIds: z.array(z.string()),
    }),
    /** Who may do what in which repository may have changed; the people concerned (null: everybody) are asked anew. */
    z.object({ type: z.literal('accessChanged'), githubIds: z.array(z.string()).nullable() }),
    z.object({ type: z.literal('ignored') }),
  ]),
});
export type NormalisedWebhook = z.infer<typeof normalisedWebhookSchema>;
