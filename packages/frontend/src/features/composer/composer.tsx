import { useFoundryClient } from '@foundry/client/react/hooks';
import { useCommand } from '../../app/use-command.ts';
import { useSession } from '../task/session-context.ts';
import { ComposerBox } from './composer-box.tsx';
import { ModelPicker } from './model-picker.tsx';
import { useCanWrite } from './use-can-write.ts';

/** Writes to the shown session. */
export function Composer() {
  const { at, session } = useSession();
  const { api, outgoing } = useFoundryClient();
  const stop = useCommand(() => api.stop(at), {
    at: { organizationId: at.organizationId, actor: 'session', id: at.sessionId },
    failureTitle: 'The agent was not stopped',
  });
  if (!useCanWrite()) return null;
  return (
    <ComposerBox
      at={at}
      busy={session.status === 'working' || session.status === 'waiting_for_permission'}
      stopping={session.status === 'stopping' || stop.pending}
      onStop={() => void stop.run()}
      onSend={(text) => {
        void outgoing.send(at, text);
        return true;
      }}
    >
      <ModelPicker />
    </ComposerBox>
  );
}
