import { toApiError } from '@foundry/client/api-error';
import { randomId } from '@foundry/client/random-id';
import { useFoundryClient } from '@foundry/client/react/hooks';
import { useRef } from 'react';
import { showError } from '../../ui/toasts.tsx';
import { useTask } from '../task/task-context.ts';
import { ComposerBox } from './composer-box.tsx';
import { useMayWork } from './use-can-write.ts';
import { WatchOnly } from './watch-only.tsx';

/** For a task without a session yet: the first message makes one. */
export function FirstComposer() {
  const { at, task } = useTask();
  const { api, outgoing } = useFoundryClient();
  // A repeat after a lost answer is recognised and makes no second session.
  const commandId = useRef(randomId());
  const mayWork = useMayWork(task);
  if (mayWork === 'watch') return <WatchOnly task={task} />;
  if (mayWork === 'no') return null;

  const send = async (text: string): Promise<boolean> => {
    try {
      const { session } = await api.createSession(at, { commandId: commandId.current });
      void outgoing.send({ ...at, sessionId: session.id }, text);
      return true;
    } catch (error) {
      showError('The message was not sent', toApiError(error).message);
      return false;
    }
  };
  return (
    <ComposerBox at={at} busy={false} stopping={false} onStop={() => undefined} onSend={send}>
      <span className="px-2 text-xs text-ink-3">Starts a session</span>
    </ComposerBox>
  );
}
