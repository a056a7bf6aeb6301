import { describe, expect, test } from 'vitest';
import { message } from '../../test/samples.ts';
import { ApiError } from '../api-error.ts';
import { OutgoingMessages } from './outgoing-messages.ts';

const at = { organizationId: '42', taskId: 'pr_7_1', sessionId: 'session_00000001' };
const lost = new ApiError({ code: 'unreachable', message: 'No answer.', status: 0 });

function sender(answers: readonly (ApiError | 'ok')[]) {
  const sentIds: string[] = [];
  const outgoing = new OutgoingMessages(
    {
      sendMessage: (_at, body) => {
        const answer = answers[sentIds.length] ?? 'ok';
        sentIds.push(body.messageId);
        return answer === 'ok'
          ? Promise.resolve({ message: message(body.messageId) })
          : Promise.reject(answer);
      },
    },
    () => 0,
  );
  return { outgoing, sentIds };
}

describe('outgoing messages', () => {
  test('is listed at once and accepted later', async () => {
    const { outgoing } = sender([]);
    const sending = outgoing.send(at, 'hello');
    expect(outgoing.of(at).map((entry) => entry.state)).toEqual(['sending']);
    await sending;
    expect(outgoing.of(at).map((entry) => entry.state)).toEqual(['accepted']);
  });

  test('a lost answer is repeated under the same id', async () => {
    const { outgoing, sentIds } = sender([lost, lost]);
    await outgoing.send(at, 'hello');
    expect(sentIds).toHaveLength(3);
    expect(new Set(sentIds).size).toBe(1);
    expect(outgoing.of(at)[0]?.state).toBe('accepted');
  });

  test('after the last attempt it stays unconfirmed and can be repeated by hand', async () => {
    const { outgoing, sentIds } = sender([lost, lost, lost, lost]);
    const messageId = await outgoing.send(at, 'hello');
    expect(outgoing.of(at)[0]).toMatchObject({ state: 'unconfirmed', error: lost });
    await outgoing.retry(at, messageId);
    expect(outgoing.of(at)[0]?.state).toBe('accepted');
    expect(new Set(sentIds).size).toBe(1);
  });

  test('a refusal is not repeated', async () => {
    const refusal = new ApiError({ code: 'too_long', message: 'Too long.', status: 400 });
    const { outgoing, sentIds } = sender([refusal]);
    const messageId = await outgoing.send(at, 'hello');
    expect(sentIds).toHaveLength(1);
    expect(outgoing.of(at)[0]).toMatchObject({ state: 'refused', error: refusal });
    outgoing.forget(at, [messageId]);
    expect(outgoing.of(at)).toEqual([]);
  });
});
