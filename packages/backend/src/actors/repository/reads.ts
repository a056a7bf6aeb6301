import type { LoopActionContext } from '../../command-loop/command-loop.ts';
import { repositoryLimits } from '../../limits.ts';
import { countByState, listTasks } from './db/repository.ts';

export const reads = {
  /** The repository's tasks that somebody works or worked on, latest first, and how many there are in each state. */
  overview: async (c: LoopActionContext) =>
    await c.db.transaction(async (tx) => ({
      tasks: await listTasks(tx, repositoryLimits.tasksInOverview),
      countByState: await countByState(tx),
    })),
};
