import { organizationSnapshotSchema, type OrganizationSnapshot } from '@foundry/shared/topics';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { gitHubDataAddress, organizationAddress } from '../addresses.ts';
import { startGitHubStack, type GitHubStack } from '../testing/github-stack.ts';
import { eventually, OrganizationView, seen } from '../testing/organization-view.ts';

/* GitHub (the double) has a bad minute, in every way; one stack, in order. */

let stack: GitHubStack;
let acme: OrganizationView;

beforeAll(async () => {
  stack = await startGitHubStack({ seed: 'small' });
  acme = new OrganizationView(stack, 'acme');
}, 60_000);
afterAll(async () => await stack.stop(), 30_000);
vi.setConfig({ testTimeout: 180_000 });

const statusSchema = z.object({ sync: z.object({ failedAttempts: z.number() }).nullable() });
const fault = async (path: string, status = 503): Promise<void> =>
  void (await stack.control('POST', '/faults', { kind: 'status', status, match: { path }, times: null }));
const heal = async (): Promise<void> => void (await stack.control('DELETE', '/faults'));
const titles = (now: OrganizationSnapshot, repositoryName: string): string[] =>
  seen(now).flatMap(({ name, open }) => (name === repositoryName ? open : []));
const unread = {
  repositoryId: expect.any(String),
  name: 'pull requests of acme/storefront',
  message: expect.stringContaining('status 500'),
};

describe('a first sync', () => {
  test('waits out an outage of the installation endpoint by itself, and says so meanwhile', async () => {
    await fault('*/app/installations*');
    await stack.control('PATCH', '/repos/acme/storefront/pulls/2', { login: 'ada', title: 'Announced' });
    // More tries than a step has of its own: it used to be over by then.
    await eventually(async () => {
      const status = await stack.connections.call(gitHubDataAddress(acme.id), 'status', []);
      expect(statusSchema.parse(status).sync?.failedAttempts).toBeGreaterThanOrEqual(3);
    });
    // What the first person to sign in brings along is something to show.
    await stack.send(organizationAddress(acme.id), 'organization.command.requestSync', {
      onlyIfNever: true,
      organization: {
        id: acme.id,
        login: 'acme',
        kind: 'organization',
        name: null,
        avatarUrl: null,
        installation: { id: '1', status: 'active' },
      },
    });
    const waiting = await eventually(async () =>
      organizationSnapshotSchema.parse(
        await stack.connections.call(organizationAddress(acme.id), 'snapshot', [{}]),
      ),
    );
    expect(waiting.organization.login).toBe('acme');
    expect(waiting.sync).toMatchObject({
      state: 'waiting_for_github',
      retryAtMs: expect.any(Number),
      failure: { message: expect.stringContaining('status 503') },
    });
    expect(waiting.runtimeIssues).toEqual([]);
    await heal();
    expect(seen(await acme.synced(0))).toEqual(acme.truth());
  });
});

describe('one repository that GitHub cannot answer for', () => {
  test('is said by name; what was known of it stays, and everything else goes on', async () => {
    await fault('*/storefront/pulls', 500);
    await stack.control('POST', '/webhooks/pause');
    await stack.control('PATCH', '/repos/acme/design-system/pulls/3', { login: 'ada', title: 'News' });
    const before = titles(await acme.snapshot(), 'storefront');
    const now = await acme.sync();
    expect(now.sync).toMatchObject({ unread: [unread], retryAtMs: expect.any(Number) });
    expect(titles(now, 'storefront')).toEqual(before);
    expect(titles(now, 'design-system').join()).toContain('News');
    expect(now.runtimeIssues).toEqual([]);
    await heal();
    const after = await acme.sync();
    expect(after.sync).toMatchObject({ unread: [], retryAtMs: null });
    expect(seen(after)).toEqual(acme.truth());
    await stack.control('POST', '/webhooks/resume');
  });

  test('and so is the list of members: nobody is taken for gone', async () => {
    const { members } = await acme.snapshot();
    await fault('*/orgs/acme/members', 500);
    const now = await acme.sync();
    expect(now.members).toEqual(members);
    expect(now.sync.unread).toMatchObject([{ repositoryId: null, name: 'members of acme' }]);
    await heal();
    expect((await acme.sync()).sync.unread).toEqual([]);
  });
});

describe('a slow GitHub', () => {
  test('that takes two seconds for everything is slow, not failing', async () => {
    await stack.control('POST', '/faults', { kind: 'delay', delayMs: 2_000, times: null });
    const startMs = Date.now();
    await stack.send(organizationAddress(acme.id), 'organization.command.requestSync', {});
    const done = await vi.waitFor(
      async () => {
        const now = await acme.snapshot();
        expect(now.sync).toMatchObject({ state: 'done', failure: null, unread: [] });
        expect(now.sync.startedAtMs ?? 0).toBeGreaterThanOrEqual(startMs);
        return now;
      },
      { timeout: 150_000, interval: 200 },
    );
    await heal();
    expect(seen(done)).toEqual(acme.truth());
    expect(done.runtimeIssues).toEqual([]);
  });
});
