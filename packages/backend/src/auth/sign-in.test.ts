import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGitHubDouble, type GitHubDouble } from '@foundry/github-double/server';
import { getRequestListener } from '@hono/node-server';
import { applySetCookies } from 'better-auth/cookies';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAuth, type FoundryAuth, type VerifiedSession } from './auth.ts';
import { createAuthRows, type AuthRows } from './auth-rows.ts';
import { EndedSessions } from './ended-sessions.ts';
import { authLimits } from '../limits.ts';
import { createSecretBox } from './crypto.ts';
import { createGitHubTokens } from './github-tokens.ts';
import { createInProcessStore, type InProcessStore } from './testing/in-process-store.ts';
import { equals } from './where.ts';

const box = createSecretBox('a-secret-of-at-least-thirty-two-chars');
const app = { clientId: 'Iv1.sign-in-test', clientSecret: 'sign-in-test-secret' };

let dataDir: string;
let github: GitHubDouble;
let gateway: Server;
let publicUrl: string;
let store: InProcessStore;
let rows: AuthRows;
let auth: FoundryAuth;

const gitHubConfig = () => ({ webUrl: github.url, apiUrl: github.apiUrl, ...app });

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'foundry-sign-in-'));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  github = await startGitHubDouble({ dataDir, seed: 'none', app: { ...app, keyPem }, logLevel: 'silent' });
  const listener = getRequestListener((request) => auth.handle(request, '127.0.0.1'));
  gateway = createServer((request, response) => {
    listener(request, response).catch((error: Error) => response.destroy(error));
  });
  await new Promise<void>((resolve) => {
    gateway.listen(0, '127.0.0.1', resolve);
  });
  const address = gateway.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  publicUrl = `http://127.0.0.1:${address.port}`;
});

afterAll(async () => {
  gateway.closeAllConnections();
  await new Promise((resolve) => {
    gateway.close(resolve);
  });
  await github.stop();
  await rm(dataDir, { recursive: true, force: true });
});

beforeEach(() => {
  store = createInProcessStore();
  rows = createAuthRows({
    store,
    box,
    nowMs: Date.now,
    newCommandId: randomUUID,
    onSessionEnded: () => undefined,
  });
  auth = createAuth({
    store,
    box,
    publicUrl,
    github: gitHubConfig(),
    admission: async () => 'admitted',
    log: pino({ level: 'silent' }),
  });
});

afterEach(() => {
  store.fault = null;
  store.close();
});

let lastId = 5_000;

/** A new person on the double. */
function newPerson(email: string) {
  lastId += 1;
  const login = `person-${lastId}`;
  return github.double.store.accounts.insert({
    id: lastId,
    login,
    type: 'User',
    name: `Person ${lastId}`,
    email,
    createdAt: '2026-01-05T09:00:00Z',
  });
}

/** A browser: keeps cookies, follows no redirects by itself. */
class Browser {
  readonly headers = new Headers();

  async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const cookie = this.headers.get('cookie');
    if (cookie !== null && url.startsWith(publicUrl)) headers.set('cookie', cookie);
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    if (url.startsWith(publicUrl)) applySetCookies(this.headers, response.headers.getSetCookie());
    return response;
  }

  /** Signs in, choosing `choice` on GitHub's page; returns where the gateway sends the browser at the end. */
  async signIn(choice: { login: string } | { cancel: string }): Promise<URL> {
    const started = await this.fetch(`${publicUrl}/api/auth/sign-in/social`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: publicUrl },
      body: JSON.stringify({ provider: 'github', callbackURL: '/tasks' }),
    });
    const page = new URL(String(Object(await started.json()).url));
    const chosen = await this.fetch(`${page.origin}${page.pathname}`, {
      method: 'POST',
      body: new URLSearchParams({ ...Object.fromEntries(page.searchParams), ...choice }),
    });
    const callback = chosen.headers.get('location') ?? '';
    if (!callback.startsWith(`${publicUrl}/api/auth/callback/github?`))
      throw new Error(`sent to ${callback}`);
    const finished = await this.fetch(callback);
    if (finished.status !== 302) throw new Error(`the callback answered ${finished.status}`);
    return new URL(finished.headers.get('location') ?? '', publicUrl);
  }

  async session(): Promise<VerifiedSession> {
    const session = await auth.verifySession(this.headers);
    if (session === null) throw new Error('expected a session');
    return session;
  }
}

