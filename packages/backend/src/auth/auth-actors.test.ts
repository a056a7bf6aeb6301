import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ActorConnections } from '../command-loop/connections.ts';
import { provideLoopRuntime } from '../command-loop/runtime.ts';
import { startTestRegistry } from '../engine/testing.ts';
import { createLogger } from '../log.ts';
import { userAuthAddress } from './actor-commands.ts';
import { createActorAuthStore } from './actor-store.ts';
import { createAuthRows, type AuthRows } from './auth-rows.ts';
import type { AuthStore } from './auth-store.ts';
import { createSecretBox } from './crypto.ts';
import { createIndexClaims } from './index-claims.ts';
import { app, broadcast, user } from './testing/auth-actors.ts';
import { equals } from './where.ts';

const log = createLogger('error');
const box = createSecretBox('a-secret-of-at-least-thirty-two-chars');
let connections: ActorConnections;
let stop: () => Promise<void>;
let store: AuthStore;
let rows: AuthRows;
const context = () => ({
  store,
  box,
  nowMs: Date.now,
  newCommandId: randomUUID,
  onSessionEnded: () => undefined,
});

beforeAll(async () => {
  const registry = await startTestRegistry({ use: { app, user } });
  connections = new ActorConnections({ endpoint: registry.endpoint, poolName: registry.pool, log });
  provideLoopRuntime({ connections, log });
  stop = registry.stop;
  store = createActorAuthStore(connections);
  rows = createAuthRows(context());
});

afterAll(async () => {
  await connections.dispose();
  await stop();
});

const at = (offsetMs = 0): string => new Date(Date.now() + offsetMs).toISOString();
const times = () => ({ createdAt: at(), updatedAt: at() });

describe('sign-in on real actors', () => {
  test('a person is created, found by every index, changed and signed out', async () => {
    const id = randomUUID();
    const token = randomUUID();
    const email = `${id}@example.com`;
    await rows.create('user', { id, name: 'Ada', email, emailVerified: true, githubId: '7', ...times() });
    await rows.create('account', {
      id: `a-${id}`,
      userId: id,
      providerId: 'github',
      accountId: id,
      ...times(),
    });
    await rows.create('session', { id: `s-${id}`, userId: id, token, expiresAt: at(60_000), ...times() });

    expect(await rows.find('user', [equals('email', email)])).toMatchObject([
      { id, name: 'Ada', emailVerified: true, image: null },
    ]);
    const account = [equals('providerId', 'github'), equals('accountId', id)];
    expect(await rows.find('account', account)).toMatchObject([{ userId: id }]);
    expect(await rows.find('session', [equals('token', token)])).toMatchObject([{ id: `s-${id}`, token }]);
    expect(await createIndexClaims(context()).repairIndex(id)).toEqual({ added: 0, removed: 0 });

    await rows.update('user', [equals('id', id)], { set: { email: `new-${email}` }, increment: {} }, true);
    expect(await rows.find('user', [equals('email', email)])).toEqual([]);
    expect(await rows.find('user', [equals('email', `new-${email}`)])).toMatchObject([{ id }]);

    await rows.delete('session', [equals('token', token)], false);
    expect(await rows.find('session', [equals('token', token)])).toEqual([]);
    expect(broadcast).toContainEqual({
      userId: id,
      sessionTokenHash: box.keyedHash(token, 'session-token'),
    });
  });

  test('[R14] [R5] constraints refuse on the actors’ own SQLite as they do in tests', async () => {
    const id = randomUUID();
    const person = { name: 'Ada', emailVerified: true, ...times() };
    await rows.create('user', { id, email: `${id}@example.com`, ...person });
    await expect(rows.create('user', { id, email: `${id}@example.org`, ...person })).rejects.toMatchObject({
      code: 'already_exists',
    });
    await expect(
      rows.create('user', { id: randomUUID(), email: `${id}@example.com`, ...person }),
    ).rejects.toMatchObject({ code: 'already_exists' });
    expect(await rows.find('user', [equals('id', id)])).toMatchObject([{ email: `${id}@example.com` }]);
  });

  test('a single-use value is consumed once and a lease is held once', async () => {
    const identifier = randomUUID();
    const state = { id: randomUUID(), identifier, value: 'v', expiresAt: at(60_000), ...times() };
    await rows.create('verification', state);
    const where = [equals('identifier', identifier)];
    const consumed = await Promise.all(
      Array.from({ length: 4 }, () => rows.delete('verification', where, true)),
    );
    expect(consumed.flat()).toMatchObject([{ value: 'v' }]);
    const userId = randomUUID();
    const holders = await Promise.all(
      ['one', 'two', 'three'].map((holder) =>
        store
          .user(userId)
          .write({ kind: 'acquireLease', name: 'github-token', holder, durationMs: 60_000 }, randomUUID()),
      ),
    );
    expect(holders.filter((result) => result.kind === 'lease' && result.isHeld)).toHaveLength(1);
  });

  test('[R5] App hears of a sign-out from the User actor although the asking process did nothing more', async () => {
    const id = randomUUID();
    const token = randomUUID();
    await rows.create('session', { id: `s-${id}`, userId: id, token, expiresAt: at(60_000), ...times() });
    const where = [equals('id', `s-${id}`)];
    const body = { kind: 'delete' as const, model: 'session' as const, where, onlyOne: false };
    const envelope = {
      commandId: randomUUID(),
      causedBy: null,
      by: { kind: 'system' as const },
      at: Date.now(),
    };
    await connections.send(userAuthAddress(id), 'user.command.authWrite', body, envelope);
    const sessionTokenHash = box.keyedHash(token, 'session-token');
    await vi.waitFor(() => expect(broadcast).toContainEqual({ userId: id, sessionTokenHash }), 8_000);
    const keys = [{ kind: 'sessionToken' as const, key: sessionTokenHash }];
    expect(await store.app.read({ kind: 'resolve', keys })).toEqual({ kind: 'userIds', userIds: [] });
  });
});
