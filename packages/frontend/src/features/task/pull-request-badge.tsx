import { CircleCheck, CircleX, ExternalLink, LoaderCircle } from 'lucide-react';
import type { PullRequest } from '@foundry/shared/entities';
import { classNames } from '../../ui/class-names.ts';
import { Conflicts } from './conflicts.tsx';
import { useTask } from './task-context.ts';

function stateOf(pullRequest: PullRequest): { label: string; className: string } {
  switch (pullRequest.state) {
    case 'merged':
      return { label: 'Merged', className: 'text-merged' };
    case 'closed':
      return { label: 'Closed', className: 'text-danger' };
    case 'open':
      return pullRequest.draft
        ? { label: 'Draft', className: 'text-ink-2' }
        : { label: 'Open', className: 'text-success' };
  }
}

/** The pull request's number and state, linked to GitHub; nothing while there is none. */
export function PullRequestBadge() {
  const { pullRequest } = useTask().task;
  if (pullRequest === null) return null;
  const state = stateOf(pullRequest);
  return (
    <span className="flex shrink-0 items-center gap-x-2 gap-y-1 whitespace-nowrap wide:shrink wide:flex-wrap">
      <a
        href={pullRequest.htmlUrl}
        target="_blank"
        rel="noreferrer"
        className="inline-flex h-5 items-center gap-1 rounded-full border border-line-strong px-2 text-xs font-medium tabular-nums hover:bg-hover"
      >
        <span className={state.className}>{state.label}</span>
        <span>#{pullRequest.number}</span>
        <ExternalLink aria-label="on GitHub" className="size-3 text-ink-3" />
      </a>
      {pullRequest.state === 'open' && <Checks pullRequest={pullRequest} />}
      <Conflicts />
      {pullRequest.state === 'open' && pullRequest.reviewDecision !== 'none' && (
        <span
          className={classNames(
            'text-xs',
            pullRequest.reviewDecision === 'approved' ? 'text-success' : 'text-warning',
          )}
        >
          {pullRequest.reviewDecision === 'approved' ? 'Approved' : 'Changes requested'}
        </span>
      )}
    </span>
  );
}

function Checks({ pullRequest }: { pullRequest: PullRequest }) {
  const { state, failed, total } = pullRequest.checks;
  switch (state) {
    case 'none':
      return null;
    case 'pending':
      return (
        <span className="inline-flex items-center gap-1 text-xs text-ink-2">
          <LoaderCircle aria-hidden className="size-3.5 animate-spin" /> Checks running
        </span>
      );
    case 'success':
      return (
        <span className="inline-flex items-center gap-1 text-xs text-success">
          <CircleCheck aria-hidden className="size-3.5" /> {total === 1 ? '1 check' : `${total} checks`}
        </span>
      );
    case 'failure':
      return (
        <span className="inline-flex items-center gap-1 text-xs text-danger tabular-nums">
          <CircleX aria-hidden className="size-3.5" />
          {total === 1 ? (
            'Check failed'
          ) : (
            <span>
              {failed} of {total} <span className="max-lg:sr-only">checks </span>failed
            </span>
          )}
        </span>
      );
  }
}
