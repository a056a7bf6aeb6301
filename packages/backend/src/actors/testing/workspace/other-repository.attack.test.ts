import { organizationSnapshotSchema } from '@foundry/shared/topics';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { organizationAddress } from '../../addresses.ts';
import { startActorsHere, startWorkspace, until, type Workspace } from './harness.ts';

/* A name at GitHub means another repository once the first one was renamed: private work must never land there. */

let workspace: Workspace;
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
beforeAll(async () => {
  workspace = await startWorkspace(startActorsHere);
});
afterAll(async () => {
  await workspace.stop();
});

async function publishOf(taskId: string) {
  await workspace.send(workspace.task(taskId), 'task.command.publish', {});
  return await until('the publish to end', async () => {
    const { task } = await workspace.taskSnapshot(taskId);
    return task.publish.state === 'done' || task.publish.state === 'failed' ? task.publish : null;
  });
}

async function branchesOf(repo: string): Promise<string[]> {
  const { data } = await workspace.double.asOwner('ada').repos.listBranches({ owner: 'acme', repo });
  return data.map(({ name }) => name);
}

async function runtimeIssues() {
  const { runtimeIssues: issues } = organizationSnapshotSchema.parse(
    await workspace.connections.call(organizationAddress(workspace.organizationId), 'snapshot', []),
  );
  return issues.map(({ message }) => message);
}

test('after a rename the work goes to the renamed repository, and nothing to a new one of the old name', async () => {
  const { taskId, sessionId, firstMessageId } = await workspace.createTask({
    prompt: 'create notes/secret.md with "For our eyes only"',
  });
  await workspace.receipt(sessionId, firstMessageId, 'done');
  const { task } = await workspace.taskSnapshot(taskId);
  // No delivery of this arrives: Foundry still believes in the old name.
  await workspace.double.control('PATCH', '/repos/acme/storefront', { name: 'storefront-moved' });
  await workspace.double.control('POST', '/repos', {
    owner: 'acme',
    name: 'storefront',
    private: false,
    files: { 'README.md': 'Somebody else’s\n' },
  });
  const head = await workspace.gitInSandbox(taskId, 'rev-parse', 'HEAD');
  expect(await publishOf(taskId)).toMatchObject({ state: 'done', headSha: head });
  expect(await branchesOf('storefront')).toEqual(['main']);
  expect(await branchesOf('storefront-moved')).toContain(task.branch);
  const pulls = await workspace.double
    .asOwner('ada')
    .pulls.list({ owner: 'acme', repo: 'storefront-moved', head: `acme:${task.branch}` });
  expect(pulls.data.map((pull) => pull.head.sha)).toEqual([head]);
  const none = await workspace.double.asOwner('ada').pulls.list({ owner: 'acme', repo: 'storefront' });
  expect(none.data).toEqual([]);

  // What the agent pushes by itself goes there too.
  const more = await workspace.say(sessionId, 'append "more" to notes/secret.md');
  await workspace.receipt(sessionId, more, 'done');
  expect(await workspace.gitInSandbox(taskId, 'remote', 'get-url', 'origin')).toMatch(
    /\/acme\/storefront-moved\.git$/,
  );

  // With an open pull request, publishing again brings it there.
  const after = await workspace.gitInSandbox(taskId, 'rev-parse', 'HEAD');
  expect(await publishOf(taskId)).toMatchObject({ state: 'done', headSha: after });
  const { data } = await workspace.double.asOwner('ada').pulls.get({
    owner: 'acme',
    repo: 'storefront-moved',
    pull_number: pulls.data[0]?.number ?? 0,
  });
  expect(data.head.sha).toBe(after);
  expect(await branchesOf('storefront')).toEqual(['main']);
});

test.each([
  ['url.insteadOf', (url: string) => ['url.{elsewhere}.insteadOf', url]],
  ['url.pushInsteadOf', (url: string) => ['url.{elsewhere}.pushInsteadOf', url]],
] as const)(
  'a planted %s sends nothing elsewhere: it is refused, with words and an issue',
  async (_what, plant) => {
    const { taskId, sessionId, firstMessageId } = await workspace.createTask({
      prompt: 'create notes/planted.md with "Ours"',
    });
    await workspace.receipt(sessionId, firstMessageId, 'done');
    const url = await workspace.gitInSandbox(taskId, 'remote', 'get-url', 'origin');
    const elsewhere = url.replace('storefront-moved', 'storefront');
    const [name = '', value = ''] = plant(url);
    await workspace.gitInSandbox(taskId, 'config', '--local', name.replace('{elsewhere}', elsewhere), value);
    const before = await runtimeIssues();
    const refused = await publishOf(taskId);
    expect(refused).toMatchObject({ state: 'failed', failure: { code: 'wrong_repository' } });
    expect(z.object({ failure: z.object({ message: z.string() }) }).parse(refused).failure.message).toMatch(
      /instead of this task's repository/,
    );
    await until('the issue', async () => ((await runtimeIssues()).length > before.length ? true : null));
    expect(await branchesOf('storefront')).toEqual(['main']);
  },
);

test('a second address for pushes is taken out, and the push goes where it belongs', async () => {
  const { taskId, sessionId, firstMessageId } = await workspace.createTask({
    prompt: 'create notes/second.md with "Ours"',
  });
  await workspace.receipt(sessionId, firstMessageId, 'done');
  const url = await workspace.gitInSandbox(taskId, 'remote', 'get-url', 'origin');
  const elsewhere = url.replace('storefront-moved', 'storefront');
  await workspace.gitInSandbox(taskId, 'remote', 'set-url', '--push', '--add', 'origin', elsewhere);
  await workspace.gitInSandbox(taskId, 'remote', 'set-url', '--add', 'origin', elsewhere);
  expect(await publishOf(taskId)).toMatchObject({ state: 'done' });
  expect(await branchesOf('storefront')).toEqual(['main']);
});

test('a repository that is gone takes nothing: the reason is said, and the work is kept', async () => {
  const { taskId, sessionId, firstMessageId } = await workspace.createTask({
    prompt: 'create notes/last.md with "Ours"',
  });
  await workspace.receipt(sessionId, firstMessageId, 'done');
  await workspace.double.control('DELETE', '/repos/acme/storefront-moved');
  const refused = await publishOf(taskId);
  expect(refused).toMatchObject({ state: 'failed', failure: { code: 'repository_gone' } });
  expect(await workspace.gitInSandbox(taskId, 'log', '--format=%s', '-1')).not.toBe('');
  expect(await branchesOf('storefront')).toEqual(['main']);
});
