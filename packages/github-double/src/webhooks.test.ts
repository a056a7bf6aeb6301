import { createHmac } from 'node:crypto';
import { Webhooks } from '@octokit/webhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startReceiver, startTestDouble, until, webhookSecret } from './testing/harness.ts';
import type { TestDouble } from './testing/harness.ts';
import { WebhookSchemas } from './testing/schemas.ts';

const schemas = new WebhookSchemas();
let github: TestDouble;
let receiver: Awaited<ReturnType<typeof startReceiver>>;

beforeAll(async () => {
  github = await startTestDouble();
  receiver = await startReceiver();
  github.running.setWebhookUrl(receiver.url);
});
beforeEach(async () => {
  await github.control('POST', '/webhooks/idle');
  receiver.received.length = 0;
  receiver.state.answer = 202;
});
afterAll(async () => {
  await github.stop();
  await receiver.stop();
});

/** Does something, waits until everything was sent, and gives the events in order. Each payload is judged. */
async function eventsOf(work: () => Promise<unknown>): Promise<string[]> {
  receiver.received.length = 0;
  await work();
  await github.control('POST', '/webhooks/idle');
  const problems = receiver.received.flatMap(({ event, action, payload }) =>
    schemas.problems(event, action, payload),
  );
  expect(problems).toEqual([]);
  return receiver.received.map(({ event, action }) => (action === null ? event : `${event}.${action}`));
}

const storefront = '/repos/acme/storefront';

