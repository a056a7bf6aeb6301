import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pullRequestTaskId } from '@foundry/shared/ids';
import type { TranscriptItemBody } from '@foundry/shared/transcript';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { findProcessesByEnvironment } from '../../../sandbox/providers/local-process.ts';
import { auditLogAddress, organizationAddress, sessionStatusSyncAddress } from '../../addresses.ts';
import { people, startActorsHere, startWorkspace, until, type Workspace } from './harness.ts';

let workspace: Workspace;
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

beforeAll(async () => {
  workspace = await startWorkspace(startActorsHere);
});
afterAll(async () => {
  await workspace.stop();
});

async function ready(taskId: string) {
  return await until('the workspace to be ready', async () => {
    const { task } = await workspace.taskSnapshot(taskId);
    if (task.status.state === 'failed') {
      throw new Error(JSON.stringify(task.status));
    }
    return task.status.state === 'ready' ? task : null;
  });
}

async function bodies(sessionId: string): Promise<TranscriptItemBody[]> {
  const { items } = await workspace.sessionSnapshot(sessionId);
  expect(items.map(({ sequence }) => sequence)).toEqual(items.map((_, index) => index + 1));
  return items.map(({ body }) => body);
}

async function auditActions(): Promise<string[]> {
  const entries = z
    .array(z.object({ action: z.string() }))
    .parse(
      await workspace.connections.call(auditLogAddress(workspace.organizationId), 'page', [
        { before: null, limit: 200 },
      ]),
    );
  return entries.map(({ action }) => action);
}

