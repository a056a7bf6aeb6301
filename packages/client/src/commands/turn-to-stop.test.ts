import type { Message } from '@foundry/shared/entities';
import { expect, test } from 'vitest';
import type { OutgoingMessage } from './outgoing-messages.ts';
import { turnToStop } from './turn-to-stop.ts';

const message = (id: string, state: Message['state'], position: number, attempt = 1): Message => ({
  id,
  sessionId: 'session_pr_1_2_00000000000000aa',
  text: id,
  author: { userId: 'user-ada', login: 'ada', avatarUrl: null },
  state,
  attempt,
  position,
  failure: null,
  acceptedAtMs: 1,
  deliveredAtMs: null,
  workingAtMs: null,
  finishedAtMs: null,
});
const travelling: OutgoingMessage = {
  messageId: 'message-9',
  text: 'on its way',
  sentAtMs: 1,
  state: 'sending',
  error: null,
};

test('the turn that runs is stopped, with the delivery that it is', () => {
  const messages = [
    message('message-1', 'done', 1),
    message('message-3', 'accepted', 3),
    message('message-2', 'working', 2, 4),
  ];
  expect(turnToStop(messages, [travelling])).toEqual({ messageId: 'message-2', attempt: 4 });
});

test('before it runs, the message that comes next is', () => {
  const messages = [message('message-3', 'accepted', 3), message('message-2', 'accepted', 2)];
  expect(turnToStop(messages, [])).toEqual({ messageId: 'message-2', attempt: 1 });
});

test('before the server has it, the message that is on its way is', () => {
  expect(turnToStop([message('message-1', 'done', 1)], [travelling])).toEqual({
    messageId: 'message-9',
    attempt: 1,
  });
});

test('with nothing going on there is nothing to stop', () => {
  expect(turnToStop([message('message-1', 'failed', 1)], [{ ...travelling, state: 'refused' }])).toBeNull();
});
