import { useState } from 'react';
import { useSearch } from '@tanstack/react-router';
import { ComposerDock } from '../composer/composer-dock.tsx';
import { FirstComposer } from '../composer/first-composer.tsx';
import { EmptyConversation } from '../transcript/empty-conversation.tsx';
import { useUser } from '../account/use-user.ts';
import { SessionView } from './session-view.tsx';
import { SessionTabs } from './session-tabs.tsx';
import { useTask } from './task-context.ts';

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

  if (session === undefined) return <NoSession />;
  return (
    <div className="flex h-full flex-col">
      <SessionTabs activeId={session.id} />
      <SessionView key={session.id} at={{ ...at, sessionId: session.id }} />
    </div>
  );
}

/** A pull request that nobody has given to an agent yet. */
function NoSession() {
  return (
    <div className="flex h-full flex-col">
      <div className="min-h-0 flex-1">
        <EmptyConversation />
      </div>
      <ComposerDock>
        <FirstComposer />
      </ComposerDock>
    </div>
  );
}
