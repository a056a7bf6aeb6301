import { auditEntrySchema, taskSummarySchema } from '@foundry/shared/entities';
import { userSnapshotSchema } from '@foundry/shared/topics';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import {
  appAddress,
  auditLogAddress,
  gitHubDataAddress,
  organizationAddress,
  repositoryAddress,
  userAddress,
} from '../addresses.ts';
import { startGitHubStack, type GitHubStack } from '../testing/github-stack.ts';
import { eventually, OrganizationView, pullTask, seen } from '../testing/organization-view.ts';
import { userAccessSchema, type UserAccess } from '../user/commands.ts';

/*
 * One world for all tests of this file, in order: GitHub (the double), the actors, webhooks between them. Waiting is
 * polling with a deadline.
 */

let stack: GitHubStack;
let acme: OrganizationView;
let storefront: string;

beforeAll(async () => {
  stack = await startGitHubStack({ seed: 'small' });
  acme = new OrganizationView(stack, 'acme');
  storefront = stack.repositoryId('acme', 'storefront');
}, 60_000);
afterAll(async () => await stack.stop(), 30_000);
// Longer than any wait below: what fails must say what it waited for.
vi.setConfig({ testTimeout: 60_000 });

async function access(userId: string): Promise<UserAccess> {
  return userAccessSchema.parse(await stack.connections.call(userAddress(userId), 'access', []));
}

describe('a full sync', () => {
  test('a webhook before anybody signed in leads to one; it equals what GitHub has', async () => {
    const startMs = Date.now();
    await stack.control('PATCH', '/repos/acme/storefront/pulls/2', { login: 'ada', title: 'Announced' });
    const now = await acme.synced(startMs);
    expect(now.organization).toMatchObject({
      login: 'acme',
      kind: 'organization',
      installation: { status: 'active' },
    });
    expect(seen(now)).toEqual(acme.truth());
    expect(acme.truth().flatMap(({ open }) => open)).toHaveLength(10);
    expect(now.members.map(({ login, role }) => `${login} ${role}`)).toEqual(['ada admin', 'grace member']);
  });

  test('brings checks, reviews and conflicts', async () => {
    const now = await acme.snapshot();
    expect(pullTask(now, storefront, 1).pullRequest?.mergeable).toBe('clean');
    expect(pullTask(now, storefront, 5).pullRequest?.mergeable).toBe('conflicting');
    expect(pullTask(now, storefront, 1).pullRequest).toMatchObject({ reviewDecision: 'approved' });
    expect(pullTask(now, storefront, 3).pullRequest?.checks).toMatchObject({ state: 'failure' });
    expect(pullTask(now, storefront, 5).pullRequest).toMatchObject({ reviewDecision: 'changes_requested' });
    expect(pullTask(now, storefront, 4)).toMatchObject({
      source: 'pull_request',
      status: { state: 'virtual' },
      pullRequest: { draft: true },
    });
  });

  test('[R7] neither sync nor webhooks make Task or Repository actors', async () => {
    expect(await stack.actorKeys('organization')).toHaveLength(1);
    expect(await stack.actorKeys('task')).toEqual([]);
    expect(await stack.actorKeys('repository')).toEqual([]);
  });

  test('a second one changes nothing and costs nothing of the rate limit', async () => {
    const installation = (await acme.snapshot()).organization.installation?.id ?? '';
    const usage = async (): Promise<number> => {
      const limits = z
        .record(z.string(), z.object({ used: z.number() }))
        .parse(await stack.control('GET', '/rate-limits'));
      return limits[`installation:${installation}`]?.used ?? 0;
    };
    const before = await acme.snapshot();
    const usedBefore = await usage();
    const after = await acme.sync();
    expect({ ...after, version: 0, sync: null }).toEqual({ ...before, version: 0, sync: null });
    expect(await usage()).toBe(usedBefore);
  });

  test('sweeps what is gone and finds what changed while nobody listened', async () => {
    await stack.control('POST', '/webhooks/pause');
    await stack.control('PATCH', '/repos/acme/storefront/pulls/2', { login: 'ada', state: 'closed' });
    await stack.control('PATCH', '/repos/acme/design-system', { description: 'New words' });
    await stack.control('DELETE', '/repos/acme/billing');
    const now = await acme.sync();
    expect(seen(now)).toEqual(acme.truth());
    expect(now.repositories.map(({ name }) => name).sort()).toEqual(['design-system', 'storefront']);
    expect(now.repositories.find(({ name }) => name === 'design-system')?.description).toBe('New words');
    expect(now.tasks.filter(({ pullRequest }) => pullRequest?.state !== 'open')).toEqual([]);
    await stack.control('POST', '/webhooks/resume');
    await stack.control('POST', '/webhooks/idle');
  });

  test('waits for a rate limit, says so, and goes on where it was', async () => {
    await stack.control('POST', '/faults', {
      kind: 'rateLimit',
      match: { path: '*/storefront/pulls' },
      retryAfterSeconds: 2,
    });
    const startMs = Date.now();
    await stack.send(organizationAddress(acme.id), 'organization.command.requestSync', {});
    await eventually(async () =>
      expect((await acme.snapshot()).sync).toMatchObject({
        state: 'waiting_for_rate_limit',
        phase: 'pull_requests',
        retryAtMs: expect.any(Number),
      }),
    );
    const now = await acme.synced(startMs);
    expect(seen(now)).toEqual(acme.truth());
    expect(now.sync.finishedAtMs ?? 0).toBeGreaterThan(startMs + 1_500);
  });

  test('[R5] survives a GitHub that fails for a while: the batch is tried again from its cursor', async () => {
    await stack.control('POST', '/faults', {
      kind: 'status',
      status: 502,
      match: { path: '*/storefront/pulls' },
      times: 4,
    });
    const now = await acme.sync();
    expect(seen(now)).toEqual(acme.truth());
    expect(now.runtimeIssues).toMatchObject([{ command: 'githubData.command.syncBatch' }]);
  });

  test('ends with words when GitHub refuses, and the next one works', async () => {
    await stack.control('POST', '/faults', {
      kind: 'status',
      status: 403,
      message: 'Resource not accessible by integration',
      match: { path: '*/installation/repositories' },
    });
    await stack.send(organizationAddress(acme.id), 'organization.command.requestSync', {});
    await eventually(async () =>
      expect((await acme.snapshot()).sync).toMatchObject({
        state: 'failed',
        failure: {
          code: 'github_forbidden',
          message: expect.stringContaining('not accessible by integration'),
        },
      }),
    );
    expect(seen(await acme.sync())).toEqual(acme.truth());
  });
});

