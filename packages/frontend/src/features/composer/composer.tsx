import type { TaskAddress } from '@foundry/client/api';
import { toApiError } from '@foundry/client/api-error';
import { turnToStop } from '@foundry/client/commands/turn-to-stop';
import { randomId } from '@foundry/client/random-id';
import { useFoundryClient, useOutgoingMessages } from '@foundry/client/react/hooks';
import type { TaskSummary } from '@foundry/shared/entities';
import { use, useRef } from 'react';
import { useCommand } from '../../app/use-command.ts';
import { showError } from '../../ui/toasts.tsx';
import { SessionContext } from '../task/session-context.ts';
import { TaskContext } from '../task/task-context.ts';
import { ComposerBox } from './composer-box.tsx';
import { ModelPicker } from './model-picker.tsx';
import { useMayWork } from './use-can-write.ts';
import { WatchOnly } from './watch-only.tsx';

interface ComposerProps {
  at: TaskAddress;
  /** What is known of the task, from the list or from itself. */
  task: TaskSummary;
}

/**
 * Writes to the shown session. The same element from the first paint of a task on, whatever of it is still loading:
 * exchanged under somebody who types it would lose keystrokes.
 * - While the conversation is read one can write at once; what is sent goes out a moment later.
 * - In a task without a session the first message makes one.
 */
export function Composer({ at, task }: ComposerProps) {
  const loadedTask = use(TaskContext);
  const loaded = use(SessionContext);
  const { api, outgoing } = useFoundryClient();
  const sessionAt = { ...at, sessionId: loaded?.at.sessionId ?? '' };
  const turn = turnToStop(loaded?.messages.values() ?? [], useOutgoingMessages(sessionAt));
  const stop = useCommand((seen: NonNullable<typeof turn>) => api.stop(sessionAt, seen), {
    at: { organizationId: at.organizationId, actor: 'session', id: sessionAt.sessionId },
    failureTitle: 'The agent was not stopped',
  });
  // A repeat after a lost answer is recognised and makes no second session.
  const commandId = useRef(randomId());
  const mayWork = useMayWork(loadedTask?.task ?? task);
  if (mayWork === 'watch') return loadedTask === null ? null : <WatchOnly task={loadedTask.task} />;
  if (mayWork === 'no') return null;

  const sendFirst = async (text: string): Promise<boolean> => {
    try {
      const { session } = await api.createSession(at, { commandId: commandId.current });
      void outgoing.send({ ...at, sessionId: session.id }, text);
      return true;
    } catch (error) {
      showError('The message was not sent', toApiError(error).message);
      return false;
    }
  };
  const send = (text: string) => {
    void outgoing.send(sessionAt, text);
    return true;
  };
  const isFirst = loadedTask?.sessions.length === 0;
  const status = loaded?.session.status;
  return (
    <ComposerBox
      at={at}
      busy={turn !== null && status !== 'stopping'}
      stopping={status === 'stopping' || stop.pending}
      onStop={() => {
        // The turn that stands here, and not whichever runs when the server hears of it.
        if (turn !== null) void stop.run(turn);
      }}
      onSend={loaded === null ? (isFirst ? sendFirst : null) : send}
    >
      {loaded === null ? (
        <span className="px-2 text-xs text-ink-3">{isFirst ? 'Starts a session' : 'Loading…'}</span>
      ) : (
        <ModelPicker />
      )}
    </ComposerBox>
  );
}
