import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { clientId, clientSecret, startTestDouble } from '../testing/harness.ts';
import type { TestDouble } from '../testing/harness.ts';

let github: TestDouble;

beforeAll(async () => {
  github = await startTestDouble();
});
afterAll(async () => {
  await github.stop();
});

const tokenReply = z.object({
  access_token: z.string().startsWith('ghu_'),
  refresh_token: z.string().startsWith('ghr_'),
  expires_in: z.literal(28_800),
  token_type: z.literal('bearer'),
});

describe('signing in', () => {
  const redirectUri = 'http://127.0.0.1:7741/api/auth/callback/github';
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');

  /** Picks a person on the page as a browser without scripts does, and gives the code that comes back. */
  async function pick(login: string, extra: Record<string, string> = {}): Promise<URL> {
    const query = new URLSearchParams({
      client_id: clientId,
      redirect_uri: redirectUri,
      state: 'st',
      ...extra,
    });
    const page = await (
      await fetch(`${github.running.url}/login/oauth/authorize?${query.toString()}`)
    ).text();
    const form = new URLSearchParams({ login });
    for (const [, name = '', value = ''] of page
      .split('</ul>')[0]
      ?.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g) ?? []) {
      form.set(name, value.replaceAll('&amp;', '&'));
    }
    expect(page).toContain(`value="${login}"`);
    const answer = await fetch(`${github.running.url}/login/oauth/authorize`, {
      method: 'POST',
      body: form,
      redirect: 'manual',
    });
    expect(answer.status).toBe(302);
    return new URL(answer.headers.get('location') ?? '');
  }

  const exchange = async (body: Record<string, string>, accept = 'application/json') =>
    fetch(`${github.running.url}/login/oauth/access_token`, {
      method: 'POST',
      headers: { accept },
      body: new URLSearchParams({ client_id: clientId, client_secret: clientSecret, ...body }),
    });

  test('the person picked on the page is who the token speaks for', async () => {
    const back = await pick('grace', { code_challenge: challenge, code_challenge_method: 'S256' });
    expect(back.searchParams.get('state')).toBe('st');
    expect(back.pathname).toBe('/api/auth/callback/github');
    const code = back.searchParams.get('code') ?? '';
    const reply = tokenReply.parse(await (await exchange({ code, code_verifier: verifier })).json());
    const user = await fetch(`${github.running.apiUrl}/user`, {
      headers: { authorization: `Bearer ${reply.access_token}` },
    });
    expect(await user.json()).toMatchObject({ login: 'grace', email: 'grace@example.com' });
    const again = await exchange({ code, code_verifier: verifier });
    expect([again.status, await again.json()]).toMatchObject([200, { error: 'bad_verification_code' }]);
  });

  test('a wrong verifier, secret or redirect address gives no token', async () => {
    const codeFor = async () =>
      (await pick('ada', { code_challenge: challenge })).searchParams.get('code') ?? '';
    const wrong = await exchange({ code: await codeFor(), code_verifier: 'x' });
    expect(await wrong.json()).toMatchObject({ error: 'bad_verification_code' });
    const secret = await exchange({ code: await codeFor(), client_secret: 'x' });
    expect(await secret.json()).toMatchObject({ error: 'incorrect_client_credentials' });
    const moved = await exchange({
      code: await codeFor(),
      code_verifier: verifier,
      redirect_uri: 'http://x/',
    });
    expect(await moved.json()).toMatchObject({ error: 'redirect_uri_mismatch' });
    const query = new URLSearchParams({ client_id: clientId, redirect_uri: 'https://evil.example.com/' });
    expect((await fetch(`${github.running.url}/login/oauth/authorize?${query.toString()}`)).status).toBe(400);
  });

  test('without an Accept header the reply is a form, as GitHub answers', async () => {
    const code = (await pick('ada')).searchParams.get('code') ?? '';
    const text = await (await exchange({ code }, '*/*')).text();
    expect(new URLSearchParams(text).get('access_token')).toMatch(/^ghu_/);
  });

  test('refreshing gives a new pair and ends the old one', async () => {
    const code = (await pick('ada')).searchParams.get('code') ?? '';
    const first = tokenReply.parse(await (await exchange({ code })).json());
    const refresh = { grant_type: 'refresh_token', refresh_token: first.refresh_token };
    const second = tokenReply.parse(await (await exchange(refresh)).json());
    const ask = (token: string) =>
      fetch(`${github.running.apiUrl}/user`, { headers: { authorization: `Bearer ${token}` } });
    expect((await ask(second.access_token)).status).toBe(200);
    expect((await ask(first.access_token)).status).toBe(401);
    expect(await (await exchange(refresh)).json()).toMatchObject({ error: 'bad_refresh_token' });
    await github.control('POST', '/users/ada/tokens/expire');
    expect((await ask(second.access_token)).status).toBe(401);
    const third = { grant_type: 'refresh_token', refresh_token: second.refresh_token };
    tokenReply.parse(await (await exchange(third)).json());
  });

  test('cancelling comes back with access_denied', async () => {
    const answer = await fetch(`${github.running.url}/login/oauth/authorize`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: clientId, redirect_uri: redirectUri, state: 's', cancel: '1' }),
      redirect: 'manual',
    });
    expect(answer.headers.get('location')).toContain('error=access_denied');
  });
});
