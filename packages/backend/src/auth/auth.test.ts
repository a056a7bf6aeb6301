import { randomUUID } from 'node:crypto';
import { makeSignature } from 'better-auth/crypto';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { authLimits } from '../limits.ts';
import { createAuth, type FoundryAuth } from './auth.ts';
import { betterAuthSecret } from './auth-options.ts';
import { createAuthRows, type AuthRows, type EndedSession } from './auth-rows.ts';
import { createSecretBox } from './crypto.ts';
import { EndedSessions } from './ended-sessions.ts';
import { createInProcessStore, type InProcessStore } from './testing/in-process-store.ts';
import { equals } from './where.ts';

const box = createSecretBox('a-secret-of-at-least-thirty-two-chars');
const publicUrl = 'https://foundry.example.com';
const github = {
  webUrl: 'https://github.example.com',
  apiUrl: 'https://api.github.example.com',
  clientId: 'client-id',
  clientSecret: 'client-secret',
};
const address = '203.0.113.7';

let store: InProcessStore;
let rows: AuthRows;
let ended: EndedSession[];
let auth: FoundryAuth;
let clockOffsetMs: number;

const newGateway = (): FoundryAuth =>
  createAuth({
    store,
    box,
    publicUrl,
    github,
    admission: async () => 'admitted',
    nowMs: () => Date.now() + clockOffsetMs,
    log: pino({ level: 'silent' }),
    onSessionEnded: (session) => void ended.push(session),
  });

beforeEach(async () => {
  ended = [];
  clockOffsetMs = 0;
  store = createInProcessStore();
  rows = createAuthRows({
    store,
    box,
    nowMs: Date.now,
    newCommandId: randomUUID,
    onSessionEnded: () => undefined,
  });
  auth = newGateway();
  // Most tests are about a gateway that has been running for a while.
  clockOffsetMs = authLimits.cookieCacheMs;
  const now = new Date().toISOString();
  await rows.create('user', {
    id: 'ada',
    name: 'Ada',
    email: 'ada@example.com',
    emailVerified: true,
    githubId: '7',
    login: 'ada-l',
    image: 'https://avatars.example.com/7',
    createdAt: now,
    updatedAt: now,
  });
});

afterEach(() => store.close());

/** A signed-in browser: the cookie header that Better Auth's own signing gives. */
async function signedIn(token: string, expiresInMs = 3_600_000): Promise<Headers> {
  const now = new Date().toISOString();
  await rows.create('session', {
    id: `id-of-${token}`,
    userId: 'ada',
    token,
    expiresAt: new Date(Date.now() + expiresInMs).toISOString(),
    createdAt: now,
    updatedAt: now,
  });
  const signature = await makeSignature(token, betterAuthSecret(box));
  const value = encodeURIComponent(`${token}.${signature}`);
  return new Headers({ cookie: `__Secure-foundry.session_token=${value}` });
}

/** The same browser with what the server told it to keep. */
function withCookies(headers: Headers, setCookies: readonly string[]): Headers {
  const pairs = setCookies.map((cookie) => cookie.split(';')[0] ?? '');
  return new Headers({ cookie: [headers.get('cookie') ?? '', ...pairs].join('; ') });
}

async function verified(gateway: FoundryAuth, headers: Headers) {
  const session = await gateway.verifySession(headers);
  if (session === null) throw new Error('expected a session');
  return session;
}

function post(path: string, headers: Headers, body: object = {}): Request {
  const all = new Headers(headers);
  all.set('content-type', 'application/json');
  all.set('origin', publicUrl);
  return new Request(`${publicUrl}/api/auth${path}`, {
    method: 'POST',
    headers: all,
    body: JSON.stringify(body),
  });
}

const storeDown = (): Promise<never> => Promise.reject(new Error('the store is down'));