/** One task for the tests that need no workspace of their own; they run in order. */
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

    const transcript = await bodies(sessionId);
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
    await workspace.send(workspace.session(sessionId), 'session.command.withdrawMessage', {
      messageId: withdrawn,
    });
    const late = await workspace.send(workspace.session(sessionId), 'session.command.editMessage', {
      messageId: first,
      text: 'too late',
    });
    expect(late).toMatchObject({ status: 'failed', failure: { code: 'message_not_waiting' } });

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
    expect((await bodies(other)).some((body) => body.kind === 'agent_text')).toBe(true);
  });

  test('stop ends the running turn and leaves the queue alone', async () => {
    const { sessionId } = shared;
    const long = await workspace.say(sessionId, 'slow 60');
    const next = await workspace.say(sessionId, 'list files');
    await workspace.receipt(sessionId, long, 'working');
    await workspace.send(workspace.session(sessionId), 'session.command.stop', {});
    await workspace.receipt(sessionId, long, 'cancelled');
    await workspace.receipt(sessionId, next, 'done');
    const nothing = await workspace.send(workspace.session(sessionId), 'session.command.stop', {});
    expect(nothing).toMatchObject({ status: 'failed', failure: { code: 'nothing_to_stop' } });
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
    const ends = (await bodies(sessionId)).filter(({ kind }) => kind === 'turn_end');
    expect(ends).toEqual(ends.map(() => ({ kind: 'turn_end', stopReason: 'end_turn', error: null })));
    expect(ends).toHaveLength(6);
  });

  test('a permission request waits for one answer, and the turn goes on with it', async () => {
    const { taskId, sessionId } = shared;
    const messageId = await workspace.say(sessionId, 'ask before running node --version');
    const request = await until('the permission request', async () => {
      const transcript = await bodies(sessionId);
      return transcript.find((body) => body.kind === 'permission_request' && body.answer === null) ?? null;
    });
    if (request.kind !== 'permission_request') {
      throw new Error('not a permission request');
    }
    await until('the task to say so', async () => {
      const { task, sessions } = await workspace.taskSnapshot(taskId);
      const isSaid =
        task.activity === 'waiting_for_permission' &&
        sessions.some(({ status }) => status === 'waiting_for_permission');
      return isSaid ? true : null;
    });
    const { requestId } = request;
    const session = workspace.session(sessionId);
    const wrong = await workspace.send(session, 'session.command.answerPermission', {
      requestId,
      optionId: 'perhaps',
    });
    expect(wrong).toMatchObject({ failure: { code: 'option_not_found' } });
    const answer = { requestId, optionId: 'allow' };
    await workspace.send(session, 'session.command.answerPermission', answer, people.grace);
    const again = await workspace.send(session, 'session.command.answerPermission', answer);
    expect(again).toMatchObject({ status: 'failed' });
    await workspace.receipt(sessionId, messageId, 'done');
    expect(await bodies(sessionId)).toContainEqual(
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
    const { task } = await workspace.taskSnapshot(taskId);
    const folder = join(workspace.dataDir, 'sandboxes', task.sandbox?.id ?? '');
    // The demo agents of the task's sessions: children of the sandbox's server.
    const pids = await findProcessesByEnvironment(`FOUNDRY_LOCAL_SANDBOX=${folder}`);
    for (const pid of pids) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
      if (command.includes('demo-agent')) {
        process.kill(pid, 'SIGKILL');
      }
    }
    const failed = await workspace.receipt(sessionId, messageId, 'failed');
    expect(failed.failure?.message).toMatch(/agent's process/);
    await workspace.send(workspace.session(sessionId), 'session.command.retryMessage', { messageId });
    await workspace.receipt(sessionId, messageId, 'done');
    const said = (await bodies(sessionId)).map((body) => (body.kind === 'agent_text' ? body.text : ''));
    expect(said.join('')).toMatch(/20/);
  });

  test('[R17] the last person to send a message owns the task: name and token in the sandbox are theirs', async () => {
    const { taskId, sessionId } = shared;
    const messageId = await workspace.say(sessionId, 'append "By Grace" to README.md', people.grace);
    await workspace.receipt(sessionId, messageId, 'done');
    expect(await workspace.gitInSandbox(taskId, 'log', '-1', '--format=%an %ae')).toBe(
      'grace 20002+grace@users.noreply.github.com',
    );
    const { task } = await workspace.taskSnapshot(taskId);
    expect(task.owner?.login).toBe('grace');
    const { identity } = await workspace.provider.inspect(task.sandbox?.id ?? '');
    const tokenFile = join(identity?.homePath ?? '', '.git-token');
    const content = await readFile(tokenFile, 'utf8');
    expect(content).toContain(workspace.tokens['grace']);
    expect(content).not.toContain(workspace.tokens['ada']);
    expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);

    await workspace.send(workspace.task(taskId), 'task.command.setOwner', { person: people.ada });
    await until('the token to be gone', async () => (existsSync(tokenFile) ? null : true));
    expect((await workspace.taskSnapshot(taskId)).task.owner?.login).toBe('ada');
  });

  test('publishing commits, pushes and opens the pull request as the owner; again, it updates it', async () => {
    const { taskId, sessionId } = shared;
    const messageId = await workspace.say(
      sessionId,
      'create notes/loose.md with "not committed" without committing',
    );
    await workspace.receipt(sessionId, messageId, 'done');
    const publish = { title: 'Notes of the agent', body: 'Two notes' };
    await workspace.send(workspace.task(taskId), 'task.command.publish', publish);
    const done = await until('the publish', async () => {
      const { task } = await workspace.taskSnapshot(taskId);
      if (task.publish.state === 'failed') {
        throw new Error(JSON.stringify(task.publish));
      }
      return task.publish.state === 'done' ? task : null;
    });
    const pulls = await workspace.double.asOwner('ada').pulls.list({
      owner: 'acme',
      repo: 'storefront',
      head: `acme:${done.branch}`,
    });
    expect(pulls.data).toHaveLength(1);
    expect(pulls.data[0]).toMatchObject({
      title: 'Notes of the agent',
      user: { login: 'ada' },
      head: { sha: await workspace.gitInSandbox(taskId, 'rev-parse', 'HEAD') },
    });
    expect(await workspace.gitInSandbox(taskId, 'status', '--porcelain')).toBe('');

    const more = await workspace.say(sessionId, 'append "more" to notes/hello.md');
    await workspace.receipt(sessionId, more, 'done');
    await workspace.send(workspace.task(taskId), 'task.command.publish', {});
    await until('the second publish', async () => {
      const { task } = await workspace.taskSnapshot(taskId);
      const head = await workspace.gitInSandbox(taskId, 'rev-parse', 'HEAD');
      return task.publish.state === 'done' && task.publish.headSha === head ? task : null;
    });
    const again = await workspace.double.asOwner('ada').pulls.get({
      owner: 'acme',
      repo: 'storefront',
      pull_number: pulls.data[0]?.number ?? 0,
    });
    expect(again.data).toMatchObject({ title: 'Notes of the agent', body: 'Two notes' });
    expect(again.data.head.sha).toBe(await workspace.gitInSandbox(taskId, 'rev-parse', 'HEAD'));
  });

  test('a push from outside is taken over, or said when it cannot be', async () => {
    const { taskId, sessionId } = shared;
    const { task } = await workspace.taskSnapshot(taskId);
    const push = async (path: string): Promise<string> => {
      const made = await workspace.double.control('POST', '/repos/acme/storefront/commits', {
        branch: task.branch,
        message: `Outside ${path}`,
        authorLogin: 'grace',
        path,
        content: 'from outside\n',
      });
      return z.object({ sha: z.string() }).parse(made).sha;
    };
    const announce = async (headSha: string): Promise<void> => {
      await workspace.send(
        organizationAddress(workspace.organizationId),
        'organization.command.branchPushed',
        { repositoryId: '40001', branch: task.branch, headSha, pusherLogin: 'grace' },
      );
    };
    const pushed = await push('outside.md');
    await announce(pushed);
    await until('the checkout to have it', async () => {
      const snapshot = await workspace.taskSnapshot(taskId);
      return snapshot.task.changes.headSha === pushed ? true : null;
    });

    const local = await workspace.say(sessionId, 'append "local" to README.md');
    await workspace.receipt(sessionId, local, 'done');
    await announce(await push('outside-again.md'));
    const warned = await until('the warning', async () => {
      const snapshot = await workspace.taskSnapshot(taskId);
      return snapshot.task.changes.warning ?? null;
    });
    expect(warned).toMatch(/have to be merged/);
    await workspace.send(workspace.task(taskId), 'task.command.publish', {});
    const refused = await until('the publish to be refused', async () => {
      const snapshot = await workspace.taskSnapshot(taskId);
      return snapshot.task.publish.state === 'failed' ? snapshot.task.publish.failure : null;
    });
    expect(refused.code).toBe('branch_diverged');
  });

  test('a sandbox that stopped or vanished is noticed and replaced; the conversation goes on', async () => {
    const { taskId, sessionId } = shared;
    const before = (await workspace.taskSnapshot(taskId)).task.sandbox?.id ?? '';
    const running = await workspace.say(sessionId, 'slow 60');
    await workspace.receipt(sessionId, running, 'working');
    await workspace.provider.stop(before);
    const failed = await workspace.receipt(sessionId, running, 'failed');
    expect(failed.failure?.message).toMatch(/sandbox|agent/i);
    const afterStop = await workspace.say(sessionId, 'list files');
    await workspace.receipt(sessionId, afterStop, 'done');
    expect((await workspace.taskSnapshot(taskId)).task.sandbox?.id).toBe(before);
    // The files are read once after each turn: that reading must not be the one that meets a half-removed sandbox.
    const { finishedAtMs } = await workspace.receipt(sessionId, afterStop, 'done');
    await until('the changes after that turn', async () => {
      const { task } = await workspace.taskSnapshot(taskId);
      return task.changes.readAtMs !== null && task.changes.readAtMs >= Number(finishedAtMs) ? true : null;
    });

    await workspace.provider.destroy(before);
    await workspace.send(workspace.task(taskId), 'task.command.refresh', {});
    await until('the loss to be noticed', async () => {
      const { task } = await workspace.taskSnapshot(taskId);
      if (task.status.state !== 'dormant' || task.sandbox?.state !== 'lost') {
        throw new Error(JSON.stringify(task));
      }
      return true;
    });
    const items = (await bodies(sessionId)).length;
    const afterLoss = await workspace.say(sessionId, 'list files');
    await workspace.receipt(sessionId, afterLoss, 'done');
    const { task } = await workspace.taskSnapshot(taskId);
    expect(task.sandbox?.id).not.toBe(before);
    expect((await bodies(sessionId)).length).toBeGreaterThan(items);
  });
});

