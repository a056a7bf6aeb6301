import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { organizationAddress, sessionStatusSyncAddress } from '../../addresses.ts';
import { killAgents } from './agents.ts';
import { people, startActorsHere, startWorkspace, until, type Workspace } from './harness.ts';
import { openQuestion, transcriptBodies } from './transcript.ts';

let workspace: Workspace;
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

beforeAll(async () => {
  workspace = await startWorkspace(startActorsHere);
});
afterAll(async () => {
  await workspace.stop();
});

/** The task of the first test: the others go on with it, in order. */
let shared: { taskId: string; sessionId: string };

describe('a task with its workspace', () => {
  test('[R11] [R12] is provisioned at once, works off its first message, and shows what changed', async () => {
    const { taskId, sessionId, firstMessageId } = await workspace.createTask({
      prompt: 'create notes/hello.md with "Hello from the agent"',
    });
    shared = { taskId, sessionId };
    const message = await workspace.receipt(sessionId, firstMessageId, 'done');
    const times = [message.acceptedAtMs, message.deliveredAtMs, message.workingAtMs, message.finishedAtMs];
    expect(times.map(Number)).toEqual(times.map(Number).toSorted((a, b) => a - b));

    const transcript = await transcriptBodies(workspace, sessionId);
    expect(transcript[0]).toMatchObject({ kind: 'user_message', messageId: firstMessageId });
    expect(transcript.at(-1)).toEqual({ kind: 'turn_end', stopReason: 'end_turn', error: null });
    const edit = transcript.find((body) => body.kind === 'tool_call' && body.toolCall.kind === 'edit');
    expect(edit).toMatchObject({
      toolCall: {
        status: 'completed',
        content: [{ type: 'diff', oldText: null, newText: 'Hello from the agent\n' }],
      },
    });

    const task = await until('the changes', async () => {
      const snapshot = await workspace.taskSnapshot(taskId);
      return snapshot.task.changes.files.length > 0 ? snapshot.task : null;
    });
    expect(task.changes).toMatchObject({
      headSha: await workspace.gitInSandbox(taskId, 'rev-parse', 'HEAD'),
      unpushedCommits: 1,
      uncommittedFiles: 0,
      files: [{ path: 'notes/hello.md', status: 'added', additions: 1 }],
    });
    const diff = z
      .object({ diff: z.string() })
      .parse(await workspace.connections.call(workspace.task(taskId), 'diff', [{ path: null }]));
    expect(diff.diff.trim()).toBe(await workspace.gitInSandbox(taskId, 'diff', 'origin/main...HEAD'));
    await workspace.gitInSandbox(taskId, 'mv', 'notes/hello.md', 'notes/hello-all.md');
    await workspace.gitInSandbox(taskId, 'mv', 'README.md', 'READ-ME.md');
    await workspace.send(workspace.task(taskId), 'task.command.refresh', {});
    await until('the renamed file', async () => {
      const { changes } = (await workspace.taskSnapshot(taskId)).task;
      return changes.files.find(({ oldPath }) => oldPath === 'README.md') ?? null;
    });
    const renamed = z
      .object({ diff: z.string() })
      .parse(await workspace.connections.call(workspace.task(taskId), 'diff', [{ path: 'READ-ME.md' }]));
    expect(renamed.diff).toContain('rename from README.md');
    await workspace.gitInSandbox(taskId, 'reset', '--hard');
    expect(await workspace.gitInSandbox(taskId, 'log', '-1', '--format=%ae')).toBe(
      '20001+ada@users.noreply.github.com',
    );
    const { session } = await workspace.sessionSnapshot(sessionId);
    expect(session.models.map(({ id }) => id)).toEqual(['demo-careful', 'demo-quick']);
    expect(task).toMatchObject({ activity: 'idle', primaryUserLogin: 'ada', owner: { login: 'ada' } });
  });

  test('[R12] messages queue, may be changed while they wait, and two sessions take turns', async () => {
    const { taskId, sessionId } = shared;
    const other = `session_${randomUUID()}`;
    const created = await workspace.send(workspace.task(taskId), 'task.command.createSession', {
      sessionId: other,
    });
    expect(created).toMatchObject({ status: 'done', result: { id: other, title: 'Session 2' } });
    const first = await workspace.say(sessionId, 'count to 8');
    const second = await workspace.say(sessionId, 'read nothing');
    const withdrawn = await workspace.say(sessionId, 'crash');
    const elsewhere = await workspace.say(other, 'count to 3');
    await workspace.receipt(sessionId, first, 'working');
    expect(await workspace.sessionSnapshot(other)).toMatchObject({
      session: { status: 'waiting' },
      messages: [{ state: 'accepted' }],
    });
    const edited = await workspace.send(workspace.session(sessionId), 'session.command.editMessage', {
      messageId: second,
      text: 'list files',
    });
    expect(edited).toMatchObject({ status: 'done', result: { text: 'list files' } });
    // A message is carried out in its author's name: nobody else changes it, takes it back or sends it again.
    for (const [name, body] of [
      ['session.command.editMessage', { messageId: second, text: 'rm -rf .' }],
      ['session.command.withdrawMessage', { messageId: second }],
      ['session.command.retryMessage', { messageId: second }],
    ] as const) {
      const refused = await workspace.send(workspace.session(sessionId), name, body, people.grace);
      expect(refused).toMatchObject({ status: 'failed', failure: { code: 'not_author' } });
    }
    await workspace.send(workspace.session(sessionId), 'session.command.withdrawMessage', {
      messageId: withdrawn,
    });
    const late = await workspace.send(workspace.session(sessionId), 'session.command.editMessage', {
      messageId: first,
      text: 'too late',
    });
    expect(late).toMatchObject({ status: 'failed', failure: { code: 'message_not_waiting' } });
    await until('both to be in the audit log', async () => {
      const told = (await workspace.auditSummaries(taskId)).filter((summary) => summary.startsWith('ada '));
      return told.some((summary) => summary.includes('changed a waiting message')) &&
        told.some((summary) => summary.includes('withdrew a message'))
        ? told
        : null;
    });

    const receipts = [
      await workspace.receipt(sessionId, first, 'done'),
      await workspace.receipt(other, elsewhere, 'done'),
      await workspace.receipt(sessionId, second, 'done'),
    ];
    // One at a time: each was delivered after the one before it had finished; asked first, served first.
    for (const [before, after] of [receipts.slice(0, 2), receipts.slice(1)]) {
      expect(Number(after?.deliveredAtMs)).toBeGreaterThanOrEqual(Number(before?.finishedAtMs));
    }
    const { messages } = await workspace.sessionSnapshot(sessionId);
    expect(messages.find(({ id }) => id === withdrawn)).toMatchObject({
      state: 'cancelled',
      deliveredAtMs: null,
    });
    expect((await transcriptBodies(workspace, other)).some((body) => body.kind === 'agent_text')).toBe(true);
  });

  test('stop ends the running turn and leaves the queue alone', async () => {
    const { sessionId } = shared;
    const long = await workspace.say(sessionId, 'slow 60');
    const next = await workspace.say(sessionId, 'list files');
    await workspace.receipt(sessionId, long, 'working');
    const seen = { messageId: long, attempt: 1 };
    await workspace.send(workspace.session(sessionId), 'session.command.stop', seen);
    await workspace.receipt(sessionId, long, 'cancelled');
    await workspace.receipt(sessionId, next, 'done');
    const late = await workspace.send(workspace.session(sessionId), 'session.command.stop', seen);
    expect(late).toMatchObject({ status: 'failed', failure: { code: 'turn_over' } });
  });

  test('a stop that comes too late, or twice, does not end the turn after the one that was seen', async () => {
    const { sessionId } = shared;
    const session = workspace.session(sessionId);
    const first = await workspace.say(sessionId, 'slow 60');
    const second = await workspace.say(sessionId, 'ask before running node --version');
    await workspace.receipt(sessionId, first, 'working');
    const seen = { messageId: first, attempt: 1 };
    await workspace.send(session, 'session.command.stop', seen);
    await workspace.receipt(sessionId, second, 'working');
    const late = await workspace.send(session, 'session.command.stop', seen, people.grace);
    expect(late).toMatchObject({ status: 'failed', failure: { code: 'turn_over' } });
    const { session: state, messages } = await workspace.sessionSnapshot(sessionId);
    expect(state.status).not.toBe('stopping');
    expect(messages.find(({ id }) => id === second)?.state).toBe('working');
    await workspace.send(session, 'session.command.stop', { messageId: second, attempt: 1 });
    await workspace.receipt(sessionId, second, 'cancelled');
  });

  test('a stop in the instant of its message is not lost, even when it overtakes it', async () => {
    const { sessionId } = shared;
    const session = workspace.session(sessionId);
    const messageId = randomUUID();
    const stopped = workspace.send(session, 'session.command.stop', { messageId, attempt: 1 });
    const sent = workspace.send(session, 'session.command.sendMessage', {
      messageId,
      text: 'slow 60',
      author: people.ada,
    });
    expect([(await sent).status, (await stopped).status]).toEqual(['done', 'done']);
    await workspace.receipt(sessionId, messageId, 'cancelled');
  });

  test('turns that the alarm takes up, before anybody else does, are heard to their end', async () => {
    const sessionId = `session_${randomUUID()}`;
    await workspace.send(workspace.task(shared.taskId), 'task.command.createSession', { sessionId });
    const statusSync = sessionStatusSyncAddress(workspace.organizationId, sessionId);
    const end = new AbortController();
    const alarms = (async () => {
      while (!end.signal.aborted) {
        await workspace.call(statusSync, 'resume');
      }
    })();
    try {
      for (let turn = 1; turn <= 6; turn += 1) {
        await workspace.receipt(sessionId, await workspace.say(sessionId, 'count to 2'), 'done');
      }
    } finally {
      end.abort();
      await alarms;
    }
    const ends = (await transcriptBodies(workspace, sessionId)).filter(({ kind }) => kind === 'turn_end');
    expect(ends).toEqual(ends.map(() => ({ kind: 'turn_end', stopReason: 'end_turn', error: null })));
    expect(ends).toHaveLength(6);
  });

  test('who may no longer write to the repository has their turn stopped and their waiting messages refused', async () => {
    const { taskId, sessionId } = await workspace.createTask({ prompt: 'list files', person: people.grace });
    const first = await workspace.say(sessionId, 'slow 120', people.grace);
    await workspace.receipt(sessionId, first, 'working');
    const waiting = await workspace.say(sessionId, 'list files', people.grace);
    await workspace.send(
      organizationAddress(workspace.organizationId),
      'organization.command.personLostAccess',
      { userId: people.grace.userId, login: people.grace.login, repositoryIds: ['40001'] },
    );
    await workspace.receipt(sessionId, first, 'cancelled');
    const refused = await workspace.receipt(sessionId, waiting, 'failed');
    expect(refused.failure?.message).toContain('GitHub no longer lets grace write to acme/');
    const bodies = await transcriptBodies(workspace, sessionId);
    expect(bodies).toContainEqual(
      expect.objectContaining({ kind: 'notice', text: expect.stringContaining('The turn was stopped.') }),
    );
    await until('the audit log to say so', async () => {
      const told = await workspace.auditSummaries(taskId);
      return told.some((summary) => summary.includes('was ended')) ? told : null;
    });
  });

  test('a permission request waits for one answer, and the turn goes on with it', async () => {
    const { taskId, sessionId } = shared;
    const messageId = await workspace.say(sessionId, 'ask before running node --version');
    const { sequence } = await openQuestion(workspace, sessionId, messageId);
    await until('the task to say so', async () => {
      const { task, sessions } = await workspace.taskSnapshot(taskId);
      const isSaid =
        task.activity === 'waiting_for_permission' &&
        sessions.some(({ status }) => status === 'waiting_for_permission');
      return isSaid ? true : null;
    });
    const session = workspace.session(sessionId);
    const wrong = await workspace.send(session, 'session.command.answerPermission', {
      messageId,
      sequence,
      optionId: 'perhaps',
    });
    expect(wrong).toMatchObject({ failure: { code: 'option_not_found' } });
    const answer = { messageId, sequence, optionId: 'allow' };
    await workspace.send(session, 'session.command.answerPermission', answer, people.grace);
    const again = await workspace.send(session, 'session.command.answerPermission', answer);
    expect(again).toMatchObject({ status: 'failed' });
    await workspace.receipt(sessionId, messageId, 'done');
    expect(await transcriptBodies(workspace, sessionId)).toContainEqual(
      expect.objectContaining({
        kind: 'permission_request',
        answer: expect.objectContaining({ optionId: 'allow', by: 'grace' }),
      }),
    );
  });

  test('an agent that dies fails its turn with words; tried again, a new agent takes the message', async () => {
    const { taskId, sessionId } = shared;
    const messageId = await workspace.say(sessionId, 'count to 20');
    await workspace.receipt(sessionId, messageId, 'working');
    await killAgents(workspace, taskId);
    const failed = await workspace.receipt(sessionId, messageId, 'failed');
    expect(failed.failure?.message).toMatch(/agent's process/);
    await workspace.send(workspace.session(sessionId), 'session.command.retryMessage', { messageId });
    await workspace.receipt(sessionId, messageId, 'done');
    const said = (await transcriptBodies(workspace, sessionId)).map((body) =>
      body.kind === 'agent_text' ? body.text : '',
    );
    expect(said.join('')).toMatch(/20/);
  });
});
