import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { symmetricEncrypt } from 'better-auth/crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { authLimits } from '../limits.ts';
import { betterAuthSecret } from './auth-options.ts';
import { createAuthRows, type AuthRows } from './auth-rows.ts';
import { createSecretBox } from './crypto.ts';
import { createGitHubTokens } from './github-tokens.ts';
import { createOwnUserStore } from './own-user-store.ts';
import { createInProcessStore, type InProcessStore } from './testing/in-process-store.ts';
import { equals } from './where.ts';

const box = createSecretBox('a-secret-of-at-least-thirty-two-chars');
const key = betterAuthSecret(box);

/** The renewal endpoint alone, with the one property that matters here: a refresh token works once. */
class RenewalEndpoint {
  readonly valid = new Set(['refresh-0']);
  renewals = 0;
  requests = 0;
  status = 200;
  beforeAnswer: () => Promise<void> = async () => undefined;
  #server: Server | null = null;

  async listen(): Promise<string> {
    const server = createServer((request, response) => {
      const respond = async (): Promise<void> => {
        this.requests += 1;
        const body = new URLSearchParams(await text(request));
        const answer = this.#answer(body.get('refresh_token') ?? '');
        await this.beforeAnswer();
        response.writeHead(this.status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer));
      };
      respond().catch((error: Error) => response.destroy(error));
    });
    this.#server = server;
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address: AddressInfo | string | null = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => {
      this.#server?.close(resolve);
    });
  }

  #answer(refreshToken: string): object {
    if (!this.valid.delete(refreshToken)) return { error: 'bad_refresh_token' };
    this.renewals += 1;
    this.valid.add(`refresh-${this.renewals}`);
    return {
      access_token: `access-${this.renewals}`,
      refresh_token: `refresh-${this.renewals}`,
      expires_in: 28_800,
      refresh_token_expires_in: 15_897_600,
      token_type: 'bearer',
    };
  }
}

let endpoint: RenewalEndpoint;
let store: InProcessStore;
let rows: AuthRows;
let webUrl: string;

const storage = () => ({ store, box, nowMs: Date.now, newCommandId: randomUUID });
const newProcess = () =>
  createGitHubTokens({ ...storage(), github: { webUrl, clientId: 'client', clientSecret: 'client-secret' } });
const byUser = [equals('userId', 'ada')];

async function createAccount(expiresInMs: number | null): Promise<void> {
  const now = new Date().toISOString();
  await rows.create('account', {
    id: 'a1',
    userId: 'ada',
    providerId: 'github',
    accountId: '7',
    accessToken: await symmetricEncrypt({ key, data: 'access-0' }),
    refreshToken: await symmetricEncrypt({ key, data: 'refresh-0' }),
    accessTokenExpiresAt: expiresInMs === null ? null : new Date(Date.now() + expiresInMs).toISOString(),
    createdAt: now,
    updatedAt: now,
  });
}

beforeEach(async () => {
  endpoint = new RenewalEndpoint();
  webUrl = await endpoint.listen();
  store = createInProcessStore();
  rows = createAuthRows({ ...storage(), onSessionEnded: () => undefined });
});

afterEach(async () => {
  await endpoint.close();
  store.close();
});

