import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { killAgents } from './agents.ts';
import { people, startActorsHere, startWorkspace, type Workspace } from './harness.ts';
import { openQuestion, transcriptBodies } from './transcript.ts';

let workspace: Workspace;
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
beforeAll(async () => {
  workspace = await startWorkspace(startActorsHere);
});
afterAll(async () => {
  await workspace.stop();
});

test('an "Allow" from a page that slept does not allow what another agent process asks under the same id', async () => {
  const { taskId, sessionId, firstMessageId } = await workspace.createTask({
    prompt: 'ask before running node --version',
  });
  const old = await openQuestion(workspace, sessionId, firstMessageId);
  await killAgents(workspace, taskId);
  await workspace.receipt(sessionId, firstMessageId, 'failed');
  const secondMessageId = await workspace.say(sessionId, 'ask before running git push --force');
  const current = await openQuestion(workspace, sessionId, secondMessageId);
  // Both processes count from the same number: this is what made one answer fit the other question.
  expect(current.requestId).toBe(old.requestId);

  const session = workspace.session(sessionId);
  const answer = async (messageId: string, sequence: number) =>
    await workspace.send(
      session,
      'session.command.answerPermission',
      { messageId, sequence, optionId: 'allow' },
      people.grace,
    );
  const stale = await answer(firstMessageId, old.sequence);
  expect(stale).toMatchObject({ status: 'failed', failure: { code: 'permission_over' } });
  for (const [messageId, sequence] of [
    [firstMessageId, current.sequence],
    [secondMessageId, old.sequence],
    [secondMessageId, 1],
  ] as const) {
    expect(await answer(messageId, sequence)).toMatchObject({
      status: 'failed',
      failure: { code: 'permission_not_found' },
    });
  }
  const open = (await transcriptBodies(workspace, sessionId)).find(
    (body) => body.kind === 'permission_request' && body.answer === null,
  );
  expect(open).toMatchObject({ requestId: current.requestId });

  // The same message again is another turn, and its question another one.
  await workspace.send(session, 'session.command.stop', { messageId: secondMessageId, attempt: 1 });
  await workspace.receipt(sessionId, secondMessageId, 'cancelled');
  await workspace.send(session, 'session.command.retryMessage', { messageId: firstMessageId });
  const again = await openQuestion(workspace, sessionId, firstMessageId);
  expect(await answer(firstMessageId, old.sequence)).toMatchObject({ failure: { code: 'permission_over' } });
  const staleStop = { messageId: firstMessageId, attempt: 1 };
  expect(await workspace.send(session, 'session.command.stop', staleStop)).toMatchObject({
    failure: { code: 'turn_over' },
  });
  expect(await answer(firstMessageId, again.sequence)).toMatchObject({ status: 'done' });
  await workspace.receipt(sessionId, firstMessageId, 'done');
});
