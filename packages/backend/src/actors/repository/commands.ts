import { taskIdSchema } from '@foundry/shared/ids';
import { z } from 'zod';
import { command } from '../../command-loop/catalog.ts';

export const repositoryCatalog = {
  /** A task of this repository got its actor, or changed; the repository's own index of materialised tasks. */
  'repository.command.recordTask': command(
    z.object({
      taskId: taskIdSchema,
      title: z.string(),
      branch: z.string(),
      state: z.string(),
      updatedAtMs: z.number(),
    }),
    z.null(),
  ),
};
export type RepositoryCatalog = typeof repositoryCatalog;
