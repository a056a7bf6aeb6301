import { randomUUID } from 'node:crypto';
import { maxTextSizeBytes } from '@foundry/shared/requests';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { systemEnvelope } from '../../../command-loop/envelopes.ts';
import { people, startActorsHere, startWorkspace, type Workspace } from './harness.ts';

/* What people and agents may well send must not break a session for everybody. */

const transportLimitBytes = 1024 * 1024;
let workspace: Workspace;
let taskId: string;
let sessionId: string;
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
beforeAll(async () => {
  workspace = await startWorkspace(startActorsHere);
  const created = await workspace.createTask({ prompt: 'slow 600' });
  ({ taskId, sessionId } = created);
  await workspace.receipt(sessionId, created.firstMessageId, 'working');
});
afterAll(async () => {
  await workspace.stop();
});

const say = async (text: string) =>
  await workspace.send(workspace.session(sessionId), 'session.command.sendMessage', {
    messageId: `m-${randomUUID()}`,
    text,
    author: people.ada,
  });

const sizeOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

describe('a session', () => {
  test.each([
    ['Latin letters', 'a'.repeat(maxTextSizeBytes)],
    ['Chinese characters', '漢'.repeat(30_000)],
    ['quotes', '"'.repeat(49_000)],
    ['quotes up to the limit', '"'.repeat(maxTextSizeBytes)],
    ['control characters', '\u0001'.repeat(maxTextSizeBytes)],
    ['emoji', '🧪'.repeat(maxTextSizeBytes / 4)],
  ])('takes a message of as many %s as are allowed', async (_what, text) => {
    const outcome = await say(text);
    expect(outcome).toMatchObject({ status: 'done' });
  });

  test('refuses one more byte before anything is queued, with words', async () => {
    const sent = workspace.connections.sendAndWait(
      workspace.session(sessionId),
      'session.command.sendMessage',
      { messageId: `m-${randomUUID()}`, text: 'a'.repeat(maxTextSizeBytes + 1), author: people.ada },
      systemEnvelope(randomUUID(), null),
      5_000,
    );
    await expect(sent).rejects.toThrow(/at most 100 kB can be sent/);
  });

  test('stays readable however much waits in it: what is sent fits, and says what is only a beginning', async () => {
    for (let count = 0; count < 14; count += 1) await say(`${count} ${'x'.repeat(50_000)}`);
    const snapshot = await workspace.sessionSnapshot(sessionId);
    expect(sizeOf(snapshot)).toBeLessThan(transportLimitBytes);
    const waiting = snapshot.messages.filter(({ state }) => state === 'accepted');
    expect(waiting.length).toBeGreaterThanOrEqual(20);
    expect(waiting[0]?.cut).toBeUndefined();
    expect(waiting.at(-1)).toMatchObject({ cut: true, text: expect.stringMatching(/^13 x+…$/) });
    expect(sizeOf(await workspace.taskSnapshot(taskId))).toBeLessThan(transportLimitBytes);
  });
});
