import { useFoundryClient } from '@foundry/client/react/hooks';
import type { Message } from '@foundry/shared/entities';
import { useCommand } from '../../app/use-command.ts';
import { Button } from '../../ui/button.tsx';
import { useUser } from '../account/use-user.ts';
import { useSession } from '../task/session-context.ts';
import { useCanWrite } from './use-can-write.ts';

/** Sends a failed message again; only whose message it is may do that. */
export function RetryMessage({ message }: { message: Message }) {
  const { api } = useFoundryClient();
  const { at } = useSession();
  const isMine = useUser().profile.id === message.author.userId;
  const canWrite = useCanWrite();
  const retry = useCommand(() => api.retryMessage(at, message.id), {
    at: { organizationId: at.organizationId, actor: 'session', id: at.sessionId },
    failureTitle: 'The message was not sent again',
  });
  if (!isMine || !canWrite) return null;
  return (
    <Button size="sm" pending={retry.pending} onClick={() => void retry.run()}>
      Try again
    </Button>
  );
}
