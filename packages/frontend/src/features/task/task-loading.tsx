import type { TaskAddress } from '@foundry/client/api';
import type { TaskSummary } from '@foundry/shared/entities';
import { useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useIsWide } from '../../app/use-media.ts';
import { Loading } from '../../ui/spinner.tsx';
import { WaitingComposer } from '../composer/waiting-composer.tsx';
import { TopBar } from '../organization/top-bar.tsx';
import { TaskHeading } from './task-header.tsx';

interface TaskLoadingProps {
  at: TaskAddress;
  /** What the list knows of it. */
  summary: TaskSummary | undefined;
  label: string;
  /** Why the task cannot be shown, instead of the progress. */
  failure: ReactNode;
}

/** A task's page before its contents, with everything where it will be. */
export function TaskLoading({ at, summary, label, failure }: TaskLoadingProps) {
  const isWide = useIsWide();
  const { view } = useSearch({ from: '/signed-in/organizations/$organizationId/tasks/$taskId' });
  const failed = failure !== null;
  const showsConversation = isWide || view !== 'changes';
  return (
    <div className="flex h-full flex-col">
      <TopBar>{summary !== undefined && <TaskHeading task={summary} />}</TopBar>
      {!failed && <div className="min-h-10 shrink-0 border-b border-line" />}
      {!failed && !isWide && <div className="h-9 shrink-0 border-b border-line" />}
      <div className="flex min-h-0 flex-1">
        <main id="content" className="flex min-w-0 flex-1 flex-col">
          <div className="flex min-h-0 flex-1 items-center justify-center">
            {failed ? failure : <Loading label={label} />}
          </div>
          {!failed && showsConversation && summary !== undefined && (
            <WaitingComposer at={at} task={summary} />
          )}
        </main>
        {!failed && isWide && <div className="w-[min(440px,38%)] shrink-0 border-l border-line" />}
      </div>
    </div>
  );
}
