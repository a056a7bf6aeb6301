import { useFoundryClient } from '@foundry/client/react/hooks';
import { useCommand } from '../../app/use-command.ts';
import { Button } from '../../ui/button.tsx';
import { useTask } from './task-context.ts';

/** Makes the person at this page the task's owner. */
export function TakeOver() {
  const { at } = useTask();
  const { api } = useFoundryClient();
  const takeOver = useCommand(() => api.takeOver(at), {
    at: { organizationId: at.organizationId, actor: 'task', id: at.taskId },
    failureTitle: 'The owner was not changed',
  });
  return (
    <Button size="sm" pending={takeOver.pending} onClick={() => void takeOver.run()}>
      Take over
    </Button>
  );
}