describe('webhooks', () => {
  test('a pull request opened, pushed to, made ready, merged', async () => {
    const commit = { authorLogin: 'grace', message: 'More', path: 'NEWS.md' };
    await stack.control('POST', '/repos/acme/storefront/commits', {
      ...commit,
      branch: 'news',
      content: 'One\n',
    });
    const opened = z.object({ number: z.number() }).parse(
      await stack.control('POST', '/repos/acme/storefront/pulls', {
        login: 'grace',
        title: 'News',
        head: 'news',
        draft: true,
      }),
    );
    const first = await eventually(async () => pullTask(await acme.snapshot(), storefront, opened.number));
    expect(first).toMatchObject({
      id: `pr_${storefront}_${opened.number}`,
      branch: 'news',
      status: { state: 'virtual' },
      pullRequest: { draft: true, authorLogin: 'grace' },
    });
    await stack.control('POST', '/repos/acme/storefront/commits', {
      ...commit,
      branch: 'news',
      content: 'Two\n',
    });
    await stack.control('POST', '/repos/acme/storefront/check-runs', {
      branch: 'news',
      name: 'test',
      status: 'completed',
      conclusion: 'success',
    });
    await stack.control('POST', `/repos/acme/storefront/pulls/${opened.number}/reviews`, {
      login: 'ada',
      state: 'APPROVED',
    });
    await stack.control('PATCH', `/repos/acme/storefront/pulls/${opened.number}`, {
      login: 'grace',
      draft: false,
    });
    await eventually(async () => {
      const { pullRequest } = pullTask(await acme.snapshot(), storefront, opened.number);
      expect(pullRequest).toMatchObject({
        draft: false,
        checks: { state: 'success', total: 1, failed: 0 },
        reviewDecision: 'approved',
      });
      expect(pullRequest?.headSha).not.toBe(first.pullRequest?.headSha);
    });
    await stack.control('POST', `/repos/acme/storefront/pulls/${opened.number}/merge`, { login: 'ada' });
    await eventually(async () =>
      expect(
        await stack.connections.call(organizationAddress(acme.id), 'getTaskIndexEntry', [
          { taskId: first.id },
        ]),
      ).toMatchObject({
        opened: false,
        task: { status: { state: 'merged' }, pullRequest: { state: 'merged' }, contentVersion: 2 },
      }),
    );
    // Nobody had opened it: there is nothing left to be shown.
    expect((await acme.snapshot()).tasks.map(({ id }) => id)).not.toContain(first.id);
  });

  test('a push to the base brings a pull request into conflict, of which GitHub sends nothing', async () => {
    const commit = { authorLogin: 'ada', message: 'Prices', path: 'PRICES.md' };
    const push = async (branch: string, content: string) =>
      await stack.control('POST', '/repos/acme/storefront/commits', { ...commit, branch, content });
    await push('prices', 'Low\n');
    const { number } = z.object({ number: z.number() }).parse(
      await stack.control('POST', '/repos/acme/storefront/pulls', {
        login: 'ada',
        title: 'Prices',
        head: 'prices',
      }),
    );
    const becomes = async (mergeable: string) =>
      await eventually(async () =>
        expect(pullTask(await acme.snapshot(), storefront, number).pullRequest?.mergeable).toBe(mergeable),
      );
    await becomes('clean');
    // The first answer is that it is still being computed: asked again a little later.
    await stack.control('POST', '/faults', { kind: 'mergeability', number });
    await push('main', 'High\n');
    await becomes('conflicting');
    // As after a merge of the base that takes the other side.
    await push('main', 'Low\n');
    await becomes('clean');
    await stack.control('PATCH', `/repos/acme/storefront/pulls/${number}`, { login: 'ada', state: 'closed' });
  });

  test('repositories come, are renamed and go; members come and go', async () => {
    await stack.control('POST', '/repos', {
      owner: 'acme',
      name: 'fresh',
      files: { 'README.md': 'Hello\n' },
    });
    await eventually(async () => expect(seen(await acme.snapshot())).toEqual(acme.truth()));
    await stack.control('PATCH', '/repos/acme/fresh', { name: 'renamed', archived: true });
    await eventually(async () =>
      expect((await acme.snapshot()).repositories).toContainEqual(
        expect.objectContaining({ name: 'renamed', archived: true }),
      ),
    );
    await stack.control('DELETE', '/repos/acme/renamed');
    await stack.control('POST', '/users', { login: 'linus' });
    await stack.control('PUT', '/orgs/acme/members/linus', { role: 'member' });
    await eventually(async () => {
      const now = await acme.snapshot();
      expect(now.members.map(({ login }) => login)).toEqual(['ada', 'grace', 'linus']);
      expect(now.repositories.map(({ name }) => name).sort()).toEqual(['design-system', 'storefront']);
    });
    await stack.control('DELETE', '/orgs/acme/members/linus');
    await eventually(async () => expect((await acme.snapshot()).members).toHaveLength(2));
  });

  test('deliveries that never arrived are asked for again', async () => {
    await stack.control('POST', '/faults', { kind: 'webhook', event: 'pull_request', times: 1 });
    await stack.control('PATCH', '/repos/acme/storefront/pulls/3', { login: 'ada', title: 'Never heard of' });
    await stack.control('POST', '/webhooks/idle');
    expect(pullTask(await acme.snapshot(), storefront, 3).title).not.toBe('Never heard of');
    const { installation } = z
      .object({ installation: z.object({ tick: z.number() }) })
      .parse(await stack.connections.call(gitHubDataAddress(acme.id), 'status', []));
    await stack.send(gitHubDataAddress(acme.id), 'githubData.command.repairDeliveries', installation);
    await eventually(async () =>
      expect(pullTask(await acme.snapshot(), storefront, 3).title).toBe('Never heard of'),
    );
  });

  test('suspended and resumed', async () => {
    const id = (await acme.snapshot()).organization.installation?.id;
    await stack.control('PATCH', `/installations/${id}`, { suspended: true });
    await eventually(async () =>
      expect((await acme.snapshot()).organization.installation?.status).toBe('suspended'),
    );
    const startMs = Date.now();
    await stack.control('PATCH', `/installations/${id}`, { suspended: false });
    expect(seen(await acme.synced(startMs))).toEqual(acme.truth());
  });
});

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

  test('[R10] keeps read marks, drafts and the default model per person', async () => {
    const taskId = `pr_${storefront}_1`;
    const set = async (fields: object): Promise<unknown> => {
      const body = { taskId, organizationId: acme.id, ...fields };
      return await stack.send(userAddress(ada), 'user.command.setTaskState', body);
    };
    expect(await set({ lastReadVersion: 4, draft: 'hel' })).toMatchObject({ status: 'done' });
    expect(await set({ lastReadVersion: 2, markedUnread: true })).toMatchObject({
      result: { lastReadVersion: 4, markedUnread: true, draft: 'hel' },
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

  test('[R11] a created task is named and its branch claimed before its actor exists', async () => {
    const person = { userId: ada, login: 'ada', avatarUrl: null };
    const create = async (taskId: string, fields: object) =>
      await stack.send(
        organizationAddress(acme.id),
        'organization.command.createTask',
        {
          taskId,
          repositoryId: storefront,
          sessionId: `session_${taskId}`,
          firstMessageId: null,
          person,
          ...fields,
        },
        { userId: ada, login: 'ada' },
      );
    const first = await create('task_00000001', { title: 'Add a cart' });
    expect(first).toMatchObject({
      status: 'done',
      result: { status: { state: 'pending' }, branch: 'foundry/add-a-cart' },
    });
    const second = await create('task_00000002', { title: 'Add a cart' });
    expect(second).toMatchObject({ result: { branch: 'foundry/add-a-cart-2' } });
    expect(await create('task_00000003', { branch: 'foundry/add-a-cart' })).toMatchObject({
      failure: { code: 'branch_taken' },
    });
    expect(await create('task_00000004', { repositoryId: '1' })).toMatchObject({
      failure: { code: 'repository_not_found' },
    });
    await eventually(async () => {
      const entries = z
        .array(auditEntrySchema)
        .parse(
          await stack.connections.call(auditLogAddress(acme.id), 'page', [{ before: null, limit: 100 }]),
        );
      expect(entries.filter(({ action }) => action === 'task.created').map(({ by }) => by)).toEqual([
        'ada',
        'ada',
      ]);
    });
    await eventually(async () => expect(await stack.actorKeys('task')).toHaveLength(2));
  });

  test('publishing opens a pull request as the owner, once; it joins the created task', async () => {
    await stack.control('POST', '/repos/acme/storefront/commits', {
      authorLogin: 'ada',
      message: 'Add a cart',
      path: 'CART.md',
      content: 'Cart\n',
      branch: 'foundry/add-a-cart',
    });
    const publish = async (title: string, draft: boolean) =>
      await stack.send(gitHubDataAddress(acme.id), 'githubData.command.publishPullRequest', {
        taskId: 'task_00000001',
        repositoryId: storefront,
        ownerUserId: ada,
        branch: 'foundry/add-a-cart',
        baseBranch: 'main',
        headSha: 'a'.repeat(40),
        title,
        body: 'Words',
        draft,
      });
    expect(await publish('A cart', true)).toMatchObject({ status: 'done' });
    expect(await publish('A better cart', false)).toMatchObject({ status: 'done' });
    await eventually(async () => {
      const found = (await acme.snapshot()).tasks.filter(({ branch }) => branch === 'foundry/add-a-cart');
      expect(found).toMatchObject([
        {
          id: 'task_00000001',
          title: 'Add a cart',
          source: 'created',
          pullRequest: { title: 'A better cart', draft: false, authorLogin: 'ada', state: 'open' },
        },
      ]);
    });
    expect(seen(await acme.sync())).toEqual(acme.truth());
    const missing = await stack.send(gitHubDataAddress(acme.id), 'githubData.command.publishPullRequest', {
      taskId: 'task_00000002',
      repositoryId: storefront,
      ownerUserId: ada,
      branch: 'never-pushed',
      baseBranch: 'main',
      headSha: 'a'.repeat(40),
      title: 'Nothing',
      body: '',
      draft: false,
    });
    expect(missing).toMatchObject({ status: 'failed', failure: { code: 'github_refused' } });
  });

  test('pages of tasks follow each other without gaps, limited to what a person sees', async () => {
    const all = (await acme.snapshot()).tasks.map(({ id }) => id);
    const pageSchema = z.object({ tasks: z.array(taskSummarySchema), nextCursor: z.string().nullable() });
    const paged: string[] = [];
    for (let cursor: string | null = null; ;) {
      const page: z.output<typeof pageSchema> = pageSchema.parse(
        await stack.connections.call(organizationAddress(acme.id), 'tasks', [{ cursor, limit: 4 }]),
      );
      paged.push(...page.tasks.map(({ id }) => id));
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
    expect(paged).toEqual(all);
    const limited = pageSchema.parse(
      await stack.connections.call(organizationAddress(acme.id), 'tasks', [{ repositoryIds: [storefront] }]),
    );
    expect(limited.tasks.length).toBeGreaterThan(0);
    expect(new Set(limited.tasks.map(({ repositoryId }) => repositoryId))).toEqual(new Set([storefront]));
  });

  test('[R9] the repository keeps its index of tasks that somebody works on, newest state last written', async () => {
    const address = repositoryAddress(acme.id, '424242');
    const record = async (state: string, updatedAtMs: number) =>
      await stack.send(address, 'repository.command.recordTask', {
        taskId: 'task_00000001',
        title: 'T',
        branch: 'b',
        state,
        updatedAtMs,
      });
    await record('ready', 2);
    await record('pending', 1);
    expect(await stack.connections.call(address, 'overview', [])).toMatchObject({
      tasks: [{ id: 'task_00000001', state: 'ready' }],
      countByState: { ready: 1 },
    });
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
        accessProblem: expect.stringContaining('Sign in with GitHub'),
      });
    });
    expect((await access(grace)).repositoryIds).toEqual([]);
  });
});
