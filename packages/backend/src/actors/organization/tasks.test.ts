import { auditEntrySchema, taskSummarySchema } from '@foundry/shared/entities';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { auditLogAddress, gitHubDataAddress, organizationAddress, repositoryAddress } from '../addresses.ts';
import { startGitHubStack, type GitHubStack } from '../testing/github-stack.ts';
import { eventually, OrganizationView, seen } from '../testing/organization-view.ts';

/* One stack for the tests of this file, in order: GitHub (the double), the actors, webhooks between them. */

let stack: GitHubStack;
let acme: OrganizationView;
let storefront: string;
let ada: string;

beforeAll(async () => {
  stack = await startGitHubStack({ seed: 'small' });
  acme = new OrganizationView(stack, 'acme');
  storefront = stack.repositoryId('acme', 'storefront');
  ({ userId: ada } = await stack.signIn('ada'));
  await acme.sync();
}, 90_000);
afterAll(async () => await stack.stop(), 30_000);
// Longer than any wait below: what fails must say what it waited for.
vi.setConfig({ testTimeout: 60_000 });

describe('the tasks of an organization', () => {
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
          gitHub: { branches: [], baseExists: null },
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
    const pushed = await stack.control('POST', '/repos/acme/storefront/commits', {
      authorLogin: 'ada',
      message: 'Add a cart',
      path: 'CART.md',
      content: 'Cart\n',
      branch: 'foundry/add-a-cart',
    });
    const { sha: headSha } = z.object({ sha: z.string() }).parse(pushed);
    const publish = async (title: string, draft: boolean) =>
      await stack.send(gitHubDataAddress(acme.id), 'githubData.command.publishPullRequest', {
        taskId: 'task_00000001',
        repositoryId: storefront,
        ownerUserId: ada,
        branch: 'foundry/add-a-cart',
        baseBranch: 'main',
        headSha,
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
});
