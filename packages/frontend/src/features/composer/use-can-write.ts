import type { TaskSummary } from '@foundry/shared/entities';
import { useTask } from '../task/task-context.ts';

/** Whether an agent can still work on the task: not once it is merged or closed, and not on a fork's branch. */
export function canWrite({ status, pullRequest }: TaskSummary): boolean {
  return status.state !== 'merged' && status.state !== 'closed' && pullRequest?.fromFork !== true;
}

/** The same of the task whose page is shown. */
export function useCanWrite(): boolean {
  return canWrite(useTask().task);
}
