import { turnToStop } from '@foundry/client/commands/turn-to-stop';
import { useFoundryClient, useOutgoingMessages } from '@foundry/client/react/hooks';
import { useCommand } from '../../app/use-command.ts';
import { useSession } from '../task/session-context.ts';
import { useTask } from '../task/task-context.ts';
import { ComposerBox } from './composer-box.tsx';
import { ModelPicker } from './model-picker.tsx';
import { useMayWork } from './use-can-write.ts';
import { WatchOnly } from './watch-only.tsx';

/** Writes to the shown session. */
export function Composer() {
  const { at, session, messages } = useSession();
  const { task } = useTask();
  const { api, outgoing } = useFoundryClient();
  const turn = turnToStop(messages.values(), useOutgoingMessages(at));
  const stop = useCommand((seen: NonNullable<typeof turn>) => api.stop(at, seen), {
    at: { organizationId: at.organizationId, actor: 'session', id: at.sessionId },
    failureTitle: 'The agent was not stopped',
  });
  const mayWork = useMayWork(task);
  if (mayWork === 'watch') return <WatchOnly task={task} />;
  if (mayWork === 'no') return null;
  return (
    <ComposerBox
      at={at}
      busy={turn !== null && session.status !== 'stopping'}
      stopping={session.status === 'stopping' || stop.pending}
      onStop={() => {
        // The turn that stands here, and not whichever runs when the server hears of it.
        if (turn !== null) void stop.run(turn);
      }}
      onSend={(text) => {
        void outgoing.send(at, text);
        return true;
      }}
    >
      <ModelPicker />
    </ComposerBox>
  );
}