describe('a workspace that cannot be made', () => {
  test('fails with the words of git or of whoever refused, and works when tried again', async () => {
    await workspace.knowRepository('49999', 'nowhere');
    const { taskId, sessionId, firstMessageId } = await workspace.createTask({
      repositoryId: '49999',
      prompt: 'list files',
    });
    const failedWith = async (pattern: RegExp) =>
      await until(`a failure with ${String(pattern)}`, async () => {
        const { task } = await workspace.taskSnapshot(taskId);
        return task.status.state === 'failed' && pattern.test(task.status.failure.message)
          ? task.status
          : null;
      });
    expect(await failedWith(/not found|could not be cloned/i)).toMatchObject({ phase: 'cloning' });
    expect(await workspace.sessionSnapshot(sessionId)).toMatchObject({
      session: { status: 'waiting' },
      messages: [{ state: 'accepted' }],
    });

    const token = workspace.tokens['ada'] ?? '';
    delete workspace.tokens['ada'];
    await workspace.send(workspace.task(taskId), 'task.command.provision', { person: people.ada });
    await failedWith(/sign in again/);
    workspace.tokens['ada'] = token;

    await workspace.double.control('POST', '/repos', {
      owner: 'acme',
      name: 'nowhere',
      files: { 'README.md': 'Here now\n' },
    });
    await workspace.send(workspace.task(taskId), 'task.command.provision', { person: people.ada });
    await ready(taskId);
    await workspace.receipt(sessionId, firstMessageId, 'done');
    expect(await auditActions()).toEqual(
      expect.arrayContaining(['workspace.failed', 'workspace.ready', 'message.sent', 'turn.ended']),
    );
  });
});

