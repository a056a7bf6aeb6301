import type { Message, Session } from '@foundry/shared/entities';

type ReceiptState = Message['state'] | 'waiting_for_permission';

/** How far a message has come. An agent that waits for somebody's answer does not work. */
export function receiptState(
  message: Pick<Message, 'state'>,
  session: Pick<Session, 'status'>,
): ReceiptState {
  return message.state === 'working' && session.status === 'waiting_for_permission'
    ? 'waiting_for_permission'
    : message.state;
}
