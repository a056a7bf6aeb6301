import { taskStateSchema } from '@foundry/shared/entities';
import { organizationIdSchema, taskIdSchema } from '@foundry/shared/ids';
import { repositoryRoleSchema } from '@foundry/shared/roles';
import {
  setDraftAnswerSchema,
  setDraftRequestSchema,
  setTaskStateRequestSchema,
} from '@foundry/shared/requests';
import { z } from 'zod';
import { userAuthCommands } from '../../auth/actor-commands.ts';
import { command } from '../../command-loop/catalog.ts';

export const userCatalog = {
  ...userAuthCommands,
  /** Reads from GitHub, with the person's own token, which installations and repositories they may see. */
  'user.command.refreshAccess': command(z.object({ reason: z.string().max(200) }), z.null()),
  /** Some pages of a refresh; enqueues the next ones (R4). */
  'user.command.readAccess': command(
    z.object({
      generation: z.number().int(),
      /** Page of the list of installations, null when all of it was read. */
      installationsPage: z.string().nullable(),
      repositoryPages: z.array(
        z.object({ installationId: z.string(), organizationId: organizationIdSchema, page: z.string() }),
      ),
      failedAttempts: z.number().int(),
      /** Logins of accounts that GitHub shows and this server does not admit. */
      refusedAccounts: z.array(z.string()).default([]),
    }),
    z.null(),
    { timeoutMs: 4_500 },
  ),
  'user.command.setTaskState': command(
    setTaskStateRequestSchema
      .omit({ commandId: true })
      .extend({ taskId: taskIdSchema, organizationId: organizationIdSchema }),
    taskStateSchema,
  ),
  'user.command.setDraft': command(
    setDraftRequestSchema
      .omit({ commandId: true })
      .extend({ taskId: taskIdSchema, organizationId: organizationIdSchema }),
    setDraftAnswerSchema,
  ),
  'user.command.setDefaultModel': command(z.object({ modelId: z.string().max(200).nullable() }), z.null()),
};
export type UserCatalog = typeof userCatalog;

/** Argument of the action `access`: where its page of repositories begins. */
export const accessPageSchema = z.object({ fromRepositoryId: z.string().optional() }).default({});

/** Answer of the action `access`: what GitHub lets this person see. Null `readAtMs`: not read yet. */
export const userAccessSchema = z.object({
  userId: z.string(),
  githubId: z.string(),
  login: z.string(),
  avatarUrl: z.string().nullable(),
  organizationIds: z.array(z.string()),
  /** Of all organizations; of one page of them, in the order of their ids, while `nextRepositoryId` goes on. */
  repositoryIds: z.array(z.string()),
  /** What the person may do in them, by id. */
  roles: z.record(z.string(), repositoryRoleSchema),
  /** Where the next page begins, null on the last. */
  nextRepositoryId: z.string().nullable(),
  readAtMs: z.number().nullable(),
});
export type UserAccess = z.infer<typeof userAccessSchema>;

/**
 * Answer of the action `checkAccess`.
 * - `confirmed`: GitHub says the same as the last refresh, at `atMs`.
 * - `changed`: it does not (or no longer accepts the sign-in): a refresh is due.
 * - `unknown`: GitHub does not answer, or a refresh is under way.
 */
export const accessCheckSchema = z.object({
  state: z.enum(['confirmed', 'changed', 'unknown']),
  atMs: z.number(),
});
export type AccessCheck = z.infer<typeof accessCheckSchema>;
