import type { TaskSummary } from '@foundry/shared/entities';
import {
  CircleDashed,
  CircleDot,
  CircleX,
  GitMerge,
  GitPullRequest,
  GitPullRequestClosed,
  GitPullRequestDraft,
  LoaderCircle,
  TriangleAlert,
} from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { classNames } from '../../ui/class-names.ts';

interface TaskLook {
  icon: LucideIcon;
  className: string;
  label: string;
}

/** Which icon stands for a task in lists: its pull request's state first, its workspace's otherwise. */
export function taskLook(task: TaskSummary): TaskLook {
  const { pullRequest, status } = task;
  if (status.state === 'merged' || pullRequest?.state === 'merged') {
    return { icon: GitMerge, className: 'text-merged', label: 'Merged' };
  }
  if (status.state === 'closed' || pullRequest?.state === 'closed') {
    return { icon: GitPullRequestClosed, className: 'text-danger', label: 'Closed' };
  }
  if (status.state === 'failed')
    return { icon: CircleX, className: 'text-danger', label: 'Workspace failed' };
  if (pullRequest !== null) {
    if (pullRequest.checks.state === 'failure') {
      return { icon: GitPullRequest, className: 'text-danger', label: 'Open, checks failing' };
    }
    return pullRequest.draft
      ? { icon: GitPullRequestDraft, className: 'text-ink-3', label: 'Draft' }
      : { icon: GitPullRequest, className: 'text-success', label: 'Open' };
  }
  if (status.state === 'pending' || status.state === 'provisioning') {
    return { icon: LoaderCircle, className: 'text-ink-3 animate-spin', label: 'Preparing the workspace' };
  }
  if (status.state === 'ready') return { icon: CircleDot, className: 'text-accent-text', label: 'In work' };
  return { icon: CircleDashed, className: 'text-ink-3', label: 'Not started' };
}

export function TaskIcon({ task }: { task: TaskSummary }) {
  const look = taskLook(task);
  return (
    <look.icon role="img" aria-label={look.label} className={classNames('size-4 shrink-0', look.className)} />
  );
}

/** GitHub cannot merge the pull request as it is. */
export function hasConflicts({ pullRequest }: TaskSummary): boolean {
  return pullRequest?.state === 'open' && pullRequest.mergeable === 'conflicting';
}

export function ConflictIcon({ task }: { task: TaskSummary }) {
  if (!hasConflicts(task)) return null;
  const label = `Conflicts with ${task.pullRequest?.baseBranch ?? task.baseBranch}`;
  return (
    <span role="img" aria-label={label} title={label} className="flex shrink-0 text-warning">
      <TriangleAlert aria-hidden className="size-3.5" />
    </span>
  );
}

/** Whether the agent works or waits for an answer; nothing otherwise. */
export function ActivityDot({ activity }: { activity: TaskSummary['activity'] }) {
  switch (activity) {
    case 'idle':
      return null;
    case 'working':
      return (
        <span
          role="img"
          aria-label="The agent is working"
          title="The agent is working"
          className="size-2 shrink-0 animate-breathe rounded-full bg-success"
        />
      );
    case 'waiting_for_permission':
      return (
        <span
          role="img"
          aria-label="The agent waits for an answer"
          title="The agent waits for an answer"
          className="size-2 shrink-0 rounded-full bg-attention"
        />
      );
  }
}

/** Something happened since this person last looked. */
export function UnreadDot() {
  return (
    <span role="img" aria-label="Unread" title="Unread" className="size-2 shrink-0 rounded-full bg-accent" />
  );
}
