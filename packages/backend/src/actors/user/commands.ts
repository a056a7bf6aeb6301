import { taskStateSchema } from '@foundry/shared/entities';
import { organizationIdSchema, taskIdSchema } from '@foundry/shared/ids';
import { setTaskStateRequestSchema } from '@foundry/shared/requests';
import { z } from 'zod';
import { command } from '../../command-loop/catalog.ts';

export const userCatalog = {
  /** Reads from GitHub, with the person's own token, which installations and repositories they may see. */
  'user.command.refreshAccess': command(z.object({ reason: z.string().max(200) }), z.null(), {
    timeoutMs: 4_500,
  }),
  'user.command.setTaskState': command(
    setTaskStateRequestSchema
      .omit({ commandId: true })
      .extend({ taskId: taskIdSchema, organizationId: organizationIdSchema }),
    taskStateSchema,
  ),
  'user.command.setDefaultModel': command(z.object({ modelId: z.string().max(200).nullable() }), z.null()),
};
export type UserCatalog = typeof userCatalog;

/** Answer of the action `access`: what GitHub lets this person see. Null `readAtMs`: not read yet. */
export const userAccessSchema = z.object({
  userId: z.string(),
  githubId: z.string(),
  login: z.string(),
  avatarUrl: z.string().nullable(),
  organizationIds: z.array(z.string()),
  /** Of all organizations. */
  repositoryIds: z.array(z.string()),
  readAtMs: z.number().nullable(),
});
export type UserAccess = z.infer<typeof userAccessSchema>;
