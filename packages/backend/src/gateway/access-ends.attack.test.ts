import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { OrganizationView } from '../actors/testing/organization-view.ts';
import { Browser } from './testing/browser.ts';
import { startGitHubGateway, type GitHubGateway } from './testing/github-gateway.ts';

/* Access that was withdrawn at GitHub ends here too: at once when GitHub says so, and within a minute when it does not. */

let world: GitHubGateway;
let acme: OrganizationView;
beforeAll(async () => {
  world = await startGitHubGateway({ seed: 'small' });
  acme = new OrganizationView(world.stack, 'acme');
  await acme.sync();
}, 90_000);
afterAll(async () => await world.stop(), 30_000);
vi.setConfig({ testTimeout: 180_000 });

/** The promise: this long after it was withdrawn, whatever became of the delivery. */
const boundMs = 60_000;

interface Guest {
  readonly login: string;
  readonly headers: Headers;
  readonly socket: Browser;
}

let people = 0;
/** Somebody with the role Write in the storefront alone, signed in and with the organization open. */
async function guest(): Promise<Guest> {
  people += 1;
  const login = `guest-${people}`;
  await world.stack.control('POST', '/users', { login });
  await world.stack.control('PUT', `/repos/acme/storefront/collaborators/${login}`, { permission: 'write' });
  const { headers } = await world.stack.signIn(login);
  await vi.waitFor(async () => expect((await status(headers)).status).toBe(200), { timeout: 30_000 });
  const cookie = headers.get('cookie') ?? '';
  const socket = await Browser.open(world.url, { cookie }, undefined, world.stack.config.publicUrl);
  socket.subscribe({ kind: 'organization', organizationId: acme.id });
  await socket.next('snapshot', { kind: 'organization', organizationId: acme.id });
  return { login, headers, socket };
}

async function status(headers: Headers, path = ''): Promise<{ status: number; body: unknown }> {
  return await world.request(headers, 'GET', `/api/v1/organizations/${acme.id}${path}`);
}

/** Reads answer as for nothing, and the open socket is told so. */
async function ended({ headers, socket }: Guest): Promise<void> {
  const topic = { kind: 'organization', organizationId: acme.id } as const;
  await vi.waitFor(
    async () => {
      expect((await status(headers)).status).toBe(404);
      expect(socket.of('topicError', topic)).toHaveLength(1);
    },
    { timeout: boundMs, interval: 250 },
  );
  socket.close();
}

async function loseDeliveries(): Promise<void> {
  await world.stack.control('POST', '/faults', { kind: 'webhook', times: null });
}

describe('access ends when it ends', () => {
  beforeEach(async () => {
    await world.stack.control('DELETE', '/faults');
  });

  test('a collaborator is removed and the delivery arrives', async () => {
    const one = await guest();
    await world.stack.control('DELETE', `/repos/acme/storefront/collaborators/${one.login}`);
    await expect(ended(one)).resolves.toBeUndefined();
  });

  test('a collaborator is removed and the delivery is lost', async () => {
    const one = await guest();
    await loseDeliveries();
    await world.stack.control('DELETE', `/repos/acme/storefront/collaborators/${one.login}`);
    await expect(ended(one)).resolves.toBeUndefined();
  });

  test('a sign-in is revoked: the delivery names no account', async () => {
    const one = await guest();
    await world.stack.control('DELETE', `/users/${one.login}/tokens`);
    await expect(ended(one)).resolves.toBeUndefined();
  });

  test('a sign-in is revoked and the delivery is lost', async () => {
    const one = await guest();
    await loseDeliveries();
    await world.stack.control('DELETE', `/users/${one.login}/tokens`);
    await expect(ended(one)).resolves.toBeUndefined();
  });

  test('a repository is made private, of which an outside collaborator of another one knew', async () => {
    const one = await guest();
    const repositoryId = world.stack.repositoryId('acme', 'design-system');
    const sees = async (): Promise<boolean> =>
      JSON.stringify((await status(one.headers)).body).includes(`"${repositoryId}"`);
    await vi.waitFor(async () => expect(await sees()).toBe(true), { timeout: 30_000 });
    await world.stack.control('PATCH', '/repos/acme/design-system', { private: true });
    await vi.waitFor(async () => expect(await sees()).toBe(false), { timeout: boundMs });
    one.socket.close();
  });

  test('a team loses a repository: its event names nobody', async () => {
    const one = await guest();
    await world.stack.control('POST', '/faults', { kind: 'webhook', event: 'member', times: null });
    await world.stack.control('DELETE', `/repos/acme/storefront/collaborators/${one.login}`);
    await world.stack.control('POST', '/orgs/acme/teams', {
      action: 'removed_from_repository',
      repository: 'storefront',
    });
    await expect(ended(one)).resolves.toBeUndefined();
  });

  test('the App is uninstalled and the delivery is lost', async () => {
    const one = await guest();
    await loseDeliveries();
    const installations = await world.stack.control('GET', '/installations');
    const own = (installations as { id: number; account: string }[]).find(
      ({ account }) => account === 'acme',
    );
    await world.stack.control('DELETE', `/installations/${own?.id ?? 0}`);
    await expect(ended(one)).resolves.toBeUndefined();
  });
});