describe('sessions', () => {
  test('a session is verified from the store, then from its signed cookie alone', async () => {
    const headers = await signedIn('token-1');
    const session = await verified(auth, headers);
    expect(session).toMatchObject({
      userId: 'ada',
      user: { githubId: '7', login: 'ada-l', name: 'Ada', avatarUrl: 'https://avatars.example.com/7' },
      sessionTokenHash: box.keyedHash('token-1', 'session-token'),
    });
    const cached = withCookies(headers, session.setCookies);
    const cacheCookie = session.setCookies.find((cookie) => cookie.includes('session_data'));
    expect(cacheCookie).toMatch(/Max-Age=60;.*HttpOnly; Secure; SameSite=Lax/);
    store.app.read = storeDown;
    expect(await auth.verifySession(cached)).toMatchObject({ userId: 'ada', sessionId: 'id-of-token-1' });
    await expect(auth.verifySession(headers)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('nobody is signed in without a cookie, with a forged one, or after the session expired', async () => {
    expect(await auth.verifySession(new Headers())).toBeNull();
    const forged = new Headers({ cookie: '__Secure-foundry.session_token=token-1.c2lnbmF0dXJl' });
    await signedIn('token-1');
    expect(await auth.verifySession(forged)).toBeNull();
    expect(await auth.verifySession(await signedIn('token-2', -1_000))).toBeNull();
    expect(ended).toEqual([{ userId: 'ada', sessionTokenHash: box.keyedHash('token-2', 'session-token') }]);
  });

  test('signing out counts at once, also for a kept copy of all cookies, here and where it is broadcast', async () => {
    const headers = await signedIn('token-1');
    const session = await verified(auth, headers);
    const copy = withCookies(headers, session.setCookies);
    const other = newGateway();
    clockOffsetMs += authLimits.cookieCacheMs;
    expect(await other.verifySession(copy)).not.toBeNull();

    const response = await auth.handle(post('/sign-out', headers), address);
    expect(response.status).toBe(200);
    expect(ended).toEqual([{ userId: 'ada', sessionTokenHash: session.sessionTokenHash }]);
    expect(await auth.verifySession(copy)).toBeNull();
    const replayed = await auth.handle(
      new Request(`${publicUrl}/api/auth/get-session`, { headers: copy }),
      address,
    );
    expect(await replayed.json()).toBeNull();
    expect(await other.verifySession(headers)).toBeNull();
    other.endSession(session.sessionTokenHash);
    expect(await other.verifySession(copy)).toBeNull();
  });

  test('a gateway that may have missed a sign-out asks the store until no older cookie cache can be left', async () => {
    const headers = await signedIn('token-1');
    const copy = withCookies(headers, (await verified(auth, headers)).setCookies);
    const started = newGateway();
    await rows.delete('session', [equals('token', 'token-1')], false);
    expect(await started.verifySession(copy)).toBeNull();
    expect(await auth.verifySession(copy)).not.toBeNull();
    auth.distrustCookieCache();
    expect(await auth.verifySession(copy)).toBeNull();
    const answer = await auth.handle(
      new Request(`${publicUrl}/api/auth/get-session`, { headers: copy }),
      address,
    );
    expect(await answer.json()).toBeNull();
  });

  test('ended sessions are remembered for longer than a cookie cache lives, and then forgotten', () => {
    let nowMs = 0;
    const list = new EndedSessions(() => nowMs);
    list.add('first');
    nowMs = authLimits.cookieCacheMs + 1;
    list.add('second');
    expect([list.has('first'), list.has('second'), list.has('other')]).toEqual([true, true, false]);
    nowMs = authLimits.endedSessionRetentionMs;
    list.add('third');
    expect([list.has('first'), list.has('second')]).toEqual([false, true]);
    for (let count = 0; count < authLimits.endedSessionsMax; count += 1) list.add(`more-${count}`);
    expect([list.has('second'), list.has('more-0')]).toEqual([false, true]);
  });

  test('a sign-out that did not reach the store is an error, not a sign-out', async () => {
    const headers = await signedIn('token-1');
    const original = store.user.bind(store);
    store.user = (userId) => ({ ...original(userId), write: storeDown });
    const response = await auth.handle(post('/sign-out', headers), address);
    expect(response.status).toBe(503);
    store.user = original;
    expect(await auth.verifySession(headers)).not.toBeNull();
  });

  test('revoking the other sessions ends them and keeps this one', async () => {
    const headers = await signedIn('token-1');
    await signedIn('token-2');
    const response = await auth.handle(post('/revoke-other-sessions', headers), address);
    expect(response.status).toBe(200);
    expect(ended.map((session) => session.sessionTokenHash)).toEqual([
      box.keyedHash('token-2', 'session-token'),
    ]);
    expect(await rows.find('session', [equals('userId', 'ada')])).toMatchObject([{ token: 'token-1' }]);
  });
});

describe('the way to GitHub', () => {
  test('[R17] sign-in goes to the configured address with state and PKCE; the state is stored sealed', async () => {
    const response = await auth.handle(
      post('/sign-in/social', new Headers(), { provider: 'github', callbackURL: '/tasks' }),
      address,
    );
    const body: unknown = await response.json();
    const url = new URL(typeof body === 'object' && body !== null && 'url' in body ? String(body.url) : '');
    expect(`${url.origin}${url.pathname}`).toBe(`${github.webUrl}/login/oauth/authorize`);
    expect(url.searchParams.get('redirect_uri')).toBe(`${publicUrl}/api/auth/callback/github`);
    expect(url.searchParams.get('code_challenge_method')).toBe('S256');
    const state = url.searchParams.get('state') ?? '';
    expect(state).not.toBe('');
    const [verification] = await rows.find('verification', []);
    expect(verification?.['value']).toContain('codeVerifier');
    expect(store.dump()).not.toContain(state);
  });

  test('a callback URL elsewhere is refused, and so is a sign-in from another origin', async () => {
    const elsewhere = { provider: 'github', callbackURL: 'https://evil.example.com/' };
    const refused = await auth.handle(post('/sign-in/social', new Headers(), elsewhere), address);
    expect(refused.status).toBe(403);
    const request = post('/sign-out', await signedIn('token-1'));
    request.headers.set('origin', 'https://evil.example.com');
    expect((await auth.handle(request, address)).status).toBe(403);
  });

  test.each(['/get-access-token', '/refresh-token', '/update-user', '/sign-up/email', '/link-social'])(
    'a browser cannot use %s',
    async (path) => {
      const body = {
        providerId: 'github',
        githubId: '1',
        email: 'a@example.com',
        password: 'password1',
        name: 'a',
      };
      const response = await auth.handle(post(path, await signedIn('token-1'), body), address);
      expect(response.status).toBe(404);
    },
  );

  test('sign-ins from one address are limited, whatever address the client claims', async () => {
    const body = { provider: 'github', callbackURL: '/' };
    const from = '198.51.100.1';
    const attempt = (claimed: string) =>
      auth.handle(
        post(
          '/sign-in/social',
          new Headers({ 'x-forwarded-for': claimed, 'x-foundry-client-address': claimed }),
          body,
        ),
        from,
      );
    const statuses: number[] = [];
    for (let count = 0; count < 31; count += 1) statuses.push((await attempt(`192.0.2.${count}`)).status);
    expect(statuses.slice(0, 30)).toEqual(Array.from({ length: 30 }, () => 200));
    expect(statuses[30]).toBe(429);
  });
});
