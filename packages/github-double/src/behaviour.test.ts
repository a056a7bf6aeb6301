import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { SignJWT, importPKCS8 } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { appId, appKey, clientId, refusal, startTestDouble } from './testing/harness.ts';
import type { TestDouble } from './testing/harness.ts';

let github: TestDouble;
const storefront = { owner: 'acme', repo: 'storefront' };

beforeAll(async () => {
  github = await startTestDouble();
});
afterAll(async () => {
  await github.stop();
});

describe("the app's own tokens", () => {
  const pkcs8 = () => {
    // The harness keeps the older form; jose reads PKCS #8.
    const pem = createPrivateKey(appKey.privateKey).export({ type: 'pkcs8', format: 'pem' });
    return importPKCS8(pem.toString(), 'RS256');
  };
  const ask = async (jwt: string) => {
    const reply = await fetch(`${github.running.apiUrl}/app`, {
      headers: { authorization: `Bearer ${jwt}` },
    });
    return {
      status: reply.status,
      body: z
        .object({ message: z.string() })
        .partial()
        .parse(await reply.json()),
    };
  };
  const jwt = async (
    issuer: string,
    lifetimeSeconds: number,
    key?: Awaited<ReturnType<typeof importPKCS8>>,
  ) => {
    const issuedAt = Math.floor(Date.now() / 1_000) - 30;
    return new SignJWT()
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(issuer)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + lifetimeSeconds)
      .sign(key ?? (await pkcs8()));
  };

  test('the id and the client id are both good issuers; time, key and issuer are checked', async () => {
    expect((await ask(await jwt(String(appId), 300))).status).toBe(200);
    expect((await ask(await jwt(clientId, 300))).status).toBe(200);
    expect((await ask(await jwt(String(appId), 3_600))).body.message).toContain('too far in the future');
    expect((await ask(await jwt(String(appId), -300))).status).toBe(401);
    expect((await ask(await jwt('4711', 300))).status).toBe(401);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const other = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect((await ask(await jwt(String(appId), 300, await importPKCS8(other, 'RS256')))).status).toBe(401);
  });

  test('a token asks for no more than the app has, and ends with the suspension', async () => {
    const app = github.asApp();
    const { data } = await app.apps.getUserInstallation({ username: 'ada' });
    const installation_id = data.id;
    const much = app.apps.createInstallationAccessToken({
      installation_id,
      permissions: { members: 'write' },
    });
    expect(await refusal(much)).toMatchObject({ status: 422 });
    const foreign = app.apps.createInstallationAccessToken({ installation_id, repositories: ['billing'] });
    expect(await refusal(foreign)).toMatchObject({ status: 422 });
    const token = await app.apps.createInstallationAccessToken({ installation_id });
    const ask = () =>
      fetch(`${github.running.apiUrl}/installation/repositories`, {
        headers: { authorization: `token ${token.data.token}` },
      });
    expect((await ask()).status).toBe(200);
    await github.control('PATCH', `/installations/${installation_id}`, { suspended: true });
    expect((await ask()).status).toBe(403);
    expect(await refusal(app.apps.createInstallationAccessToken({ installation_id }))).toMatchObject({
      status: 403,
    });
    await github.control('PATCH', `/installations/${installation_id}`, { suspended: false });
    expect((await ask()).status).toBe(200);
  });
});

describe('who sees what', () => {
  test('a private repository does not exist for those who may not see it', async () => {
    const grace = github.as('grace');
    const billing = { owner: 'acme', repo: 'billing' };
    expect(await refusal(grace.repos.get(billing))).toMatchObject({ status: 404 });
    expect(await refusal(grace.pulls.list(billing))).toMatchObject({ status: 404 });
    expect(await refusal(grace.repos.getContent({ ...billing, path: 'README.md' }))).toMatchObject({
      status: 404,
    });
    expect(await refusal(grace.request('GET /repositories/{id}', { id: 40_002 }))).toMatchObject({
      status: 404,
    });
    const names = (await grace.repos.listForOrg({ org: 'acme' })).data.map((repository) => repository.name);
    expect(names).toEqual(['storefront', 'design-system']);
    const installations = await grace.apps.listInstallationsForAuthenticatedUser();
    const [acme] = installations.data.installations;
    const mine = await grace.apps.listInstallationReposForAuthenticatedUser({
      installation_id: acme?.id ?? 0,
    });
    expect(mine.data.repositories.map((repository) => repository.name)).toEqual(names);
    expect((await github.as('ada').repos.get(billing)).data.private).toBe(true);
  });

  test('reading is not writing, and outsiders are not told who is a member', async () => {
    const grace = github.as('grace');
    const notes = { owner: 'ada', repo: 'notes' };
    expect((await grace.pulls.list(notes)).data).toHaveLength(2);
    const merge = grace.pulls.merge({ ...notes, pull_number: 1 });
    expect([403, 404]).toContain((await refusal(merge)).status);
    await github.control('POST', '/users', { login: 'outsider' });
    expect((await github.as('outsider').orgs.listMembers({ org: 'acme' })).data).toEqual([]);
    expect(
      await refusal(github.asInstallation('ada').repos.get({ owner: 'acme', repo: 'billing' })),
    ).toMatchObject({
      status: 404,
    });
  });

  test('an old name leads to the renamed repository', async () => {
    await github.control('POST', '/repos', { owner: 'acme', name: 'before' });
    await github.control('PATCH', '/repos/acme/before', { name: 'after' });
    const { data } = await github.as('ada').repos.get({ owner: 'acme', repo: 'before' });
    expect(data.full_name).toBe('acme/after');
    await github.control('DELETE', '/repos/acme/after');
    expect(await refusal(github.as('ada').repos.get({ owner: 'acme', repo: 'before' }))).toMatchObject({
      status: 404,
    });
  });
});

