import type { Message } from '@foundry/shared/entities';
import type { MessageId } from '@foundry/shared/ids';
import type { OutgoingMessage } from './outgoing-messages.ts';

/**
 * What a Stop means at this moment: the turn that runs, else the message that is about to be taken up, else one that is
 * still on its way to the server. Null when there is nothing to stop.
 */
export function turnToStop(
  messages: Iterable<Message>,
  travelling: readonly OutgoingMessage[],
): { messageId: MessageId; attempt: number } | null {
  const known = [...messages].toSorted((a, b) => a.position - b.position);
  const found =
    known.find(({ state }) => state === 'delivered' || state === 'working') ??
    known.find(({ state }) => state === 'accepted');
  if (found !== undefined) return { messageId: found.id, attempt: found.attempt };
  const sent = travelling.find(({ state }) => state === 'sending' || state === 'accepted');
  return sent === undefined ? null : { messageId: sent.messageId, attempt: 1 };
}
