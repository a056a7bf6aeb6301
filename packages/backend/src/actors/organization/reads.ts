import { repositoryIdSchema, taskIdSchema } from '@foundry/shared/ids';
import { z } from 'zod';
import type { LoopActionContext } from '../../command-loop/command-loop.ts';
import { organizationLimits } from '../../limits.ts';
import type { IndexedTaskEntry } from './commands.ts';
import {
  listRepositories,
  listRepositoryNames,
  readOrganization,
  readRepository,
} from './db/catalog-repository.ts';
import { listRuntimeIssues } from './db/repository.ts';
import { pageTasks, readTask, readTaskOfBranch, type TaskPage } from './db/task-repository.ts';

/** What a person may see; null (or left out): everything. */
export const visibleRepositoryIds = z.array(repositoryIdSchema).nullable().default(null);
const tasksQuerySchema = z.object({
  cursor: z.string().max(200).nullable().default(null),
  limit: z
    .number()
    .int()
    .min(1)
    .max(organizationLimits.tasksPerPage)
    .default(organizationLimits.tasksPerPage),
  repositoryIds: visibleRepositoryIds,
});
const taskQuerySchema = z.object({ taskId: taskIdSchema });
const repositoriesQuerySchema = z.object({ repositoryIds: visibleRepositoryIds });
const namesQuerySchema = z.object({ afterId: z.string().default('') });
const branchQuerySchema = z.object({ repositoryId: repositoryIdSchema, branch: z.string() });

export const reads = {
  /** `tasks({cursor?, limit?, repositoryIds?})`: a page of tasks, newest activity first. */
  tasks: async (c: LoopActionContext, input: unknown): Promise<TaskPage> =>
    await pageTasks(c.db, tasksQuerySchema.parse(input ?? {})),

  /** `getTaskIndexEntry({taskId})`: all that a Task actor needs to begin, and whether it has begun; null when there is no such task. */
  getTaskIndexEntry: async (c: LoopActionContext, input: unknown): Promise<IndexedTaskEntry | null> => {
    const { taskId } = taskQuerySchema.parse(input);
    return await c.db.transaction(async (tx) => {
      const task = await readTask(tx, taskId);
      const organization = await readOrganization(tx);
      const repository = task === null ? null : await readRepository(tx, task.summary.repositoryId);
      return task === null || organization === null || repository === null
        ? null
        : { task: task.summary, repository, organization, opened: task.materialised };
    });
  },

  /** `resolveTaskRepoId({taskId})`: the repository that decides who may see the task; null when there is no such task. */
  resolveTaskRepoId: async (c: LoopActionContext, input: unknown): Promise<string | null> => {
    const task = await readTask(c.db, taskQuerySchema.parse(input).taskId);
    return task?.summary.repositoryId ?? null;
  },

  /** `taskOfBranch({repositoryId, branch})`: the summary of the task that a branch belongs to, or null. */
  taskOfBranch: async (c: LoopActionContext, input: unknown) => {
    const { repositoryId, branch } = branchQuerySchema.parse(input);
    return (await readTaskOfBranch(c.db, repositoryId, branch))?.summary ?? null;
  },

  /** `repositoryNames({afterId?})`: a page of all of them in the order of their ids; the last is shorter than the others. */
  repositoryNames: async (c: LoopActionContext, input: unknown) =>
    await listRepositoryNames(
      c.db,
      namesQuerySchema.parse(input ?? {}).afterId,
      organizationLimits.repositoryNamesPerPage,
    ),

  /** `repositories({repositoryIds?})`: most recently pushed first, bounded as the snapshot. */
  repositories: async (c: LoopActionContext, input: unknown) =>
    await listRepositories(
      c.db,
      organizationLimits.repositoriesInSnapshot,
      repositoriesQuerySchema.parse(input ?? {}).repositoryIds,
    ),

  /** Failures that outlived their retries, latest first. */
  runtimeIssues: async (c: LoopActionContext) => await listRuntimeIssues(c.db, 100),

  /** The account, or null before an installation was seen. */
  organization: async (c: LoopActionContext) => await readOrganization(c.db),
};
