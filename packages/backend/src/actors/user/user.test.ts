import { setDraftAnswerSchema } from '@foundry/shared/requests';
import { taskSnapshotSchema, userSnapshotSchema } from '@foundry/shared/topics';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { appAddress, organizationAddress, taskAddress, userAddress } from '../addresses.ts';
import { startGitHubStack, type GitHubStack } from '../testing/github-stack.ts';
import { eventually, OrganizationView } from '../testing/organization-view.ts';
import { userAccessSchema, type UserAccess } from './commands.ts';

/* One stack for the tests of this file, in order: GitHub (the double), the actors, webhooks between them. */

let stack: GitHubStack;
let acme: OrganizationView;
let storefront: string;

beforeAll(async () => {
  stack = await startGitHubStack({ seed: 'small' });
  acme = new OrganizationView(stack, 'acme');
  storefront = stack.repositoryId('acme', 'storefront');
  await acme.sync();
}, 90_000);
afterAll(async () => await stack.stop(), 30_000);
// Longer than any wait below: what fails must say what it waited for.
vi.setConfig({ testTimeout: 60_000 });

async function access(userId: string): Promise<UserAccess> {
  return userAccessSchema.parse(await stack.connections.call(userAddress(userId), 'access', []));
}

async function accessState(userId: string) {
  const { accessProblem, accessReadAtMs } = userSnapshotSchema.parse(
    await stack.connections.call(userAddress(userId), 'snapshot', []),
  );
  return { problem: accessProblem, readAtMs: accessReadAtMs };
}

