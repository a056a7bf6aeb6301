import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { eventually, OrganizationView } from '../../actors/testing/organization-view.ts';
import { startGitHubGateway, type GitHubGateway } from '../testing/github-gateway.ts';

/* GitHub refuses a read-only collaborator's push. Here an agent would push for them, as somebody else. */

let world: GitHubGateway;
beforeAll(async () => {
  world = await startGitHubGateway({ seed: 'small' });
}, 90_000);
afterAll(async () => await world.stop(), 30_000);
vi.setConfig({ testTimeout: 120_000 });

async function grant(permission: string): Promise<void> {
  await world.stack.control('PUT', '/repos/acme/storefront/collaborators/mallory', { permission });
}

test("what a person may do follows GitHub's role, up and down, while they stay signed in", async () => {
  const { stack } = world;
  await stack.control('POST', '/users', { login: 'mallory' });
  await grant('read');
  const acme = new OrganizationView(stack, 'acme');
  await acme.sync();
  const mallory = await stack.signIn('mallory');
  const organization = `/api/v1/organizations/${acme.id}`;
  const repositoryId = stack.repositoryId('acme', 'storefront');
  const create = async (title: string) =>
    await world.request(mallory.headers, 'POST', `${organization}/tasks`, { repositoryId, title });
  const task = `${organization}/tasks/pr_${repositoryId}_1`;
  await eventually(async () => {
    const now = await world.request(mallory.headers, 'GET', organization);
    expect(now).toMatchObject({ status: 200, body: { roles: { [repositoryId]: 'read' } } });
  });
  expect((await world.request(mallory.headers, 'POST', `${task}/open`, {})).status).toBe(200);
  const attempts = async () => {
    const statuses: number[] = [(await create('Reader')).status];
    for (const path of ['provision', 'publish', 'owner', 'sessions']) {
      statuses.push((await world.request(mallory.headers, 'POST', `${task}/${path}`, {})).status);
    }
    statuses.push((await world.request(mallory.headers, 'POST', `${organization}/sync`, {})).status);
    return statuses;
  };
  expect(await attempts()).toEqual(Array(6).fill(403));
  expect((await create('Words')).body).toMatchObject({
    error: { code: 'not_permitted', message: expect.stringContaining('you may read this repository') },
  });

  await grant('triage');
  await eventually(async () => {
    const now = await world.request(mallory.headers, 'GET', organization);
    expect(now.body).toMatchObject({ roles: { [repositoryId]: 'triage' } });
  });
  expect(await attempts()).toEqual(Array(6).fill(403));

  await grant('write');
  await eventually(async () => expect((await create('Writer')).status).toBe(201));
  await grant('read');
  await eventually(async () => expect((await create('Reader again')).status).toBe(403));
});
