import { toApiError } from '@foundry/client/api-error';
import { useFoundryClient } from '@foundry/client/react/hooks';
import type { ChangedFile } from '@foundry/shared/entities';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { diffQuery } from '../../app/queries.ts';
import { Button } from '../../ui/button.tsx';
import { Skeleton } from '../../ui/spinner.tsx';
import { useTask } from '../task/task-context.ts';
import { describeLines, describeWithoutLines } from './describe-file.ts';

const UnifiedDiff = lazy(() => import('./diff-view.tsx').then((module) => ({ default: module.UnifiedDiff })));

/** A file's diff, read from the workspace when it is opened. */
export function FileDiff({ file }: { file: ChangedFile }) {
  const { api } = useFoundryClient();
  const { at, task } = useTask();
  const revision = `${task.changes.headSha ?? ''}@${String(task.changes.readAtMs ?? 0)}`;
  const diff = useQuery(diffQuery(api, at, file.path, revision));
  if (diff.isPending) return <DiffSkeleton />;
  if (diff.isError) {
    return (
      <div role="alert" className="flex items-start gap-2 bg-danger-soft px-3 py-2">
        <span className="min-w-0 flex-1">{toApiError(diff.error).message}</span>
        <Button size="sm" onClick={() => void diff.refetch()}>
          Try again
        </Button>
      </div>
    );
  }
  if (!/^@@ /m.test(diff.data.diff)) {
    return <p className="px-3 py-2 text-ink-2">{describeWithoutLines(file)}</p>;
  }
  const description = describeLines(file);
  return (
    <Suspense fallback={<DiffSkeleton />}>
      {description !== null && (
        <p className="border-b border-line px-3 py-1.5 text-xs text-ink-2">{description}</p>
      )}
      <UnifiedDiff patch={diff.data.diff} />
      {diff.data.truncated && (
        <p className="border-t border-line px-3 py-2 text-ink-2">
          The diff is longer than is shown here. Fetch the branch to see all of it.
        </p>
      )}
    </Suspense>
  );
}

function DiffSkeleton() {
  return (
    <div role="status" aria-label="Loading the diff" className="space-y-1.5 p-3">
      <Skeleton className="h-3 w-3/4" />
      <Skeleton className="h-3 w-1/2" />
      <Skeleton className="h-3 w-2/3" />
    </div>
  );
}
