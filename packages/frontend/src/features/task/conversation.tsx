import { useState } from 'react';
import { useSearch } from '@tanstack/react-router';
import { useUser } from '../account/use-user.ts';
import { SessionView } from './session-view.tsx';
import { SessionTabs } from './session-tabs.tsx';
import { useTask } from './task-context.ts';
import { TaskNotice } from './task-notice.tsx';

/** The sessions of a task as tabs, and the chosen one. */
export function Conversation() {
  const { sessions, task, at } = useTask();
  const search = useSearch({ from: '/signed-in/organizations/$organizationId/tasks/$taskId' });
  // Where this person was last; later changes (their other tabs) do not move this page.
  const [remembered] = useState(useUser().taskStates.get(task.id)?.activeSessionId ?? null);
  const session =
    sessions.find((candidate) => candidate.id === search.session) ??
    sessions.find((candidate) => candidate.id === remembered) ??
    sessions[0];

  if (session === undefined) {
    return (
      <div className="flex h-full flex-col justify-center gap-4 p-4">
        <TaskNotice />
        <NoSession />
      </div>
    );
  }
  return (
    <div className="flex h-full flex-col">
      <SessionTabs activeId={session.id} />
      <SessionView key={session.id} at={{ ...at, sessionId: session.id }} />
    </div>
  );
}

function NoSession() {
  const { status } = useTask().task;
  if (status.state === 'merged' || status.state === 'closed') return null;
  return (
    <div className="flex justify-center">
      <SessionTabs activeId={null} />
    </div>
  );
}
