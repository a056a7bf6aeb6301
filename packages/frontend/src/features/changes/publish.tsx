import { useState } from 'react';
import type { PublishState } from '@foundry/shared/entities';
import { CircleCheck, GitPullRequestArrow } from 'lucide-react';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { Age } from '../../ui/time.tsx';
import { useHasRole } from '../organization/use-role.ts';
import { SignInWays } from '../task/sign-in-ways.tsx';
import { useTask } from '../task/task-context.ts';
import { PublishDialog } from './publish-dialog.tsx';

/** The way from the workspace to GitHub, and how the last publishing went. */
export function Publish() {
  const { task } = useTask();
  const [open, setOpen] = useState(false);
  const mayWrite = useHasRole(task.repositoryId, 'write');
  if (task.status.state !== 'ready' || task.pullRequest?.fromFork === true) return null;
  if (!mayWrite) {
    return (
      <footer className="shrink-0 space-y-2 border-t border-line p-3">
        <PublishStatus publish={task.publish} mayWrite={mayWrite} />
        <p className="text-ink-2">Publishing needs the role Write in the repository on GitHub.</p>
      </footer>
    );
  }
  const hasPullRequest = task.pullRequest !== null && task.pullRequest.state === 'open';
  const running = task.publish.state === 'running';
  const nothing = task.changes.files.length === 0 && task.changes.unpushedCommits === 0;
  return (
    <footer className="shrink-0 space-y-2 border-t border-line p-3">
      <PublishStatus publish={task.publish} mayWrite={mayWrite} />
      <Button
        variant="primary"
        className="w-full"
        pending={running}
        disabled={nothing}
        title={nothing ? 'There is nothing to publish yet' : undefined}
        onClick={() => setOpen(true)}
      >
        {!running && <GitPullRequestArrow aria-hidden className="size-4" />}
        {hasPullRequest ? 'Update pull request' : 'Publish pull request'}
      </Button>
      <PublishDialog open={open} onOpenChange={setOpen} />
    </footer>
  );
}

function PublishStatus({ publish, mayWrite }: { publish: PublishState; mayWrite: boolean }) {
  switch (publish.state) {
    case 'never':
      return null;
    case 'running':
      return (
        <p role="status" className="flex items-center gap-2 text-ink-2">
          <Spinner />
          {publish.step === 'pushing' ? 'Pushing the branch…' : 'Opening the pull request…'}
        </p>
      );
    case 'done':
      return (
        <p role="status" className="flex items-center gap-1.5 text-ink-2">
          <CircleCheck aria-hidden className="size-4 shrink-0 text-success" />
          <span className="min-w-0 truncate">
            Published <code className="font-mono text-xs">{publish.headSha.slice(0, 7)}</code> to #
            {publish.pullRequestNumber}
          </span>
          <span className="ml-auto text-xs text-ink-3">
            <Age atMs={publish.finishedAtMs} />
          </span>
        </p>
      );
    case 'failed':
      return (
        <Callout
          tone="error"
          title="Publishing did not work"
          action={mayWrite && publish.failure.code === 'sign_in_required' ? <SignInWays /> : undefined}
        >
          {publish.failure.message}
        </Callout>
      );
  }
}
