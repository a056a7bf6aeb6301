import { useTask } from '../task/task-context.ts';

/** Whether an agent can still work on the task: not once it is merged or closed, and not on a fork's branch. */
export function useCanWrite(): boolean {
  const { status, pullRequest } = useTask().task;
  return status.state !== 'merged' && status.state !== 'closed' && pullRequest?.fromFork !== true;
}
