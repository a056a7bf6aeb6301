import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { gitHubDataAddress, organizationAddress } from '../addresses.ts';
import { startGitHubStack, type GitHubStack } from '../testing/github-stack.ts';
import { eventually, OrganizationView, pullTask, seen } from '../testing/organization-view.ts';

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
      expect(now.repositories.map(({ name }) => name).sort()).toEqual([
        'billing',
        'design-system',
        'storefront',
      ]);
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
