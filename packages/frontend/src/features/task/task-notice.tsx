import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { ProvisioningSteps, useProvision } from './provisioning-steps.tsx';
import { useTask } from './task-context.ts';

/** What stands between a person and work on this task; nothing while all is well. */
export function TaskNotice() {
  const { task } = useTask();
  const { status } = task;
  switch (status.state) {
    case 'ready':
      return task.sandbox?.state === 'lost' ? (
        <Callout tone="warning" title="The workspace is gone">
          {task.sandbox.message ?? 'The provider no longer knows it.'} The next message makes a new one; this
          conversation stays.
        </Callout>
      ) : null;
    case 'virtual':
    case 'dormant':
      return <DormantNotice />;
    case 'pending':
    case 'provisioning':
    case 'failed':
      return <ProvisioningSteps status={status} />;
    case 'merged':
      return (
        <Callout tone="info">This pull request was merged. The conversation is kept for reading.</Callout>
      );
    case 'closed':
      return (
        <Callout tone="info">This pull request was closed. The conversation is kept for reading.</Callout>
      );
  }
}

function DormantNotice() {
  const { task } = useTask();
  const provision = useProvision();
  if (task.pullRequest?.fromFork === true) {
    return (
      <Callout tone="info" title="This pull request comes from a fork">
        Its branch is in another repository, to which Foundry cannot push. It can be followed here, not worked
        on.
      </Callout>
    );
  }
  return (
    <Callout
      tone="info"
      title="No workspace yet"
      action={
        <Button pending={provision.pending} onClick={() => void provision.run()}>
          Start workspace
        </Button>
      }
    >
      Sending a message starts one too.
    </Callout>
  );
}
