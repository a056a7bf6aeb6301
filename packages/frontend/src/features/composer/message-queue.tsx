import type { OutgoingMessage } from '@foundry/client/commands/outgoing-messages';
import { useFoundryClient, useOutgoingMessages } from '@foundry/client/react/hooks';
import { CircleAlert, LoaderCircle } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { Button } from '../../ui/button.tsx';
import { useSession } from '../task/session-context.ts';
import { QueuedMessage } from './queued-message.tsx';
import { queuedMessages } from './queued-messages.ts';

/** What waits for the agent, above the composer: the server's queue, then what is still on its way there. */
export function MessageQueue() {
  const { at, messages, items } = useSession();
  const { outgoing } = useFoundryClient();
  const sent = useOutgoingMessages(at);
  const queued = useMemo(() => queuedMessages(messages, items), [messages, items]);
  const arrived = sent
    .filter((message) => messages.has(message.messageId))
    .map((message) => message.messageId);
  const arrivedKey = arrived.join(' ');
  useEffect(() => {
    if (arrivedKey !== '') outgoing.forget(at, arrivedKey.split(' '));
  }, [outgoing, at, arrivedKey]);

  const travelling = sent.filter((message) => !messages.has(message.messageId));
  if (queued.length === 0 && travelling.length === 0) return null;
  return (
    <ul aria-label="Waiting messages" className="divide-y divide-line rounded-xl border border-line bg-panel">
      {queued.map((message) => (
        <QueuedMessage key={message.id} message={message} />
      ))}
      {travelling.map((message) => (
        <TravellingMessage key={message.messageId} message={message} />
      ))}
    </ul>
  );
}

function TravellingMessage({ message }: { message: OutgoingMessage }) {
  const { outgoing } = useFoundryClient();
  const { at } = useSession();
  const failed = message.state === 'refused' || message.state === 'unconfirmed';
  return (
    <li className="px-3 py-2">
      <p className="flex items-center gap-2">
        <span className="line-clamp-2 min-w-0 flex-1 [overflow-wrap:anywhere] whitespace-pre-wrap text-ink-2">
          {message.text}
        </span>
        {!failed && (
          <span className="inline-flex items-center gap-1 text-xs text-ink-3">
            <LoaderCircle aria-hidden className="size-3.5 animate-spin" /> Sending
          </span>
        )}
      </p>
      {failed && (
        <div role="alert" className="mt-1 flex items-start gap-2 text-danger">
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          <p className="min-w-0 flex-1">
            {message.state === 'unconfirmed' &&
              'It is not known whether this arrived; sending it again is safe. '}
            {message.error?.message}
          </p>
          <Button size="sm" onClick={() => outgoing.forget(at, [message.messageId])}>
            Discard
          </Button>
          <Button size="sm" onClick={() => void outgoing.retry(at, message.messageId)}>
            Send again
          </Button>
        </div>
      )}
    </li>
  );
}
