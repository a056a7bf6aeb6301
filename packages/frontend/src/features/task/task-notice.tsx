import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { useCanWrite } from '../composer/use-can-write.ts';
import { FollowUp } from './follow-up.tsx';
import { ProvisioningSteps, useProvision } from './provisioning-steps.tsx';
import { useTask } from './task-context.ts';

/** What stands between a person and work on this task; nothing while all is well. */
export function TaskNotice() {
  const { task } = useTask();
  const { status } = task;
  switch (status.state) {
    case 'ready':
      return null;
    case 'virtual':
    case 'dormant':
      return <DormantNotice />;
    case 'pending':
    case 'provisioning':
    case 'failed':
      return <ProvisioningSteps status={status} />;
    case 'merged':
      return (
        <Callout tone="info" title="Merged" action={<FollowUp />}>
          The work is in {task.baseBranch}. What is left to do goes into a new task.
        </Callout>
      );
    case 'closed':
      return (
        <Callout tone="info" title="Closed without a merge" action={<FollowUp />}>
          Reopen the pull request on GitHub to go on here, or begin a new task.
        </Callout>
      );
  }
}

function DormantNotice() {
  const { task } = useTask();
  const provision = useProvision();
  const canWrite = useCanWrite();
  // The notice above the conversation says more, and has the same way on.
  const isSaidAbove = task.changes.notices?.some(
    ({ kind }) => kind === 'workspace_lost' || kind === 'workspace_stopped',
  );
  if (isSaidAbove === true) return null;
  if (task.pullRequest?.fromFork === true) {
    return (
      <Callout tone="info" title="This pull request comes from a fork">
        Its branch is in another repository, to which Foundry cannot push. It can be followed here, not worked
        on.
      </Callout>
    );
  }
  if (!canWrite) {
    return (
      <Callout tone="info" title="No workspace yet">
        Nobody has started one for this task.
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
      Your first message starts one, or start it now to look around first.
    </Callout>
  );
}