describe('the protocol around the replies', () => {
  const get = (path: string, headers: Record<string, string> = {}, login = 'ada') =>
    fetch(`${github.running.apiUrl}${path}`, {
      headers: { authorization: `Bearer ${github.userToken(login)}`, ...headers },
    });

  test('an unchanged reply is 304 and costs nothing of the hour', async () => {
    const path = '/repos/acme/design-system/pulls';
    const first = await get(path);
    const etag = first.headers.get('etag') ?? '';
    const remaining = Number(first.headers.get('x-ratelimit-remaining'));
    const second = await get(path, { 'if-none-match': etag });
    expect([second.status, await second.text()]).toEqual([304, '']);
    expect(Number(second.headers.get('x-ratelimit-remaining'))).toBe(remaining);
    await github.control('PATCH', '/repos/acme/design-system/pulls/2', {
      login: 'ada',
      title: 'Button: busy state',
    });
    const third = await get(path, { 'if-none-match': etag });
    expect(third.status).toBe(200);
    expect(Number(third.headers.get('x-ratelimit-remaining'))).toBe(remaining - 1);
  });

  test('pages lead to each other and hold everything once', async () => {
    const ada = github.as('ada');
    const pulls = await ada.paginate(ada.pulls.list, { ...storefront, state: 'all', per_page: 2 });
    expect(pulls.map((pull) => pull.number).toSorted((left, right) => left - right)).toEqual([1, 2, 3, 4, 5]);
    const page = await get('/repos/acme/storefront/pulls?per_page=2&page=2&state=all');
    const link = page.headers.get('link') ?? '';
    expect(
      [...link.matchAll(/[?&]page=(\d+)[^>]*>; rel="(\w+)"/g)].map(([, number, name]) => `${name} ${number}`),
    ).toEqual(['prev 1', 'next 3', 'last 3', 'first 1']);
    const many = await get('/repos/acme/storefront/pulls?per_page=1000&state=all');
    expect(many.headers.get('link')).toBeNull();
  });

  test('until it is seeded it answers 503, so that whoever polls does not see half of it', async () => {
    github.running.double.ready = false;
    const reply = await get('/meta');
    github.running.double.ready = true;
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await get('/meta')).status).toBe(200);
  });

  test('an hour that is used up is 403 with the time it ends', async () => {
    await github.control('POST', '/rate-limits', { key: 'user:20002', remaining: 1, resetInSeconds: 60 });
    expect((await get('/user', {}, 'grace')).status).toBe(200);
    const refused = await get('/user', {}, 'grace');
    expect(refused.status).toBe(403);
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
    const resetSeconds = Number(refused.headers.get('x-ratelimit-reset'));
    expect(resetSeconds - Date.now() / 1_000).toBeGreaterThan(30);
    expect((await get('/rate_limit', {}, 'grace')).status).toBe(200);
    await github.control('POST', '/rate-limits', { key: 'user:20002', remaining: 5_000 });
  });
});

