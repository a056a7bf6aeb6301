import type { TaskSummary } from '@foundry/shared/entities';
import { useHasRole } from '../organization/use-role.ts';
import { useTask } from '../task/task-context.ts';

/** Whether an agent can still work on the task: not once it is merged or closed, and not on a fork's branch. */
function isOpenForWork({ status, pullRequest }: TaskSummary): boolean {
  return status.state !== 'merged' && status.state !== 'closed' && pullRequest?.fromFork !== true;
}

/**
 * Whether the person can work on the task.
 * - `no`: nobody can (any more); the task's notice says why.
 * - `watch`: others can, this person may only look on: GitHub does not let them write to the repository.
 */
export type MayWork = 'yes' | 'watch' | 'no';

export function useMayWork(task: TaskSummary): MayWork {
  const mayWrite = useHasRole(task.repositoryId, 'write');
  if (!isOpenForWork(task)) return 'no';
  return mayWrite ? 'yes' : 'watch';
}

/** The same of the task whose page is shown. */
export function useCanWrite(): boolean {
  return useMayWork(useTask().task) === 'yes';
}
