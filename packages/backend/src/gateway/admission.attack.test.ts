import { organizationSchema } from '@foundry/shared/entities';
import { userSnapshotSchema } from '@foundry/shared/topics';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { userAddress } from '../actors/addresses.ts';
import { eventually } from '../actors/testing/organization-view.ts';
import { startGitHubGateway, type GitHubGateway } from './testing/github-gateway.ts';

/* Whoever can sign in at GitHub can install the App on an account of their own. That must open nothing here. */

let world: GitHubGateway;
afterEach(async () => await world.stop(), 30_000);
vi.setConfig({ testTimeout: 120_000 });

/** A stranger with an own repository, who installs the App on their account. */
async function stranger(login: string): Promise<void> {
  await world.stack.control('POST', '/users', { login });
  await world.stack.control('POST', '/repos', { owner: login, name: 'trap', files: { 'a.txt': 'a' } });
}

async function install(login: string): Promise<void> {
  await world.stack.control('POST', '/installations', { account: login });
  await world.stack.control('POST', '/webhooks/idle');
}

async function snapshot(userId: string) {
  return userSnapshotSchema.parse(await world.stack.connections.call(userAddress(userId), 'snapshot', []));
}

async function organizationsOf(headers: Headers): Promise<string[]> {
  const { body } = await world.request(headers, 'GET', '/api/v1/organizations');
  return z
    .object({ organizations: z.array(organizationSchema) })
    .parse(body)
    .organizations.map(({ login }) => login);
}

/** Organizations that have actors here. */
async function served(): Promise<string[]> {
  return (await world.stack.actorKeys('organization')).map((key) => key.replace(/^org\//, '')).sort();
}

describe('who may come in', () => {
  test('listed accounts come in; a stranger neither signs in nor gets an actor, also not by a webhook', async () => {
    world = await startGitHubGateway({
      seed: 'small',
      admission: { kind: 'listed', accounts: new Set(['acme']) },
    });
    const { stack } = world;
    await stranger('mallory');
    await install('mallory');
    await expect(stack.signIn('mallory')).rejects.toThrow('error=account_not_allowed');
    const grace = await stack.signIn('grace');
    await eventually(async () => expect(await organizationsOf(grace.headers)).toEqual(['acme']));
    // Ada's own account has the App too, and is not on the list.
    const ada = await stack.signIn('ada');
    await eventually(async () => expect(await organizationsOf(ada.headers)).toEqual(['acme']));
    await stack.control('POST', '/repos/mallory/trap/commits', {
      branch: 'main',
      message: 'wake up',
      authorLogin: 'mallory',
      path: 'b.txt',
      content: 'b',
    });
    await stack.control('POST', '/webhooks/idle');
    expect(await served()).toEqual([stack.accountId('acme')]);
    expect(await stack.actorKeys('githubData')).toHaveLength(1);
    const own = await world.request(ada.headers, 'GET', `/api/v1/organizations/${stack.accountId('ada')}`);
    expect(own.status).toBe(404);
  });

  test('without a list the account that installed first is served, and a stranger who was signed in before gets nothing', async () => {
    world = await startGitHubGateway({ seed: 'small', admission: { kind: 'firstInstalled' } });
    const { stack } = world;
    await stranger('mallory');
    const mallory = await stack.signIn('mallory');
    expect((await snapshot(mallory.userId)).accessProblem).toBeNull();
    // acme's installation is older than the one on Ada's own account.
    const ada = await stack.signIn('ada');
    await eventually(async () => expect(await organizationsOf(ada.headers)).toEqual(['acme']));
    await install('mallory');
    await world.request(mallory.headers, 'POST', '/api/v1/me/refresh-access', {});
    await eventually(async () => {
      const now = await snapshot(mallory.userId);
      expect(now.organizations).toEqual([]);
      expect(now.accessProblem?.kind).toBe('not_admitted');
      expect(now.accessProblem?.message).toContain(
        'installed on mallory, but this server is for other accounts',
      );
    });
    await expect(stack.signIn('mallory')).rejects.toThrow('error=account_not_allowed');
    expect(await served()).toEqual([stack.accountId('acme')]);
    // Members of the admitted account still come in.
    await stack.signIn('grace');
  });
});
