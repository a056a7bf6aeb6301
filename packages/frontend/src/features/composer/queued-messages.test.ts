import { expect, test } from 'vitest';
import { itemOf } from '../../../e2e/fixture/conversation.ts';
import { ada, messageOf } from '../../../e2e/fixture/samples.ts';
import { queuedMessages } from './queued-messages.ts';

test('the queue holds what waits and what failed before the transcript showed it, in order', () => {
  const messages = [
    messageOf('session_1', 'message-c', 'third', { position: 3 }),
    messageOf('session_1', 'message-b', 'second', { position: 2, state: 'delivered' }),
    messageOf('session_1', 'message-f', 'failed', { position: 4, state: 'failed' }),
    messageOf('session_1', 'message-d', 'done', { position: 0, state: 'done' }),
    messageOf('session_1', 'message-s', 'shown', { position: 1, state: 'failed' }),
  ];
  const items = [itemOf(1, { kind: 'user_message', messageId: 'message-s', text: 'shown', author: ada })];
  const queued = queuedMessages(new Map(messages.map((message) => [message.id, message])), items);
  expect(queued.map((message) => message.id)).toEqual(['message-b', 'message-c', 'message-f']);
});
