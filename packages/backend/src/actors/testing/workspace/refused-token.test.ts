import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { organizationAddress, sandboxInstanceAddress } from '../../addresses.ts';
import { tokenStateSchema } from '../../sandbox-instance/reads.ts';
import { people, startActorsHere, startWorkspace, until, type Workspace } from './harness.ts';

/* GitHub ends tokens before their time: they are renewed by force, and whose sign-in is over is said at the task. */

let workspace: Workspace;
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
beforeAll(async () => {
  workspace = await startWorkspace(startActorsHere);
});
afterAll(async () => {
  await workspace.stop();
});

/** GitHub takes no token of the person's any more; `renewable`: their sign-in is still good. */
async function refuseTokens(login: 'ada' | 'grace', options: { renewable: boolean }): Promise<void> {
  await workspace.double.control('POST', `/users/${login}/tokens/expire`);
  delete workspace.renewals[login];
  if (options.renewable) workspace.renewals[login] = workspace.double.userToken(login);
}

async function taskWith(file: string, repositoryId = '40001') {
  const made = await workspace.createTask({ repositoryId, prompt: `create notes/${file} with "Ours"` });
  await workspace.receipt(made.sessionId, made.firstMessageId, 'done');
  return made;
}

async function publishOf(taskId: string) {
  await workspace.send(workspace.task(taskId), 'task.command.publish', {});
  return await until('the publish to end', async () => {
    const { task } = await workspace.taskSnapshot(taskId);
    return task.publish.state === 'done' || task.publish.state === 'failed' ? task.publish : null;
  });
}

async function noticesOf(taskId: string) {
  return (await workspace.taskSnapshot(taskId)).task.changes.notices ?? [];
}

async function tokenFileOf(taskId: string): Promise<string> {
  const { task } = await workspace.taskSnapshot(taskId);
  const { identity } = await workspace.provider.inspect(task.sandbox?.id ?? '');
  return join(identity?.homePath ?? '/nowhere', '.git-token');
}

/** Git shows no token where none is asked for. */
const privateId = '40002';
const adaHasTo = { kind: 'sign_in_required', login: 'ada' };

test('a token that GitHub refuses before its time is renewed, and the publish goes on', async () => {
  const { taskId } = await taskWith('renewed.md');
  await refuseTokens('ada', { renewable: true });
  const head = await workspace.gitInSandbox(taskId, 'rev-parse', 'HEAD');
  expect(await publishOf(taskId)).toMatchObject({ state: 'done', headSha: head });
  expect(await noticesOf(taskId)).toEqual([]);
});

test("so is one that only GitHub's API refuses", async () => {
  const { taskId } = await taskWith('api.md');
  workspace.renewals['ada'] = workspace.double.userToken('ada');
  await workspace.double.control('POST', '/faults', {
    kind: 'status',
    status: 401,
    message: 'Bad credentials',
    match: { method: 'POST', path: '/api/v3/repos/acme/storefront/pulls' },
  });
  expect(await publishOf(taskId)).toMatchObject({ state: 'done' });
  expect(workspace.renewals['ada']).toBeUndefined();
});

test('a workspace is cloned with a renewed token', async () => {
  await refuseTokens('ada', { renewable: true });
  const { taskId } = await workspace.createTask({ repositoryId: privateId });
  await workspace.send(workspace.task(taskId), 'task.command.provision', { person: people.ada });
  const { status } = await until('the workspace', async () => {
    const { task } = await workspace.taskSnapshot(taskId);
    return task.status.state === 'ready' || task.status.state === 'failed' ? task : null;
  });
  expect(status).toEqual({ state: 'ready' });
  expect(workspace.renewals['ada']).toBeUndefined();
});