describe('a pull request as a task', () => {
  test('[R7] is opened from the index, provisioned by the first message, and merged at GitHub', async () => {
    const taskId = pullRequestTaskId('40001', 3);
    const unknown = await workspace.send(
      workspace.task(pullRequestTaskId('40001', 999)),
      'task.command.open',
      {},
    );
    expect(unknown).toMatchObject({ status: 'failed', failure: { code: 'task_not_found' } });
    await workspace.send(workspace.task(taskId), 'task.command.open', {});
    await workspace.send(workspace.task(taskId), 'task.command.open', {});
    const { task } = await workspace.taskSnapshot(taskId);
    expect(task).toMatchObject({ status: { state: 'dormant' }, source: 'pull_request', sandbox: null });
    expect(await workspace.send(workspace.task(taskId), 'task.command.publish', {})).toMatchObject({
      failure: { code: 'workspace_not_ready' },
    });

    const sessionId = `session_${randomUUID()}`;
    await workspace.send(workspace.task(taskId), 'task.command.createSession', { sessionId });
    const messageId = await workspace.say(sessionId, 'list files', people.grace);
    await workspace.receipt(sessionId, messageId, 'done');
    expect(await workspace.gitInSandbox(taskId, 'rev-parse', '--abbrev-ref', 'HEAD')).toBe(task.branch);
    expect(await workspace.gitInSandbox(taskId, 'rev-parse', 'HEAD')).toBe(task.pullRequest?.headSha);

    const pullRequest = task.pullRequest;
    if (pullRequest === null) {
      throw new Error('no pull request');
    }
    await workspace.send(workspace.task(taskId), 'task.command.pullRequestChanged', {
      pullRequest: { ...pullRequest, state: 'merged' },
    });
    const merged = await workspace.taskSnapshot(taskId);
    expect(merged.task.status).toEqual({ state: 'merged' });
    const tooLate = await workspace.say(sessionId, 'list files');
    const refused = await workspace.receipt(sessionId, tooLate, 'failed');
    expect(refused.failure?.code).toBe('task_merged');
    await until('the sandbox to rest', async () => {
      const { state } = await workspace.provider.inspect(merged.task.sandbox?.id ?? '');
      return state === 'stopped' ? true : null;
    });
  });
});
