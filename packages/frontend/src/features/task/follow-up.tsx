import { Button } from '../../ui/button.tsx';
import { useOrganization } from '../organization/organization-context.ts';
import { useHasRole } from '../organization/use-role.ts';
import { useTask } from './task-context.ts';

/** The way on where this task cannot go on: another one in the same repository. */
export function FollowUp() {
  const { task } = useTask();
  const { openNewTask } = useOrganization();
  if (!useHasRole(task.repositoryId, 'write')) return null;
  return <Button onClick={() => openNewTask(task.repositoryId)}>New task</Button>;
}
