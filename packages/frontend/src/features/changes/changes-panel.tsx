import { useFoundryClient } from '@foundry/client/react/hooks';
import { Virtualizer } from '@pierre/diffs/react';
import { ExternalLink, FileDiff as FileDiffIcon, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { useCommand } from '../../app/use-command.ts';
import { Callout } from '../../ui/callout.tsx';
import { Badge } from '../../ui/badge.tsx';
import { buttonClass, IconButton } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Age } from '../../ui/time.tsx';
import { useTask } from '../task/task-context.ts';
import { ChangedFileRow, Counts } from './changed-file-row.tsx';
import { Publish } from './publish.tsx';
import { totalsOf } from './totals.ts';

export function ChangesPanel() {
  const { task } = useTask();
  const { changes } = task;
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (path: string) => {
    const next = new Set(open);
    if (!next.delete(path)) next.add(path);
    setOpen(next);
  };
  return (
    <section aria-label="Changes" className="flex h-full flex-col">
      <ChangesHeader />
      {/* Of the open diffs only the lines in sight are in the page. */}
      <Virtualizer className="min-h-0 flex-1 overflow-y-auto">
        {changes.files.length === 0 ? (
          <NoChanges />
        ) : (
          <ul aria-label="Changed files" className="py-1">
            {changes.files.map((file) => (
              <ChangedFileRow
                key={file.path}
                file={file}
                open={open.has(file.path)}
                onToggle={() => toggle(file.path)}
              />
            ))}
          </ul>
        )}
        {changes.truncated && (
          <div className="p-3">
            <Callout tone="info">
              The first {changes.files.length.toLocaleString('en')} of them are listed. Fetch the branch to
              see all.
            </Callout>
          </div>
        )}
      </Virtualizer>
      <Publish />
    </section>
  );
}

function ChangesHeader() {
  const { task, at } = useTask();
  const { api } = useFoundryClient();
  const { changes } = task;
  const refresh = useCommand(() => api.refreshTask(at), {
    at: { organizationId: at.organizationId, actor: 'task', id: at.taskId },
    failureTitle: 'The changes were not read again',
  });
  const { files: fileCount, additions, deletions } = totalsOf(changes);
  return (
    <header className="flex min-h-9 shrink-0 flex-wrap items-center gap-x-2 gap-y-1 border-b border-line px-3 py-1">
      <h2 className="font-semibold tabular-nums">
        {fileCount === 0 ? 'Changes' : fileCount === 1 ? '1 file' : `${fileCount.toLocaleString('en')} files`}
      </h2>
      {fileCount > 0 && <Counts additions={additions} deletions={deletions} />}
      {changes.uncommittedFiles > 0 && <Badge tone="warning">{changes.uncommittedFiles} uncommitted</Badge>}
      {changes.unpushedCommits > 0 && <Badge tone="accent">{changes.unpushedCommits} unpushed</Badge>}
      <span className="ml-auto flex items-center gap-1 text-xs text-ink-3">
        {changes.readAtMs !== null && <Age atMs={changes.readAtMs} />}
        {task.status.state === 'ready' && (
          <IconButton
            small
            label="Refresh changes"
            pending={refresh.pending}
            onClick={() => void refresh.run()}
          >
            <RefreshCw aria-hidden className="size-3.5" />
          </IconButton>
        )}
      </span>
    </header>
  );
}

function NoChanges() {
  const { task } = useTask();
  const { pullRequest, status } = task;
  const onGitHub = pullRequest !== null && (
    <a href={pullRequest.htmlUrl} target="_blank" rel="noreferrer" className={buttonClass()}>
      Pull request on GitHub
      <ExternalLink aria-hidden className="size-3.5" />
    </a>
  );
  if (task.changes.headSha !== null) {
    return (
      <EmptyState icon={FileDiffIcon} title="No changes">
        The branch is the same as {task.baseBranch}.
      </EmptyState>
    );
  }
  if (status.state === 'merged' || status.state === 'closed' || pullRequest?.fromFork === true) {
    return (
      <EmptyState icon={FileDiffIcon} title="No workspace" action={onGitHub}>
        What the pull request changed can be seen on GitHub.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={FileDiffIcon} title="Nothing to compare yet" action={onGitHub}>
      Changes are read from the workspace. They appear here once it runs.
    </EmptyState>
  );
}