describe('what happens on GitHub is told in valid, signed webhooks', () => {
  test('a commit on a branch with a pull request is a push and a synchronize', async () => {
    const events = await eventsOf(() =>
      github.control('POST', `${storefront}/commits`, {
        branch: 'gift-cards',
        message: 'Explain gift cards',
        authorLogin: 'ada',
        path: 'docs/gift-cards.md',
        content: 'They hold money.\n',
      }),
    );
    expect(events).toEqual(['push', 'pull_request.synchronize']);
    const [push, synchronize] = receiver.received;
    expect(push?.payload).toMatchObject({
      ref: 'refs/heads/gift-cards',
      pusher: { name: 'ada' },
      commits: [{ message: 'Explain gift cards', added: ['docs/gift-cards.md'] }],
      installation: { id: expect.any(Number) },
    });
    const heads = z.object({ before: z.string(), after: z.string() });
    const moved = heads.parse(synchronize?.payload);
    expect(heads.parse(push?.payload)).toMatchObject(moved);
    const pull = await github.control('GET', `${storefront}/pulls/4`);
    const truth = await github.control('GET', `${storefront}/branches`);
    expect(pull).toMatchObject({ headRef: 'gift-cards', headSha: moved.after });
    expect(truth).toContainEqual({ name: 'gift-cards', sha: moved.after });
  });

  test('headers: signature over the very bytes, event, unique delivery id', async () => {
    await eventsOf(() =>
      github.control('POST', `${storefront}/check-runs`, {
        branch: 'main',
        name: 'lint',
        conclusion: 'success',
      }),
    );
    for (const { headers, body } of receiver.received) {
      const expected = createHmac('sha256', webhookSecret).update(body).digest('hex');
      expect(headers['x-hub-signature-256']).toBe(`sha256=${expected}`);
      expect(headers['user-agent']).toMatch(/^GitHub-Hookshot\//);
      expect(headers['x-github-hook-installation-target-type']).toBe('integration');
    }
    expect(new Set(receiver.received.map(({ guid }) => guid)).size).toBe(receiver.received.length);
  });

  test('the life of a pull request', async () => {
    const asGrace = { login: 'grace' };
    const events = await eventsOf(async () => {
      const commit = {
        branch: 'life',
        message: 'Begin',
        authorLogin: 'grace',
        path: 'life.md',
        content: 'x\n',
      };
      await github.control('POST', `${storefront}/commits`, commit);
      const made = await github.control('POST', `${storefront}/pulls`, {
        ...asGrace,
        title: 'Life',
        head: 'life',
        draft: true,
      });
      const { number } = z.object({ number: z.number() }).parse(made);
      const pull = `${storefront}/pulls/${number}`;
      await github.control('PATCH', pull, { ...asGrace, draft: false });
      await github.control('PATCH', pull, { ...asGrace, draft: true });
      await github.control('PATCH', pull, { ...asGrace, draft: false });
      await github.control('PATCH', pull, { ...asGrace, title: 'A life', body: 'Short.' });
      await github.control('PATCH', pull, { ...asGrace, state: 'closed' });
      await github.control('PATCH', pull, { ...asGrace, state: 'open' });
      await github.control('POST', `${pull}/reviews`, { login: 'ada', state: 'APPROVED' });
      await github.control('POST', `${pull}/merge`, { login: 'ada', method: 'squash' });
    });
    expect(events).toEqual([
      'push',
      'pull_request.opened',
      'pull_request.ready_for_review',
      'pull_request.converted_to_draft',
      'pull_request.ready_for_review',
      'pull_request.edited',
      'pull_request.closed',
      'pull_request.reopened',
      'pull_request_review.submitted',
      'pull_request.closed',
      'push',
    ]);
    const merged = receiver.received.at(-2)?.payload;
    expect(merged).toMatchObject({ pull_request: { merged: true, merged_by: { login: 'ada' } } });
  });

  test('checks: created, completed, and the suite when the last one is done', async () => {
    const run = { branch: 'gift-cards', name: 'types' };
    const events = await eventsOf(async () => {
      await github.control('POST', `${storefront}/check-runs`, { ...run, status: 'in_progress' });
      await github.control('POST', `${storefront}/check-runs`, { ...run, conclusion: 'failure' });
    });
    expect(events).toEqual(['check_run.created', 'check_run.completed', 'check_suite.completed']);
    expect(receiver.received[1]?.payload).toMatchObject({
      check_run: { conclusion: 'failure', pull_requests: [{ number: 4 }] },
    });
  });

  test('a check that runs again replaces the one before it', async () => {
    const run = { branch: 'gift-cards', name: 'again' };
    await github.control('POST', `${storefront}/check-runs`, { ...run, conclusion: 'failure' });
    await github.control('POST', `${storefront}/check-runs`, { ...run, status: 'in_progress' });
    const commit = { owner: 'acme', repo: 'storefront', ref: 'gift-cards', check_name: 'again' };
    const latest = await github.as('ada').checks.listForRef(commit);
    expect(latest.data.check_runs.map(({ status }) => status)).toEqual(['in_progress']);
    const all = await github.as('ada').checks.listForRef({ ...commit, filter: 'all' });
    expect(all.data.total_count).toBe(2);
  });

  test('people come and go', async () => {
    const events = await eventsOf(async () => {
      await github.control('POST', '/users', { login: 'linus' });
      await github.control('PUT', '/orgs/acme/members/linus', {});
      await github.control('PUT', `${storefront}/collaborators/linus`, { permission: 'write' });
      await github.control('POST', '/orgs/acme/memberships', { login: 'linus' });
      await github.control('DELETE', `${storefront}/collaborators/linus`);
      await github.control('DELETE', '/orgs/acme/members/linus');
    });
    expect(events).toEqual([
      'organization.member_added',
      'member.added',
      'membership.added',
      'member.removed',
      'organization.member_removed',
    ]);
  });

  test('repositories are made, changed and removed', async () => {
    const events = await eventsOf(async () => {
      await github.control('POST', '/repos', { owner: 'acme', name: 'fresh' });
      await github.control('PATCH', '/repos/acme/fresh', { private: true });
      await github.control('PATCH', '/repos/acme/fresh', { private: false });
      await github.control('PATCH', '/repos/acme/fresh', { archived: true });
      await github.control('PATCH', '/repos/acme/fresh', { name: 'stale' });
      await github.control('DELETE', '/repos/acme/stale');
    });
    expect(events.map((event) => event.replace('repository.', ''))).toEqual([
      'created',
      'privatized',
      'publicized',
      'archived',
      'renamed',
      'deleted',
    ]);
  });

  test('the installation is narrowed, suspended, removed and made again', async () => {
    const list = z.array(z.object({ id: z.number(), account: z.string() }));
    const installations = list.parse(await github.control('GET', '/installations'));
    const id = installations.find((entry) => entry.account === 'ada')?.id ?? 0;
    const events = await eventsOf(async () => {
      await github.control('PATCH', `/installations/${id}`, { repositories: [] });
      await github.control('PATCH', `/installations/${id}`, { repositories: ['notes'] });
      await github.control('PATCH', `/installations/${id}`, { suspended: true });
      await github.control('PATCH', `/installations/${id}`, { suspended: false });
      await github.control('DELETE', `/installations/${id}`);
      await github.control('POST', '/installations', { account: 'ada' });
    });
    expect(events).toEqual([
      'installation_repositories.removed',
      'installation_repositories.added',
      'installation.suspend',
      'installation.unsuspend',
      'installation.deleted',
      'installation.created',
    ]);
  });

  test('nothing is sent about a repository that the installation does not cover', async () => {
    await github.control('POST', '/users', { login: 'private-person' });
    const events = await eventsOf(() =>
      github.control('POST', '/repos', { owner: 'private-person', name: 'diary' }),
    );
    expect(events).toEqual([]);
  });
});

describe('deliveries are listed and can be sent again', () => {
  test('a failed delivery is not tried again by itself, and is redelivered with its guid', async () => {
    receiver.state.answer = 500;
    await github.control('POST', `${storefront}/commits`, {
      branch: 'later',
      message: 'Later',
      authorLogin: 'ada',
      path: 'later.md',
      content: 'x\n',
    });
    await github.control('POST', '/webhooks/idle');
    expect(receiver.received).toHaveLength(1);
    const app = github.asApp();
    const [failed] = (await app.apps.listWebhookDeliveries()).data;
    expect(failed).toMatchObject({ event: 'push', status_code: 500, redelivery: false });
    receiver.state.answer = 202;
    await app.apps.redeliverWebhookDelivery({ delivery_id: failed?.id ?? 0 });
    await until('it was sent again', () => receiver.received.length === 2);
    expect(receiver.received[1]?.guid).toBe(receiver.received[0]?.guid);
    expect(receiver.received[1]?.body).toBe(receiver.received[0]?.body);
    await github.control('POST', '/webhooks/idle');
    const again = (await app.apps.listWebhookDeliveries()).data[0];
    expect(again).toMatchObject({ guid: failed?.guid, redelivery: true, status: 'OK' });
    const detail = await app.apps.getWebhookDelivery({ delivery_id: again?.id ?? 0 });
    expect(detail.data.request.payload).toMatchObject({ ref: 'refs/heads/later' });
  });

  test('the list is paged with a cursor, newest first, nothing twice', async () => {
    const app = github.asApp();
    const all = await app.paginate(app.apps.listWebhookDeliveries, { per_page: 4 });
    const ids = all.map((delivery) => delivery.id);
    expect(ids.length).toBeGreaterThan(20);
    expect(ids).toEqual([...new Set(ids)].sort((left, right) => right - left));
  });

  test('a receiver that is away is a failed delivery; a webhook fault loses one silently', async () => {
    await github.control('POST', '/faults', { kind: 'webhook', event: 'push', times: 1 });
    const commit = { branch: 'lost', authorLogin: 'ada', path: 'lost.md' };
    await github.control('POST', `${storefront}/commits`, { ...commit, message: 'One', content: '1\n' });
    await github.control('POST', `${storefront}/commits`, { ...commit, message: 'Two', content: '2\n' });
    await github.control('POST', '/webhooks/idle');
    expect(receiver.received.map(({ payload }) => payload)).toMatchObject([
      { commits: [{ message: 'Two' }] },
    ]);
    const [, lost] = (await github.asApp().apps.listWebhookDeliveries()).data;
    expect(lost?.status_code).toBe(502);
  });

  test('what was to be sent when the double stopped is sent after its next start', async () => {
    const other = await startTestDouble();
    other.running.setWebhookUrl(receiver.url);
    await other.control('POST', '/webhooks/pause');
    await other.control('POST', '/repos', { owner: 'acme', name: 'pending' });
    expect(receiver.received).toHaveLength(0);
    await other.restart();
    await until('the webhook came', () => receiver.received.length === 1);
    expect(receiver.received[0]?.event).toBe('repository');
    await other.stop();
  });
});

test("the signature is accepted by GitHub's own library", async () => {
  await github.control('POST', '/repos', { owner: 'acme', name: 'signed' });
  await github.control('POST', '/webhooks/idle');
  const [first] = receiver.received;
  const signature = first?.headers['x-hub-signature-256'] ?? '';
  expect(await new Webhooks({ secret: webhookSecret }).verify(first?.body ?? '', signature)).toBe(true);
  expect(await new Webhooks({ secret: 'other' }).verify(first?.body ?? '', signature)).toBe(false);
});
