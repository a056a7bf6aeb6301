import type { Message, Session } from '@foundry/shared/entities';

type ReceiptState = Message['state'] | 'waiting_for_permission' | 'interrupted';

/**
 * How far a message has come. An agent that waits for somebody's answer does not work, and one that was stopped together
 * with Foundry has not failed.
 */
export function receiptState(
  message: Pick<Message, 'state' | 'failure'>,
  session: Pick<Session, 'status'>,
): ReceiptState {
  if (message.state === 'working' && session.status === 'waiting_for_permission') {
    return 'waiting_for_permission';
  }
  return message.state === 'failed' && message.failure?.code === 'interrupted'
    ? 'interrupted'
    : message.state;
}
