import { taskSummarySchema } from '@foundry/shared/entities';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { eventually, OrganizationView } from '../../actors/testing/organization-view.ts';
import { startGitHubGateway, type GitHubGateway } from '../testing/github-gateway.ts';

/* A new task's branch, from the request to GitHub: what GitHub has is nobody's to take over without being asked. */

let world: GitHubGateway;
let headers: Headers;
let acme: OrganizationView;
let storefront: string;
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

beforeAll(async () => {
  world = await startGitHubGateway({ seed: 'small' });
  ({ headers } = await world.stack.signIn('ada'));
  acme = new OrganizationView(world.stack, 'acme');
  storefront = world.stack.repositoryId('acme', 'storefront');
  await acme.sync();
  // Somebody's work without a pull request: Foundry has never heard of it.
  for (const branch of ['foundry/add-a-cart', 'fix/login', 'docs']) await push(branch);
  await eventually(async () => {
    const { status } = await world.request(headers, 'GET', `/api/v1/organizations/${acme.id}`);
    if (status !== 200) throw new Error(`the organization cannot be read yet: ${String(status)}`);
  });
});
afterAll(async () => await world.stop(), 60_000);

async function push(branch: string): Promise<void> {
  await world.stack.control('POST', '/repos/acme/storefront/commits', {
    branch,
    message: 'Work of somebody',
    authorLogin: 'grace',
    path: 'theirs.txt',
    content: branch,
  });
}

async function create(
  fields: object,
): Promise<{ status: number; code: string | null; branch: string | null }> {
  const { status, body } = await world.request(headers, 'POST', `/api/v1/organizations/${acme.id}/tasks`, {
    repositoryId: storefront,
    ...fields,
  });
  const answer = z
    .object({
      error: z.object({ code: z.string(), message: z.string() }).optional(),
      task: taskSummarySchema.optional(),
    })
    .parse(body);
  return { status, code: answer.error?.code ?? null, branch: answer.task?.branch ?? null };
}

describe('the branch of a new task', () => {
  test('a branch that GitHub has without a pull request is not taken over: a derived name gets a number', async () => {
    expect(await create({ title: 'Add a cart' })).toMatchObject({
      status: 201,
      branch: 'foundry/add-a-cart-2',
    });
  });

  test('for a name given by hand the person is asked, and the answer is followed', async () => {
    expect(await create({ title: 'Login', branch: 'fix/login' })).toMatchObject({
      status: 409,
      code: 'branch_exists',
    });
    expect(await create({ title: 'Login', branch: 'fix/login', existingBranch: 'next' })).toMatchObject({
      status: 201,
      branch: 'fix/login-2',
    });
    expect(await create({ title: 'Login', branch: 'fix/login', existingBranch: 'use' })).toMatchObject({
      status: 201,
      branch: 'fix/login',
    });
  });

  test('a name that cannot exist beside a branch on GitHub is refused before any work', async () => {
    expect(await create({ title: 'A', branch: 'fix' })).toMatchObject({ status: 409, code: 'branch_taken' });
    expect(await create({ title: 'A', branch: 'docs/readme' })).toMatchObject({
      status: 409,
      code: 'branch_taken',
    });
    expect(await create({ title: 'A', branch: 'fix/login/form' })).toMatchObject({
      status: 409,
      code: 'branch_taken',
    });
  });

  test('GitHub is asked at that moment: a branch pushed a moment ago counts', async () => {
    await push('fresh/one');
    expect(await create({ title: 'Fresh', branch: 'fresh/one' })).toMatchObject({ code: 'branch_exists' });
  });

  test('a base that GitHub does not have is refused', async () => {
    expect(await create({ title: 'B', branch: 'b', baseBranch: 'no-such' })).toMatchObject({
      status: 404,
      code: 'base_branch_not_found',
    });
  });

  test.each([
    { title: 'T', branch: 'HEAD' },
    { title: 'T', branch: '@' },
    { title: 'T', branch: 'refs/heads/x' },
    { title: 'T', branch: 'feature/.hidden' },
    { title: 'T', branch: 'a.lock/b' },
    { title: 'T', baseBranch: 'HEAD' },
    { title: 'one\ntwo' },
  ])('%j is refused at once', async (fields) => {
    expect((await create(fields)).status).toBe(400);
  });

  test("a name of git's own rules is taken, whatever its letters", async () => {
    expect(await create({ title: 'Umlaut', branch: 'fix/ä' })).toMatchObject({
      status: 201,
      branch: 'fix/ä',
    });
  });

  test('while GitHub does not answer no name is claimed, and the answer says why', async () => {
    const fault = z.object({ id: z.union([z.string(), z.number()]) }).parse(
      await world.stack.control('POST', '/faults', {
        kind: 'status',
        status: 503,
        match: { path: '*/git/matching-refs/*' },
        times: null,
      }),
    );
    expect(await create({ title: 'Outage', branch: 'outage' })).toMatchObject({
      status: 503,
      code: 'github_unavailable',
    });
    await world.stack.control('DELETE', `/faults/${fault.id}`);
    expect(await create({ title: 'Outage', branch: 'outage' })).toMatchObject({
      status: 201,
      branch: 'outage',
    });
  });
});
