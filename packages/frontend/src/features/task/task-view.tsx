import type { SessionAddress, TaskAddress } from '@foundry/client/api';
import { useTopic } from '@foundry/client/react/hooks';
import type { Session, TaskSummary } from '@foundry/shared/entities';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { FailureNotice } from '../../app/error-pages.tsx';
import { useIsWide } from '../../app/use-media.ts';
import { useRealtimeRefresh } from '../../app/use-realtime-refresh.ts';
import { useShortcut } from '../../app/use-shortcut.ts';
import { TabBar } from '../../ui/tab-bar.tsx';
import { useUser } from '../account/use-user.ts';
import { ChangesPanel } from '../changes/changes-panel.tsx';
import { totalsOf } from '../changes/totals.ts';
import { useComposerComing } from '../composer/composer-focus.ts';
import { ShownSessionContext } from '../composer/use-draft.ts';
import { TopBar } from '../organization/top-bar.tsx';
import { Conversation } from './conversation.tsx';
import { rememberModels } from './remembered.ts';
import { SessionContext } from './session-context.ts';
import { TaskContext, useTask } from './task-context.ts';
import { TaskHeading, TaskDetails } from './task-header.tsx';
import { TaskMenu } from './task-menu.tsx';
import { TaskNotices } from './task-notices.tsx';
import { useMarkAsRead } from './use-mark-as-read.ts';

interface TaskViewProps {
  at: TaskAddress;
  /** What is known of the task before it is loaded, from the list or from when it was opened. */
  summary: TaskSummary | undefined;
  /** The task exists beyond the list. */
  opened: boolean;
  /** Why it could not be opened. */
  failure: ReactNode;
}

const taskRoute = '/signed-in/organizations/$organizationId/tasks/$taskId';

/**
 * A task's page. Everything has its place from the beginning, filled as it arrives: the composer above all is one
 * element throughout, because somebody may be writing in it.
 */
export function TaskView({ at, summary, opened, failure: openFailure }: TaskViewProps) {
  const isWide = useIsWide();
  const { view = 'conversation', session: wanted } = useSearch({ from: taskRoute });
  const taskTopic = opened ? ({ kind: 'task', ...at } as const) : null;
  const taskView = useTopic<'task'>(taskTopic);
  const refreshTask = useRealtimeRefresh(taskTopic);
  const task = useMemo(() => {
    if (taskView.status === 'error' || taskView.data === null) return null;
    return { ...taskView.data, at };
  }, [taskView, at]);

  // Where this person was last; later changes (their other tabs) do not move this page.
  const [remembered] = useState(useUser().taskStates.get(at.taskId)?.activeSessionId ?? null);
  const chosen = task === null ? undefined : choose(task.sessions, wanted, remembered);
  const session = useShownSession(at, chosen?.id ?? null);
  // Until the sessions are known, the one that will most likely be shown.
  const shownSessionId = task === null ? (wanted ?? remembered ?? undefined) : (chosen?.id ?? null);

  const failure =
    taskView.status === 'error' ? (
      <FailureNotice error={taskView.error} onRetry={refreshTask} />
    ) : (
      openFailure
    );
  const failed = failure !== null;
  const known = task?.task ?? summary;
  const showsConversation = isWide || view !== 'changes';
  useComposerComing(!failed && showsConversation && known === undefined);

  return (
    <TaskContext value={task}>
      <SessionContext value={session.value}>
        <ShownSessionContext value={shownSessionId}>
          {task !== null && <LoadedTaskEffects />}
          <div className="flex h-full flex-col">
            <TopBar>
              {known !== undefined && <TaskHeading task={known} />}
              {task !== null && <TaskMenu />}
            </TopBar>
            {task !== null ? <TaskDetails /> : !failed && <Gap className="min-h-10" />}
            {task !== null && <TaskNotices />}
            {!isWide && (task !== null ? <ViewTabs value={view} /> : !failed && <Gap className="h-9" />)}
            <div className="flex min-h-0 flex-1">
              {showsConversation ? (
                <main id="content" className="min-w-0 flex-1">
                  <Conversation
                    at={at}
                    known={known}
                    session={chosen}
                    label={opened ? 'Loading the task…' : 'Opening the task…'}
                    failure={failure ?? session.failure}
                  />
                </main>
              ) : (
                <main id="content" className="min-w-0 flex-1">
                  {task === null ? failure : <ChangesPanel />}
                </main>
              )}
              {isWide && !failed && (
                <aside aria-label="Changes" className="w-[min(440px,38%)] shrink-0 border-l border-line">
                  {task !== null && <ChangesPanel />}
                </aside>
              )}
            </div>
          </div>
        </ShownSessionContext>
      </SessionContext>
    </TaskContext>
  );
}

function choose(
  sessions: readonly Session[],
  wanted: string | undefined,
  remembered: string | null,
): Session | undefined {
  return (
    sessions.find(({ id }) => id === wanted) ?? sessions.find(({ id }) => id === remembered) ?? sessions[0]
  );
}

/** The session's live contents once they are there, or why they are not. */
function useShownSession({ organizationId, taskId }: TaskAddress, sessionId: string | null) {
  const at = useMemo(
    (): SessionAddress | null => (sessionId === null ? null : { organizationId, taskId, sessionId }),
    [organizationId, taskId, sessionId],
  );
  const topic = at === null ? null : ({ kind: 'session', ...at } as const);
  const view = useTopic<'session'>(topic);
  const refresh = useRealtimeRefresh(topic);
  const models = view.data?.session.models;
  useEffect(() => {
    if (models !== undefined) rememberModels(models);
  }, [models]);
  const value = useMemo(
    () => (at === null || view.status === 'error' || view.data === null ? null : { at, ...view.data }),
    [at, view],
  );
  const failure = view.status === 'error' ? <FailureNotice error={view.error} onRetry={refresh} /> : null;
  return { value, failure };
}

/** What is done once the task is there, and draws nothing. */
function LoadedTaskEffects() {
  const isWide = useIsWide();
  const { view = 'conversation' } = useSearch({ from: taskRoute });
  const show = useShowView();
  useMarkAsRead();
  useShortcut({ key: 'g' }, () => show(view === 'changes' ? 'conversation' : 'changes'), !isWide);
  return null;
}

function Gap({ className }: { className: string }) {
  return <div className={`shrink-0 border-b border-line ${className}`} />;
}

type View = 'conversation' | 'changes';

function useShowView(): (view: View) => void {
  const navigate = useNavigate();
  return (next) =>
    void navigate({
      from: '/organizations/$organizationId/tasks/$taskId',
      search: (search) => ({ ...search, view: next === 'conversation' ? undefined : next }),
      replace: true,
    });
}

function ViewTabs({ value }: { value: View }) {
  const { task } = useTask();
  const show = useShowView();
  const { files: fileCount } = totalsOf(task.changes);
  return (
    <nav aria-label="Parts of the task" className="px-4 shadow-[inset_0_-1px_0_var(--line)]">
      <TabBar
        label="Task"
        value={value}
        onChange={show}
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
