import { useFoundryClient } from '@foundry/client/react/hooks';
import type { RuntimeIssue } from '@foundry/shared/entities';
import { Link } from '@tanstack/react-router';
import { TriangleAlert, X } from 'lucide-react';
import { useCommand } from '../../app/use-command.ts';
import { IconButton } from '../../ui/button.tsx';
import { Popover } from '../../ui/popover.tsx';
import { Age } from '../../ui/time.tsx';
import { useOrganization } from './organization-context.ts';
import { issuePlace, issueText } from './plain-words.ts';
import { useHasRoleSomewhere } from './use-role.ts';

/** Failures that outlived their retries; nothing is shown while there are none. */
export function RuntimeIssues() {
  const { organization } = useOrganization();
  const issues = [...organization.runtimeIssues.values()].toSorted(
    (left, right) => right.lastAtMs - left.lastAtMs,
  );
  const mayClear = useHasRoleSomewhere('maintain');
  if (issues.length === 0) return null;
  const label = issues.length === 1 ? '1 problem' : `${issues.length} problems`;
  return (
    <Popover
      align="end"
      title="Problems in the background"
      className="w-[400px]"
      trigger={
        <button
          type="button"
          aria-label={`${label} in the background`}
          className="inline-flex h-6 items-center gap-1 rounded-full bg-warning-soft px-2 text-xs font-medium text-warning tabular-nums"
        >
          <TriangleAlert aria-hidden className="size-3.5" />
          <span className="max-sm:hidden">{label}</span>
          <span className="sm:hidden">{issues.length}</span>
        </button>
      }
    >
      <p className="mb-2 text-ink-2">
        Work that failed again after its retries.{' '}
        {mayClear
          ? 'Clear an entry once it is dealt with.'
          : 'Who has the role Maintain in a repository can clear an entry.'}
      </p>
      <ul className="-mx-1 max-h-[50vh] divide-y divide-line overflow-y-auto px-1">
        {issues.map((issue) => (
          <IssueRow key={issue.id} issue={issue} organizationId={organization.organization.id} />
        ))}
      </ul>
    </Popover>
  );
}

function IssueRow({ issue, organizationId }: { issue: RuntimeIssue; organizationId: string }) {
  const { api } = useFoundryClient();
  const clear = useCommand(() => api.clearRuntimeIssue(organizationId, issue.id), {
    at: { organizationId, actor: 'organization', id: organizationId },
    failureTitle: 'The problem was not cleared',
  });
  const mayClear = useHasRoleSomewhere('maintain');
  const { tasks } = useOrganization().organization;
  const task = tasks.get(/\/task\/([\w-]+)/.exec(issue.actor)?.[1] ?? '');
  return (
    <li className="flex items-start gap-2 py-2">
      <div className="min-w-0 flex-1 [overflow-wrap:anywhere]">
        {task !== undefined && (
          <Link
            to="/organizations/$organizationId/tasks/$taskId"
            params={{ organizationId, taskId: task.id }}
            className="font-medium text-accent-text hover:underline"
          >
            {task.title}
          </Link>
        )}
        <p>{issueText(issue)}</p>
        <p className="mt-0.5 text-xs text-ink-3">
          {issuePlace(issue)} · {issue.count > 1 && <span>{issue.count} times · </span>}
          <Age atMs={issue.lastAtMs} />
        </p>
      </div>
      {mayClear && (
        <IconButton label="Clear this problem" pending={clear.pending} onClick={() => void clear.run()}>
          <X aria-hidden className="size-4" />
        </IconButton>
      )}
    </li>
  );
}