describe('faults', () => {
  const ask = () => fetch(`${github.running.apiUrl}/repos/acme/storefront`);
  const match = { method: 'GET', path: '/api/v3/repos/acme/*' };

  test('a status as often as asked for, and only where asked for', async () => {
    await github.control('POST', '/faults', { kind: 'status', status: 502, match, times: 2 });
    expect((await fetch(`${github.running.apiUrl}/meta`)).status).toBe(200);
    expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([502, 502, 200]);
  });

  test('rate limits, primary and secondary', async () => {
    await github.control('POST', '/faults', { kind: 'rateLimit', match, retryAfterSeconds: 7 });
    await github.control('POST', '/faults', {
      kind: 'rateLimit',
      match,
      limit: 'secondary',
      retryAfterSeconds: 7,
    });
    const primary = await ask();
    expect([primary.status, primary.headers.get('x-ratelimit-remaining')]).toEqual([403, '0']);
    const secondary = await ask();
    expect([secondary.status, secondary.headers.get('retry-after')]).toEqual([403, '7']);
  });

  test('a dropped connection: before the work, or after it was done', async () => {
    await github.control('POST', '/faults', { kind: 'drop', match });
    await expect(ask()).rejects.toThrow('fetch failed');
    await github.control('POST', '/faults', { kind: 'drop', when: 'after', match: { method: 'POST' } });
    const comment = github.as('ada').issues.createComment({ ...storefront, issue_number: 1, body: 'Heard?' });
    expect(await refusal(comment)).toMatchObject({ status: 500 });
    const comments = await github.as('ada').issues.listComments({ ...storefront, issue_number: 1 });
    expect(comments.data.map(({ body }) => body)).toEqual(['Heard?']);
  });

  test('a delay lets other requests pass, and clearing ends a lasting fault', async () => {
    await github.control('POST', '/faults', { kind: 'delay', delayMs: 300, match, times: null });
    const order: string[] = [];
    const slow = ask().then(() => order.push('slow'));
    await fetch(`${github.running.apiUrl}/meta`).then(() => order.push('other'));
    await slow;
    expect(order).toEqual(['other', 'slow']);
    expect(await github.control('DELETE', '/faults')).toEqual({ cleared: 1 });
    expect(await github.control('GET', '/faults')).toEqual([]);
  });

  test('the control API takes no orders from a page of another origin', async () => {
    const answer = await fetch(`${github.running.url}/_double/faults`, {
      method: 'DELETE',
      headers: { origin: 'https://evil.example.com' },
    });
    expect(answer.status).toBe(403);
  });
});

describe('pages', () => {
  const page = async (path: string) => {
    const reply = await fetch(`${github.running.url}${path}`);
    return { status: reply.status, type: reply.headers.get('content-type'), text: await reply.text() };
  };

  test('portraits, the pull request with its button, the installation', async () => {
    expect(await page('/avatars/u/20001')).toMatchObject({ status: 200, type: 'image/svg+xml' });
    const pull = await page('/acme/storefront/pull/2');
    expect(pull.text).toContain('Merge pull request');
    expect((await page('/acme/storefront/pull/5')).text).toContain('has conflicts');
    expect((await page('/apps/test-app/installations/new')).text).toContain('installed');
    expect((await page('/acme/storefront/pull/99')).status).toBe(404);
  });

  test('the button merges as the person chosen', async () => {
    const press = (login: string) =>
      fetch(`${github.running.url}/acme/storefront/pull/2/merge`, {
        method: 'POST',
        body: new URLSearchParams({ login, merge_method: 'squash' }),
        redirect: 'manual',
      });
    expect((await press('outsider')).status).toBe(404);
    expect((await press('grace')).status).toBe(303);
    const { data } = await github.as('ada').pulls.get({ ...storefront, pull_number: 2 });
    expect(data).toMatchObject({ merged: true, merged_by: { login: 'grace' } });
    expect((await page('/acme/storefront/pull/2')).text).toContain('Merged');
  });

  test('an app is made from a manifest with one button, and its code works once', async () => {
    const manifest = JSON.stringify({
      name: 'Made here',
      url: 'http://127.0.0.1:7741',
      hook_attributes: { url: 'http://127.0.0.1:7741/webhooks/github' },
      redirect_url: 'http://127.0.0.1:7741/setup/callback',
      default_permissions: { contents: 'write' },
      default_events: ['push'],
    });
    const post = (path: string, fields: Record<string, string>) =>
      fetch(`${github.running.url}${path}`, {
        method: 'POST',
        body: new URLSearchParams(fields),
        redirect: 'manual',
      });
    const confirm = await post('/organizations/acme/settings/apps/new?state=abc', { manifest });
    expect(await confirm.text()).toContain('Create GitHub App');
    const fields = { manifest, state: 'abc', owner: 'acme', name: 'Made here' };
    const back = new URL((await post('/settings/apps/create', fields)).headers.get('location') ?? '');
    expect(back.searchParams.get('state')).toBe('abc');
    const path = `/api/v3/app-manifests/${back.searchParams.get('code')}/conversions`;
    const made = await post(path, {});
    expect(made.status).toBe(201);
    expect(await made.json()).toMatchObject({
      slug: 'made-here',
      owner: { login: 'acme' },
      pem: expect.any(String),
    });
    expect((await post(path, {})).status).toBe(404);
  });
});

test('everything is found again after a restart', async () => {
  const before = await github.control('GET', '/repos/acme/storefront/pulls');
  const token = github.userToken('ada');
  await github.restart();
  expect(await github.control('GET', '/repos/acme/storefront/pulls')).toEqual(before);
  const user = await fetch(`${github.running.apiUrl}/user`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(user.status).toBe(200);
});
