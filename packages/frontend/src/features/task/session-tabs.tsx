import { toApiError } from '@foundry/client/api-error';
import { randomId } from '@foundry/client/random-id';
import { useFoundryClient } from '@foundry/client/react/hooks';
import type { Session } from '@foundry/shared/entities';
import { useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { showError } from '../../ui/toasts.tsx';
import { visibleName } from '../../ui/visible-text.ts';
import { useHasRole } from '../organization/use-role.ts';
import { useTask } from './task-context.ts';
import { useSaveTaskState } from './use-save-task-state.ts';

export function SessionTabs({ activeId }: { activeId: string }) {
  const { at, sessions, task } = useTask();
  const mayWrite = useHasRole(task.repositoryId, 'write');
  const { api } = useFoundryClient();
  const navigate = useNavigate({ from: '/organizations/$organizationId/tasks/$taskId' });
  const save = useSaveTaskState(api, at);
  const [pending, setPending] = useState(false);

  const choose = (sessionId: string) => {
    void save({ activeSessionId: sessionId });
    void navigate({ search: (search) => ({ ...search, session: sessionId }), replace: true });
  };
  const create = async () => {
    setPending(true);
    try {
      const { session } = await api.createSession(at, { commandId: randomId() });
      choose(session.id);
    } catch (error) {
      showError('No new session', toApiError(error).message);
    } finally {
      setPending(false);
    }
  };

  return (
    <div className="flex h-9 shrink-0 items-center gap-0.5 overflow-x-auto border-b border-line px-2 md:px-3">
      <nav aria-label="Sessions" className="flex items-center gap-0.5">
        {sessions.map((session) => (
          <SessionTab key={session.id} session={session} active={session.id === activeId} onChoose={choose} />
        ))}
      </nav>
      {mayWrite && (
        <IconButton small label="New session" pending={pending} onClick={() => void create()}>
          <Plus aria-hidden className="size-4" />
        </IconButton>
      )}
    </div>
  );
}

interface SessionTabProps {
  session: Session;
  active: boolean;
  onChoose: (sessionId: string) => void;
}

function SessionTab({ session, active, onChoose }: SessionTabProps) {
  return (
    <button
      type="button"
      aria-current={active ? 'page' : undefined}
      onClick={() => onChoose(session.id)}
      className={classNames(
        'flex h-6 max-w-48 shrink-0 items-center gap-1.5 rounded-md px-2 text-xs -outline-offset-1',
        active ? 'bg-selected font-medium text-ink' : 'text-ink-2 hover:bg-hover hover:text-ink',
      )}
    >
      <SessionDot status={session.status} />
      <span className="truncate">{visibleName(session.title)}</span>
    </button>
  );
}

function SessionDot({ status }: { status: Session['status'] }) {
  switch (status) {
    case 'idle':
      return null;
    case 'waiting':
      return <span role="img" aria-label="Waiting" className="size-1.5 shrink-0 rounded-full bg-ink-3" />;
    case 'working':
    case 'stopping':
      return (
        <span
          role="img"
          aria-label="Working"
          className="size-1.5 shrink-0 animate-breathe rounded-full bg-success"
        />
      );
    case 'waiting_for_permission':
      return (
        <span
          role="img"
          aria-label="Needs an answer"
          className="size-1.5 shrink-0 rounded-full bg-attention"
        />
      );
  }
}
