import type { ParsedInput } from '../../../command-loop/catalog.ts';
import { single } from '../../../command-loop/handlers.ts';
import type { RepositoryCatalog } from '../commands.ts';
import { upsertTask } from '../db/repository.ts';

export const recordTask = single<ParsedInput<RepositoryCatalog, 'repository.command.recordTask'>>(
  async (t, { input }) => {
    const { taskId, ...task } = input;
    await upsertTask(t.tx, { id: taskId, ...task });
    return null;
  },
);
