import type { TaskStatus, TaskSummary } from '@foundry/shared/entities';
import { GitBranch } from 'lucide-react';
import { Avatar } from '../../ui/avatar.tsx';
import { Badge } from '../../ui/badge.tsx';
import type { Tone } from '../../ui/badge.tsx';
import { classNames } from '../../ui/class-names.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { visibleName } from '../../ui/visible-text.ts';
import { useUser } from '../account/use-user.ts';
import { useCanWrite } from '../composer/use-can-write.ts';
import { useOrganization } from '../organization/organization-context.ts';
import { PullRequestBadge } from './pull-request-badge.tsx';
import { SandboxBadge } from './sandbox-badge.tsx';
import { TakeOver } from './take-over.tsx';
import { useTask } from './task-context.ts';
import { TaskIcon } from './task-icon.tsx';

export function TaskHeading({ task }: { task: TaskSummary }) {
  const repository = useOrganization().organization.repositories.get(task.repositoryId);
  return (
    <>
      <TaskIcon task={task} />
      <h1 className="min-w-0 truncate font-semibold" title={visibleName(task.title)}>
        {visibleName(task.title)}
      </h1>
      {repository !== undefined && (
        <span className="shrink-0 text-ink-3 max-md:hidden">{repository.name}</span>
      )}
    </>
  );
}

/** `isSaidBelow`: by a notice in the conversation too, so that narrow screens can do without the badge. */
const statuses: Record<TaskStatus['state'], { label: string; tone: Tone; isSaidBelow?: true }> = {
  virtual: { label: 'Not opened', tone: 'neutral', isSaidBelow: true },
  dormant: { label: 'No workspace', tone: 'neutral', isSaidBelow: true },
  pending: { label: 'Preparing', tone: 'accent' },
  provisioning: { label: 'Preparing', tone: 'accent' },
  ready: { label: 'Ready', tone: 'success' },
  failed: { label: 'Workspace failed', tone: 'danger' },
  merged: { label: 'Merged', tone: 'neutral' },
  closed: { label: 'Closed', tone: 'neutral' },
};

/** The line below the title: where the work is, how it stands, and whose it is. */
export function TaskDetails() {
  const { task } = useTask();
  const status = statuses[task.status.state];
  const isOver = task.pullRequest !== null && task.pullRequest.state === task.status.state;
  // Where there is little room: an open pull request has much to say, so that gets one line, scrolled if need be.
  const ownLine = task.pullRequest?.state === 'open';
  return (
    <section
      aria-label="About this task"
      className="flex min-h-10 shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-1.5 md:px-4"
    >
      <span
        className={classNames('flex min-w-0 items-center gap-0.5 text-ink-2', ownLine && 'max-wide:flex-1')}
      >
        <GitBranch aria-hidden className="mr-1 size-3.5 shrink-0 text-ink-3" />
        <code
          className={classNames('truncate font-mono text-xs wide:max-w-80', !ownLine && 'max-w-[44vw]')}
          title={visibleName(task.branch)}
        >
          {visibleName(task.branch)}
        </code>
        <CopyButton text={task.branch} label="Copy branch name" />
        <span className="text-xs text-ink-3 max-lg:hidden">into {task.baseBranch}</span>
      </span>
      <div
        className={classNames(
          'wide:contents',
          ownLine
            ? // The padding is for focus rings, which would be cut otherwise.
              'order-last -m-1 flex w-[calc(100%+8px)] items-center gap-2 overflow-x-auto p-1 [scrollbar-width:none]'
            : 'contents',
        )}
      >
        <PullRequestBadge />
        {/* Of a pull request that is over, its own badge says so. */}
        {!isOver && (
          <Badge tone={status.tone} className={status.isSaidBelow ? 'max-md:hidden' : undefined}>
            {status.label}
          </Badge>
        )}
        <SandboxBadge />
      </div>
      <span className="ml-auto">
        <Owner />
      </span>
    </section>
  );
}

function Owner() {
  const { task } = useTask();
  const { profile } = useUser();
  const canWrite = useCanWrite();
  const login = task.owner?.login ?? task.primaryUserLogin;
  const isMine = task.owner?.userId === profile.id;
  if (login === null && !canWrite) return null;
  return (
    <span className="flex items-center gap-2">
      {login === null ? (
        <span className="text-ink-3">No owner yet</span>
      ) : (
        <span
          className="flex items-center gap-1.5"
          title="Commits and the pull request are made as this person"
        >
          <Avatar login={login} url={task.owner?.avatarUrl ?? task.primaryUserAvatarUrl} size={18} />
          <span className="max-w-40 truncate max-sm:max-w-24">
            <span className="sr-only">Owner: </span>
            {login}
          </span>
        </span>
      )}
      {!isMine && canWrite && <TakeOver />}
    </span>
  );
}
