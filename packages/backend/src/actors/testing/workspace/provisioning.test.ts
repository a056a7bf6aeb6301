import { randomUUID } from 'node:crypto';
import { pullRequestTaskId } from '@foundry/shared/ids';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { auditLogAddress, organizationAddress } from '../../addresses.ts';
import { indexedTaskSchema } from '../../organization/commands.ts';
import { people, startActorsHere, startWorkspace, until, type Workspace } from './harness.ts';
import { transcriptBodies } from './transcript.ts';

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

describe('a sandbox that is lost', () => {
  test('a sandbox that stopped or vanished is noticed and replaced; the conversation goes on', async () => {
    const { taskId, sessionId, firstMessageId } = await workspace.createTask({ prompt: 'list files' });
    await workspace.receipt(sessionId, firstMessageId, 'done');
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
    const items = (await transcriptBodies(workspace, sessionId)).length;
    const afterLoss = await workspace.say(sessionId, 'list files');
    await workspace.receipt(sessionId, afterLoss, 'done');
    const { task } = await workspace.taskSnapshot(taskId);
    expect(task.sandbox?.id).not.toBe(before);
    expect((await transcriptBodies(workspace, sessionId)).length).toBeGreaterThan(items);
  });
});

describe('a workspace that cannot be made', () => {
  test('fails with the words of git or of whoever refused, and works when tried again', async () => {
    const made = await workspace.double.control('POST', '/repos', {
      owner: 'acme',
      name: 'nowhere',
      files: { 'README.md': 'Here all the time\n' },
    });
    const repositoryId = String(z.object({ id: z.number() }).parse(made).id);
    await workspace.knowRepository(repositoryId, 'nowhere');
    await workspace.double.control('POST', '/faults', {
      kind: 'status',
      status: 404,
      message: 'Not Found',
      times: null,
      match: { path: `/api/v3/repositories/${repositoryId}` },
    });
    const { taskId, sessionId, firstMessageId } = await workspace.createTask({
      repositoryId,
      prompt: 'list files',
    });
    const failedWith = async (pattern: RegExp) =>
      await until(`a failure with ${String(pattern)}`, async () => {
        const { task } = await workspace.taskSnapshot(taskId);
        return task.status.state === 'failed' && pattern.test(task.status.failure.message)
          ? task.status
          : null;
      });
    expect(await failedWith(/does not show this repository to ada/)).toMatchObject({ phase: 'cloning' });
    expect(await workspace.sessionSnapshot(sessionId)).toMatchObject({
      session: { status: 'waiting' },
      messages: [{ state: 'accepted' }],
    });

    const token = workspace.tokens['ada'] ?? '';
    delete workspace.tokens['ada'];
    await workspace.send(workspace.task(taskId), 'task.command.provision', { person: people.ada });
    await failedWith(/ada has to sign in with GitHub again/);
    workspace.tokens['ada'] = token;

    await workspace.double.control('DELETE', '/faults');
    await workspace.send(workspace.task(taskId), 'task.command.provision', { person: people.ada });
    await ready(taskId);
    await workspace.receipt(sessionId, firstMessageId, 'done');
    await workspace.receipt(sessionId, await workspace.say(sessionId, 'list files'), 'done');
    await vi.waitFor(
      async () =>
        expect(await auditActions()).toEqual(
          expect.arrayContaining(['workspace.failed', 'workspace.ready', 'message.sent', 'turn.ended']),
        ),
      { timeout: 10_000 },
    );
  });
});

/** The task as the organization's list has it. */
async function listed(taskId: string) {
  return indexedTaskSchema.parse(
    await workspace.connections.call(organizationAddress(workspace.organizationId), 'getTaskIndexEntry', [
      { taskId },
    ]),
  );
}

describe('a pull request as a task', () => {
  test('keeps its place in the list when somebody opens it: looking is not activity', async () => {
    const taskId = pullRequestTaskId('40001', 3);
    const before = await listed(taskId);
    expect(before.opened).toBe(false);
    await workspace.send(workspace.task(taskId), 'task.command.open', {});
    await until('the index to know of it', async () => ((await listed(taskId)).opened ? true : null));
    expect((await listed(taskId)).task.updatedAtMs).toBe(before.task.updatedAtMs);
  });

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
    await until('work on it to move it to the top', async () =>
      (await listed(taskId)).task.updatedAtMs > task.updatedAtMs ? true : null,
    );
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