describe('signing in with GitHub over HTTP', () => {
  test('a new person gets a session with the identity GitHub knows, and the same user next time', async () => {
    const person = newPerson('ada@example.com');
    const browser = new Browser();
    expect((await browser.signIn({ login: person.login })).pathname).toBe('/tasks');
    const session = await browser.session();
    expect(session.user).toMatchObject({
      githubId: String(person.id),
      login: person.login,
      name: person.name,
      email: 'ada@example.com',
    });
    const second = new Browser();
    await second.signIn({ login: person.login });
    expect((await second.session()).userId).toBe(session.userId);
    expect(await rows.find('user', [])).toHaveLength(1);
    expect(await rows.find('account', [])).toHaveLength(1);
    expect(await rows.find('session', [equals('userId', session.userId)])).toHaveLength(2);
  });

  test('[R17] no token of GitHub and no session token reaches a queue body or a row in the clear', async () => {
    const person = newPerson('grace@example.com');
    const browser = new Browser();
    await browser.signIn({ login: person.login });
    const { userId } = await browser.session();
    const [session] = await rows.find('session', [equals('userId', userId)]);
    const everything = `${store.writes.map((write) => write.text).join('\n')}\n${store.dump()}`;
    expect(everything).not.toMatch(/gh[ur]_/);
    expect(everything).not.toContain(String(session?.['token']));
    expect(everything).not.toContain('codeVerifier');
  });

  test('the stored token works at GitHub, and so does the one it is renewed to', async () => {
    const person = newPerson('linus@example.com');
    const browser = new Browser();
    await browser.signIn({ login: person.login });
    const { userId } = await browser.session();
    const tokens = createGitHubTokens({ store, box, github: gitHubConfig() });
    const loginOf = async (token: string): Promise<unknown> => {
      const response = await fetch(`${github.apiUrl}/user`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return Object(await response.json()).login;
    };
    const first = await tokens.githubTokenFor(userId);
    expect(await loginOf(first.token)).toBe(person.login);
    const accessTokenExpiresAt = new Date().toISOString();
    const expired = { set: { accessTokenExpiresAt }, increment: {} };
    await rows.update('account', [equals('userId', userId)], expired, true);
    const second = await tokens.githubTokenFor(userId);
    expect(second.token).not.toBe(first.token);
    expect(await loginOf(second.token)).toBe(person.login);
    expect(await loginOf(first.token)).toBeUndefined();
  });

  test('an address that now belongs to another GitHub account joins no accounts', async () => {
    const before = newPerson('shared@example.com');
    const browser = new Browser();
    await browser.signIn({ login: before.login });
    const after = newPerson('shared@example.com');
    const other = new Browser();
    expect((await other.signIn({ login: after.login })).pathname).toBe('/tasks');
    const session = await other.session();
    expect(session.userId).not.toBe((await browser.session()).userId);
    expect(session.user.email).toBe(`${after.id}+${after.login}@users.noreply.github.com`);
  });

  test('[R5] a sign-up that died before its account was stored is completed by the next sign-in', async () => {
    const person = newPerson('half@example.com');
    store.fault = (moment, _target, operation) => {
      const isAccount = operation.kind === 'create' && operation.model === 'account';
      if (moment === 'before' && isAccount) throw new Error('the process died here');
    };
    const refused = await new Browser().signIn({ login: person.login });
    expect(refused.pathname).toBe('/sign-in');
    expect(refused.searchParams.get('error')).not.toBeNull();
    store.fault = null;
    expect(await rows.find('user', [])).toHaveLength(1);
    const browser = new Browser();
    expect((await browser.signIn({ login: person.login })).pathname).toBe('/tasks');
    expect((await browser.session()).user.login).toBe(person.login);
    expect(await rows.find('user', [])).toHaveLength(1);
    expect(await rows.find('account', [])).toHaveLength(1);
  });

  test('cancelling, the callback of another browser and a second use of it all end at the sign-in page', async () => {
    const person = newPerson('cancel@example.com');
    const browser = new Browser();
    const end = await browser.signIn({ cancel: '1' });
    expect([end.pathname, end.searchParams.get('error')]).toEqual(['/sign-in', 'access_denied']);
    expect(await auth.verifySession(browser.headers)).toBeNull();

    const started = await browser.fetch(`${publicUrl}/api/auth/sign-in/social`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: publicUrl },
      body: JSON.stringify({ provider: 'github', callbackURL: '/tasks' }),
    });
    const page = new URL(String(Object(await started.json()).url));
    const chosen = await browser.fetch(`${page.origin}${page.pathname}`, {
      method: 'POST',
      body: new URLSearchParams({ ...Object.fromEntries(page.searchParams), login: person.login }),
    });
    const callback = chosen.headers.get('location') ?? '';
    const endOf = (response: Response): string =>
      new URL(response.headers.get('location') ?? '', publicUrl).pathname;
    const stranger = new Browser();
    expect(endOf(await stranger.fetch(callback))).toBe('/sign-in');
    expect(await rows.find('session', [])).toEqual([]);
    expect(endOf(await browser.fetch(callback))).toBe('/tasks');
    // Asked for twice by the browser that it signed in: no error in its way.
    expect(endOf(await browser.fetch(callback))).toBe('/');
    expect(await rows.find('session', [])).toHaveLength(1);
  });

  test('a browser that still holds the cookie of a session ended elsewhere signs in', async () => {
    const person = newPerson('stale@example.com');
    const browser = new Browser();
    await browser.signIn({ login: person.login });
    const { sessionTokenHash } = await browser.session();
    auth.endSession(sessionTokenHash);
    expect(await auth.verifySession(browser.headers)).toBeNull();
    expect((await browser.signIn({ login: person.login })).pathname).toBe('/tasks');
    expect((await browser.session()).user.login).toBe(person.login);
  });

  test('two tabs that sign in at once: both end signed in', async () => {
    const person = newPerson('two-tabs@example.com');
    const browser = new Browser();
    const begin = async (): Promise<string> => {
      const started = await browser.fetch(`${publicUrl}/api/auth/sign-in/social`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: publicUrl },
        body: JSON.stringify({ provider: 'github', callbackURL: '/tasks' }),
      });
      const page = new URL(String(Object(await started.json()).url));
      const chosen = await browser.fetch(`${page.origin}${page.pathname}`, {
        method: 'POST',
        body: new URLSearchParams({ ...Object.fromEntries(page.searchParams), login: person.login }),
      });
      return chosen.headers.get('location') ?? '';
    };
    const [first, second] = [await begin(), await begin()];
    const end = async (callback: string): Promise<string> =>
      new URL((await browser.fetch(callback)).headers.get('location') ?? '', publicUrl).pathname;
    expect(await end(second)).toBe('/tasks');
    expect(await end(first)).toBe('/');
    expect((await browser.session()).user.login).toBe(person.login);
  });

  test('an ended session is forgotten once no cookie can speak for it any more', () => {
    let nowMs = 1_000;
    const ended = new EndedSessions(() => nowMs);
    ended.add('hash');
    expect(ended.has('hash')).toBe(true);
    nowMs += authLimits.endedSessionRetentionMs;
    expect(ended.has('hash')).toBe(false);
  });

  test('a GitHub that fails during sign-in leaves nothing behind', async () => {
    const person = newPerson('down@example.com');
    github.double.faults.add({
      kind: 'status',
      match: { method: 'GET', path: '/api/v3/user*' },
      times: 2,
      status: 503,
      message: 'Injected fault',
      headers: {},
    });
    const browser = new Browser();
    await expect(browser.signIn({ login: person.login })).resolves.toMatchObject({ pathname: '/sign-in' });
    expect(await rows.find('user', [])).toEqual([]);
    expect((await browser.signIn({ login: person.login })).pathname).toBe('/tasks');
  });
});