test('refused again: the task says who has to sign in again, the work is kept, and somebody else publishes it', async () => {
  const { taskId } = await taskWith('kept.md');
  const head = await workspace.gitInSandbox(taskId, 'rev-parse', 'HEAD');
  await refuseTokens('ada', { renewable: false });
  const refused = await publishOf(taskId);
  expect(refused).toMatchObject({ state: 'failed', failure: { code: 'sign_in_required', retryable: true } });
  expect(JSON.stringify(refused)).toContain('ada has to sign in with GitHub again');
  expect(JSON.stringify(refused)).not.toContain('does not let');
  expect(await noticesOf(taskId)).toEqual([adaHasTo]);
  expect(await workspace.gitInSandbox(taskId, 'rev-parse', 'HEAD')).toBe(head);

  await workspace.send(
    workspace.task(taskId),
    'task.command.setOwner',
    { person: people.grace },
    people.grace,
  );
  expect(await noticesOf(taskId)).toEqual([]);
  expect(await publishOf(taskId)).toMatchObject({ state: 'done', headSha: head });
});

test('a branch that cannot be looked at for that reason says so, and no longer than it is so', async () => {
  workspace.tokens['ada'] = workspace.double.userToken('ada');
  const { taskId } = await taskWith('looked-at.md', privateId);
  expect(await publishOf(taskId)).toMatchObject({ state: 'done' });
  await refuseTokens('ada', { renewable: false });
  await workspace.send(workspace.task(taskId), 'task.command.pull', {});
  await until('the notice', async () => ((await noticesOf(taskId)).length > 0 ? true : null));
  expect(await noticesOf(taskId)).toEqual([adaHasTo]);
  workspace.tokens['ada'] = workspace.double.userToken('ada');
  await workspace.send(workspace.task(taskId), 'task.command.pull', {});
  await until('the notice to be gone', async () => ((await noticesOf(taskId)).length === 0 ? true : null));
});

test('whose sign-in is over has their turn ended with these words; signed in again, nothing is said any more', async () => {
  const { taskId, sessionId } = await taskWith('words.md');
  const running = await workspace.say(sessionId, 'slow 120');
  await workspace.receipt(sessionId, running, 'working');
  const waiting = await workspace.say(sessionId, 'list files');
  const { userId, login } = people.ada;
  const organization = organizationAddress(workspace.organizationId);
  await workspace.send(organization, 'organization.command.personLostAccess', {
    userId,
    login,
    repositoryIds: ['40001'],
    reason: 'sign_in',
  });
  await workspace.receipt(sessionId, running, 'cancelled');
  const refused = await workspace.receipt(sessionId, waiting, 'failed');
  expect(refused.failure?.message).toContain('ada has to sign in with GitHub again');
  expect(await noticesOf(taskId)).toEqual([adaHasTo]);
  await workspace.send(organization, 'organization.command.personSignedIn', { userId, login });
  await until('the notice to be gone', async () => ((await noticesOf(taskId)).length === 0 ? true : null));
});

test('a running turn gets the renewed token, and none that was taken out on purpose', async () => {
  const { taskId, sessionId } = await taskWith('long.md');
  const running = await workspace.say(sessionId, 'slow 120');
  await workspace.receipt(sessionId, running, 'working');
  const file = await tokenFileOf(taskId);
  // Somebody renewed it: GitHub has ended the one that the agent's git uses.
  const renewed = workspace.double.userToken('ada');
  workspace.tokens['ada'] = renewed;
  await until('the new token to be there', async () =>
    (await readFile(file, 'utf8')).includes(renewed) ? true : null,
  );
  await workspace.receipt(sessionId, running, 'working');

  await workspace.send(
    workspace.task(taskId),
    'task.command.setOwner',
    { person: people.grace },
    people.grace,
  );
  await until('the token to be gone', async () => (existsSync(file) ? null : true));
  const { task } = await workspace.taskSnapshot(taskId);
  const sandbox = sandboxInstanceAddress(
    workspace.organizationId,
    task.sandbox?.providerId ?? '',
    task.sandbox?.id ?? '',
  );
  const state = await workspace.call(sandbox, 'renewToken', { person: people.ada });
  expect(tokenStateSchema.parse(state)).toEqual({ state: 'absent' });
  expect(existsSync(file)).toBe(false);
  await workspace.send(workspace.session(sessionId), 'session.command.stop', {
    messageId: running,
    attempt: 1,
  });
  await workspace.receipt(sessionId, running, 'cancelled');
});
