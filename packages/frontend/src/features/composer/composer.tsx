import { turnToStop } from '@foundry/client/commands/turn-to-stop';
import { useFoundryClient, useOutgoingMessages } from '@foundry/client/react/hooks';
import { useCommand } from '../../app/use-command.ts';
import { useSession } from '../task/session-context.ts';
import { ComposerBox } from './composer-box.tsx';
import { ModelPicker } from './model-picker.tsx';
import { useCanWrite } from './use-can-write.ts';

/** Writes to the shown session. */
export function Composer() {
  const { at, session, messages } = useSession();
  const { api, outgoing } = useFoundryClient();
  const turn = turnToStop(messages.values(), useOutgoingMessages(at));
  const stop = useCommand((seen: NonNullable<typeof turn>) => api.stop(at, seen), {
    at: { organizationId: at.organizationId, actor: 'session', id: at.sessionId },
    failureTitle: 'The agent was not stopped',
  });
  if (!useCanWrite()) return null;
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
