import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { organizationAddress } from '../addresses.ts';
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
}, 60_000);
afterAll(async () => await stack.stop(), 30_000);
// Longer than any wait below: what fails must say what it waited for.
vi.setConfig({ testTimeout: 60_000 });

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
    // GitHub may still be computing what merges: then it is asked again.
    const now = await eventually(async () => {
      const current = await acme.snapshot();
      expect(current.tasks.filter(({ pullRequest }) => pullRequest?.mergeable === 'unknown')).toEqual([]);
      return current;
    });
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
    // It was overcome: there is nothing for a person to see to.
    expect(now.runtimeIssues).toEqual([]);
  });

  test('[R4] a batch keeps what was read before the fault, and only the rest waits', async () => {
    const open = acme.truth().flatMap((repository) => repository.open).length;
    const path = '*/design-system/pulls/3/reviews';
    await stack.control('POST', '/faults', { kind: 'status', status: 502, match: { path }, times: null });
    const startMs = Date.now();
    await stack.send(organizationAddress(acme.id), 'organization.command.requestSync', {});
    await eventually(async () =>
      expect((await acme.snapshot()).sync).toMatchObject({
        state: 'waiting_for_github',
        phase: 'checks',
        done: open - 1,
        total: open,
      }),
    );
    await stack.control('DELETE', '/faults');
    expect(seen(await acme.synced(startMs))).toEqual(acme.truth());
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
