import type { Message } from '@foundry/shared/entities';
import type { TranscriptItem } from '@foundry/shared/transcript';

/** Messages that the transcript does not show yet, in the order in which they will run; failed ones that never got that far too. */
export function queuedMessages(
  messages: ReadonlyMap<string, Message>,
  items: readonly TranscriptItem[],
): Message[] {
  const shown = new Set<string>();
  for (const { body } of items) if (body.kind === 'user_message') shown.add(body.messageId);
  return [...messages.values()]
    .filter((message) => !shown.has(message.id))
    .filter(({ state }) => state === 'accepted' || state === 'delivered' || state === 'failed')
    .sort((left, right) => left.position - right.position || left.acceptedAtMs - right.acceptedAtMs);
}