describe('GitHub tokens', () => {
  test('a token that is good for a while, or for ever, is used as it is', async () => {
    await createAccount(null);
    expect(await newProcess().githubTokenFor('ada')).toEqual({ token: 'access-0', expiresAtMs: null });
    const accessTokenExpiresAt = new Date(
      Date.now() + authLimits.tokenRenewalMarginMs + 60_000,
    ).toISOString();
    await rows.update('account', byUser, { set: { accessTokenExpiresAt }, increment: {} }, true);
    expect((await newProcess().githubTokenFor('ada')).token).toBe('access-0');
    expect(endpoint.requests).toBe(0);
  });

  test('three processes with many callers renew once, and all get the new token', async () => {
    await createAccount(1_000);
    const processes = [newProcess(), newProcess(), newProcess()];
    const calls = processes.flatMap((process) =>
      Array.from({ length: 4 }, () => process.githubTokenFor('ada')),
    );
    const tokens = await Promise.all(calls);
    expect(new Set(tokens.map((token) => token.token))).toEqual(new Set(['access-1']));
    expect(tokens[0]?.expiresAtMs).toBeGreaterThan(Date.now() + 28_000_000);
    expect(endpoint.requests).toBe(1);
  });

  test('the new refresh token is the one used next time', async () => {
    await createAccount(1_000);
    const tokens = newProcess();
    await tokens.githubTokenFor('ada');
    const accessTokenExpiresAt = new Date().toISOString();
    await rows.update('account', byUser, { set: { accessTokenExpiresAt }, increment: {} }, true);
    expect((await tokens.githubTokenFor('ada')).token).toBe('access-2');
  });

  test('a token that GitHub refuses before its time is renewed once, whoever notices', async () => {
    await createAccount(28_000_000);
    const processes = [newProcess(), newProcess()];
    const calls = processes.flatMap((process) => [
      process.githubTokenFor('ada', { refused: 'access-0' }),
      process.githubTokenFor('ada', { refused: 'access-0' }),
    ]);
    const tokens = await Promise.all(calls);
    expect(new Set(tokens.map((token) => token.token))).toEqual(new Set(['access-1']));
    expect(endpoint.requests).toBe(1);
    // Somebody who comes late with the old one gets the new one, and GitHub is not asked again.
    expect((await newProcess().githubTokenFor('ada', { refused: 'access-0' })).token).toBe('access-1');
    expect(endpoint.requests).toBe(1);
  });

  test('what GitHub refuses to renew is not handed out again as if it were good', async () => {
    await createAccount(28_000_000);
    endpoint.valid.clear();
    const refused = { code: 'sign_in_required', retryable: false };
    const tokens = newProcess();
    await expect(tokens.githubTokenFor('ada', { refused: 'access-0' })).rejects.toMatchObject(refused);
    await expect(tokens.githubTokenFor('ada')).rejects.toMatchObject(refused);
    await expect(newProcess().githubTokenFor('ada')).rejects.toMatchObject(refused);
  });

  test('a refused token that cannot be renewed at all means: sign in again', async () => {
    await createAccount(null);
    await rows.update('account', byUser, { set: { refreshToken: null }, increment: {} }, true);
    await expect(newProcess().githubTokenFor('ada', { refused: 'access-0' })).rejects.toMatchObject({
      code: 'sign_in_required',
    });
    expect(endpoint.requests).toBe(0);
  });

  test('[R17] no token is in a queue body or a row in the clear', async () => {
    await createAccount(1_000);
    await newProcess().githubTokenFor('ada');
    const everything = `${store.writes.map((write) => write.text).join('\n')}\n${store.dump()}`;
    expect(everything).not.toMatch(/access-\d|refresh-\d|client-secret/);
  });

  test('a sign-in during a renewal wins over it', async () => {
    await createAccount(1_000);
    const signIn = {
      accessToken: await symmetricEncrypt({ key, data: 'access-of-sign-in' }),
      refreshToken: await symmetricEncrypt({ key, data: 'refresh-of-sign-in' }),
      accessTokenExpiresAt: new Date(Date.now() + 28_800_000).toISOString(),
    };
    endpoint.beforeAnswer = async () => {
      await rows.update('account', byUser, { set: signIn, increment: {} }, true);
    };
    expect((await newProcess().githubTokenFor('ada')).token).toBe('access-of-sign-in');
    expect(await rows.find('account', byUser)).toMatchObject([signIn]);
  });

  test('a refresh token GitHub refuses means: sign in again; the lease is free afterwards', async () => {
    await createAccount(1_000);
    endpoint.valid.clear();
    await expect(newProcess().githubTokenFor('ada')).rejects.toMatchObject({
      code: 'sign_in_required',
      retryable: false,
    });
    endpoint.valid.add('refresh-0');
    expect((await newProcess().githubTokenFor('ada')).token).toBe('access-1');
  });

  test('a GitHub that fails is worth another try', async () => {
    await createAccount(1_000);
    endpoint.status = 503;
    endpoint.valid.clear();
    await endpoint.close();
    await expect(newProcess().githubTokenFor('ada')).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    });
    await expect(newProcess().githubTokenFor('nobody')).rejects.toMatchObject({ code: 'sign_in_required' });
  });

  test('inside the User actor the same renewal works without a command to oneself', async () => {
    await createAccount(1_000);
    const writesBefore = store.writes.length;
    const inside = createGitHubTokens({
      box,
      store: createOwnUserStore('ada', store.ownDatabase('ada')),
      github: { webUrl, clientId: 'client', clientSecret: 'client-secret' },
    });
    expect((await inside.githubTokenFor('ada')).token).toBe('access-1');
    expect(store.writes).toHaveLength(writesBefore);
    expect((await newProcess().githubTokenFor('ada')).token).toBe('access-1');
    expect(endpoint.requests).toBe(1);
    await expect(inside.githubTokenFor('eve')).rejects.toMatchObject({ code: 'protocol' });
  });

  test('the lease of a process that died runs out', async () => {
    await createAccount(1_000);
    let nowMs = Date.now();
    const clocked = createInProcessStore(() => nowMs);
    const take = (holder: string) =>
      clocked
        .user('ada')
        .write(
          { kind: 'acquireLease', name: 'github-token', holder, durationMs: authLimits.tokenLeaseMs },
          randomUUID(),
        );
    expect(await take('dead')).toEqual({ kind: 'lease', isHeld: true });
    expect(await take('alive')).toEqual({ kind: 'lease', isHeld: false });
    nowMs += authLimits.tokenLeaseMs;
    expect(await take('alive')).toEqual({ kind: 'lease', isHeld: true });
    expect(await take('dead')).toEqual({ kind: 'lease', isHeld: false });
    clocked.close();
  });
});