describe('people', () => {
  let ada: string;
  let grace: string;

  test('a sign-in reads what GitHub lets the person see, and makes their own account known', async () => {
    ({ userId: ada } = await stack.signIn('ada'));
    ({ userId: grace } = await stack.signIn('grace'));
    await stack.control('POST', '/repos', { owner: 'acme', name: 'secret', private: true });
    await stack.send(userAddress(grace), 'user.command.refreshAccess', { reason: 'test' });
    await eventually(async () => {
      expect((await access(ada)).organizationIds.sort()).toEqual([acme.id, stack.accountId('ada')].sort());
      expect((await access(ada)).repositoryIds).toContain(stack.repositoryId('acme', 'secret'));
      expect((await access(grace)).organizationIds).toContain(acme.id);
      expect((await access(grace)).repositoryIds).toContain(storefront);
    });
    expect((await access(grace)).repositoryIds).not.toContain(stack.repositoryId('acme', 'secret'));
    const own = await new OrganizationView(stack, 'ada').synced(0);
    expect(own).toMatchObject({
      organization: { kind: 'personal' },
      members: [{ login: 'ada', role: 'admin' }],
      repositories: [{ name: 'notes' }],
    });
    const everybody = z
      .array(z.object({ githubId: z.string(), userId: z.string() }))
      .parse(
        await stack.connections.call(appAddress(), 'usersByGithubId', [
          { githubIds: [stack.accountId('ada'), stack.accountId('grace'), '1'] },
        ]),
      );
    expect(everybody.map(({ userId }) => userId).sort()).toEqual([ada, grace].sort());
  });

  test('a change of access on GitHub reaches the people concerned', async () => {
    const secret = stack.repositoryId('acme', 'secret');
    await stack.control('PUT', '/repos/acme/secret/collaborators/grace', { permission: 'write' });
    await eventually(async () => expect((await access(grace)).repositoryIds).toContain(secret));
    await stack.control('DELETE', '/repos/acme/secret/collaborators/grace');
    await eventually(async () => expect((await access(grace)).repositoryIds).not.toContain(secret));
  });

  test('[R10] keeps a draft for each session, and none that another page wrote meanwhile is overwritten', async () => {
    const taskId = `pr_${storefront}_1`;
    const set = async (sessionId: string | null, text: string, writer: string, basedOnMs: number | null) => {
      const outcome = await stack.send(userAddress(ada), 'user.command.setDraft', {
        taskId,
        organizationId: acme.id,
        sessionId,
        text,
        writer,
        basedOnMs,
      });
      return setDraftAnswerSchema.parse(outcome.status === 'done' ? outcome.result : null);
    };
    const texts = async () => {
      const { drafts } = userSnapshotSchema.parse(
        await stack.connections.call(userAddress(ada), 'snapshot', []),
      );
      return Object.fromEntries(drafts.map(({ sessionId, text }) => [sessionId ?? 'none', text]));
    };
    await set(null, 'for no session yet', 'laptop', null);
    const first = await set('session_aaaaaaaa', 'for the first', 'laptop', null);
    await set('session_bbbbbbbb', 'for the second', 'laptop', null);
    expect(await texts()).toEqual({
      none: 'for no session yet',
      session_aaaaaaaa: 'for the first',
      session_bbbbbbbb: 'for the second',
    });
    await set('session_aaaaaaaa', 'for the first, from the train', 'phone', first.draft?.savedAtMs ?? null);
    expect(
      await set('session_aaaaaaaa', 'the laptop wakes up', 'laptop-2', first.draft?.savedAtMs ?? null),
    ).toMatchObject({ saved: false, draft: { text: 'for the first, from the train' } });
    await set('session_bbbbbbbb', '', 'laptop', null);
    await set(null, '', 'laptop', null);
    expect(await texts()).toEqual({ session_aaaaaaaa: 'for the first, from the train' });
  });

  test('[R10] keeps read marks and the default model per person', async () => {
    const taskId = `pr_${storefront}_1`;
    const set = async (fields: object): Promise<unknown> => {
      const body = { taskId, organizationId: acme.id, ...fields };
      return await stack.send(userAddress(ada), 'user.command.setTaskState', body);
    };
    expect(await set({ lastReadVersion: 4 })).toMatchObject({ status: 'done' });
    expect(await set({ lastReadVersion: 2, markedUnread: true })).toMatchObject({
      result: { lastReadVersion: 4, markedUnread: true },
    });
    await stack.send(userAddress(ada), 'user.command.setDefaultModel', { modelId: 'opus' });
    const now = userSnapshotSchema.parse(await stack.connections.call(userAddress(ada), 'snapshot', []));
    expect(now).toMatchObject({
      defaultModelId: 'opus',
      taskStates: [{ taskId }],
      profile: { login: 'ada' },
    });
    expect(
      userSnapshotSchema.parse(await stack.connections.call(userAddress(grace), 'snapshot', [])).taskStates,
    ).toEqual([]);
  });

  test('a GitHub that answers 503 at the first sign-in is said, and asked again until it answers', async () => {
    await stack.control('POST', '/users', { login: 'carol' });
    await stack.control('PUT', '/repos/acme/storefront/collaborators/carol', { permission: 'write' });
    const match = { method: 'GET', path: '/api/v3/user/installations*' };
    await stack.control('POST', '/faults', { kind: 'status', status: 503, match, times: null });
    const { userId } = await stack.signIn('carol');
    const now = async () =>
      userSnapshotSchema.parse(await stack.connections.call(userAddress(userId), 'snapshot', []));
    await eventually(async () =>
      expect(await now()).toMatchObject({
        accessReadAtMs: null,
        accessProblem: { kind: 'github_unavailable', retryAtMs: expect.any(Number) },
      }),
    );
    await stack.control('DELETE', '/faults');
    await eventually(async () =>
      expect(await now()).toMatchObject({ accessProblem: null, organizations: [{ login: 'acme' }] }),
    );
  });

  test('a token that GitHub refuses before its time is renewed, and nobody has to sign in again', async () => {
    await stack.control('POST', '/users/ada/tokens/expire');
    const before = await access(ada);
    const { readAtMs } = await accessState(ada);
    await stack.send(userAddress(ada), 'user.command.refreshAccess', { reason: 'test' });
    await eventually(async () => {
      const now = await accessState(ada);
      expect(now.readAtMs).toBeGreaterThan(readAtMs ?? 0);
      expect(now.problem).toBeNull();
    });
    expect((await access(ada)).repositoryIds.sort()).toEqual([...before.repositoryIds].sort());
  });

  test('whose sign-in is over has to sign in again: their tasks say so until they have', async () => {
    const person = { userId: ada, login: 'ada', avatarUrl: null };
    const id = crypto.randomUUID();
    const taskId = `task_${id}`;
    await stack.send(organizationAddress(acme.id), 'organization.command.createTask', {
      repositoryId: storefront,
      title: 'Mine',
      taskId,
      sessionId: `session_${id}`,
      firstMessageId: null,
      person,
      gitHub: { branches: [], baseExists: null },
    });
    const task = taskAddress(acme.id, taskId);
    await eventually(async () => {
      const outcome = await stack.send(task, 'task.command.setOwner', { person });
      expect(outcome).toMatchObject({ status: 'done' });
    });
    const notices = async () =>
      taskSnapshotSchema.parse(await stack.connections.call(task, 'snapshot', [])).task.changes.notices ?? [];

    // Refused and not to be renewed; nothing announces it.
    stack.double.double.store.tokens.removeOfUser(Number(stack.accountId('ada')));
    await stack.send(userAddress(ada), 'user.command.refreshAccess', { reason: 'test' });
    await eventually(async () =>
      expect(await notices()).toEqual([{ kind: 'sign_in_required', login: 'ada' }]),
    );
    expect((await accessState(ada)).problem).toMatchObject({ kind: 'sign_in_required' });
    await stack.signIn('ada');
    await eventually(async () => expect(await notices()).toEqual([]));
    expect((await accessState(ada)).problem).toBeNull();
  });

  test('a sign-out is broadcast; a revoked sign-in is said and shows nothing any more', async () => {
    const ended: unknown[] = [];
    const watcher = stack.connections.connect(appAddress());
    watcher.on('sessionEnded', (payload) => ended.push(payload));
    await watcher.call('version', []);
    const { headers, userId } = await stack.signIn('grace');
    headers.set('origin', 'http://127.0.0.1:9');
    const out = new Request('http://127.0.0.1:9/api/auth/sign-out', { method: 'POST', headers });
    expect((await stack.auth.handle(out, '203.0.113.7')).status).toBe(200);
    await eventually(async () => expect(ended).toMatchObject([{ userId }]));
    await watcher.dispose();
    await stack.control('DELETE', '/users/grace/tokens');
    await stack.send(userAddress(grace), 'user.command.refreshAccess', { reason: 'test' });
    await eventually(async () => {
      const now = userSnapshotSchema.parse(await stack.connections.call(userAddress(grace), 'snapshot', []));
      expect(now).toMatchObject({
        organizations: [],
        accessProblem: {
          kind: 'sign_in_required',
          message: expect.stringContaining('Sign in with GitHub'),
        },
      });
    });
    expect((await access(grace)).repositoryIds).toEqual([]);
  });
});
