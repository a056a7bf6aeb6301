import type { TaskAddress } from '@foundry/client/api';
import { useTopic } from '@foundry/client/react/hooks';
import type { Task } from '@foundry/shared/entities';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { FailureNotice } from '../../app/error-pages.tsx';
import { useIsWide } from '../../app/use-media.ts';
import { useRealtimeRefresh } from '../../app/use-realtime-refresh.ts';
import { useShortcut } from '../../app/use-shortcut.ts';
import { TabBar } from '../../ui/tab-bar.tsx';
import { ChangesPanel } from '../changes/changes-panel.tsx';
import { totalsOf } from '../changes/totals.ts';
import { TopBar } from '../organization/top-bar.tsx';
import { Conversation } from './conversation.tsx';
import { TaskContext, useTask } from './task-context.ts';
import { TaskHeading, TaskDetails } from './task-header.tsx';
import { TaskLoading } from './task-loading.tsx';
import { TaskMenu } from './task-menu.tsx';
import { TaskNotices } from './task-notices.tsx';
import { useMarkAsRead } from './use-mark-as-read.ts';

interface TaskViewProps {
  at: TaskAddress;
  /** The task as it was when it was opened. */
  opened: Task;
}

export function TaskView({ at, opened }: TaskViewProps) {
  const topic = { kind: 'task', ...at } as const;
  const view = useTopic<'task'>(topic);
  const refresh = useRealtimeRefresh(topic);
  const value = useMemo(() => (view.data === null ? null : { ...view.data, at }), [view.data, at]);

  if (view.status === 'error' || value === null) {
    return (
      <TaskLoading
        at={at}
        summary={opened}
        label="Loading the task…"
        failure={view.status === 'error' ? <FailureNotice error={view.error} onRetry={refresh} /> : null}
      />
    );
  }
  return (
    <TaskContext value={value}>
      <LoadedTask />
    </TaskContext>
  );
}

function LoadedTask() {
  const isWide = useIsWide();
  const navigate = useNavigate();
  const { view = 'conversation' } = useSearch({
    from: '/signed-in/organizations/$organizationId/tasks/$taskId',
  });
  const show = (next: 'conversation' | 'changes') =>
    void navigate({
      from: '/organizations/$organizationId/tasks/$taskId',
      search: (search) => ({ ...search, view: next === 'conversation' ? undefined : next }),
      replace: true,
    });
  useMarkAsRead();
  useShortcut({ key: 'g' }, () => show(view === 'changes' ? 'conversation' : 'changes'), !isWide);
  return (
    <div className="flex h-full flex-col">
      <TopBar>
        <LoadedHeading />
        <TaskMenu />
      </TopBar>
      <TaskDetails />
      <TaskNotices />
      {!isWide && <ViewTabs value={view} onChange={show} />}
      <div className="flex min-h-0 flex-1">
        {(isWide || view === 'conversation') && (
          <main id="content" className="min-w-0 flex-1">
            <Conversation />
          </main>
        )}
        {isWide && (
          <aside aria-label="Changes" className="w-[min(440px,38%)] shrink-0 border-l border-line">
            <ChangesPanel />
          </aside>
        )}
        {!isWide && view === 'changes' && (
          <main id="content" className="min-w-0 flex-1">
            <ChangesPanel />
          </main>
        )}
      </div>
    </div>
  );
}

function LoadedHeading() {
  return <TaskHeading task={useTask().task} />;
}

function ViewTabs({
  value,
  onChange,
}: {
  value: 'conversation' | 'changes';
  onChange: (value: 'conversation' | 'changes') => void;
}) {
  const { task } = useTask();
  const { files: fileCount } = totalsOf(task.changes);
  return (
    <nav aria-label="Parts of the task" className="px-4 shadow-[inset_0_-1px_0_var(--line)]">
      <TabBar
        label="Task"
        value={value}
        onChange={onChange}
        tabs={[
          { value: 'conversation', label: 'Conversation' },
          {
            value: 'changes',
            label: (
              <>
                Changes <span className="text-ink-3 tabular-nums">{fileCount.toLocaleString('en')}</span>
              </>
            ),
          },
        ]}
      />
    </nav>
  );
}
