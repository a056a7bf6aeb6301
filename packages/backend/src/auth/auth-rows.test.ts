import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { authLimits } from '../limits.ts';
import { createAuthRows, type AuthRows, type EndedSession } from './auth-rows.ts';
import { AuthStoreError } from './auth-store.ts';
import { createSecretBox } from './crypto.ts';
import { releaseOwedToApp, sessionsEndedBy } from './follow-ups.ts';
import { createIndexClaims, type IndexClaims } from './index-claims.ts';
import { createInProcessStore, type InProcessStore } from './testing/in-process-store.ts';
import { equals, isOneOf, type AuthRecord } from './where.ts';

const box = createSecretBox('a-secret-of-at-least-thirty-two-chars');
let nowMs: number;
let store: InProcessStore;
let rows: AuthRows;
let claims: IndexClaims;
let ended: EndedSession[];

beforeEach(() => {
  nowMs = Date.parse('2026-11-21T10:00:00.000Z');
  ended = [];
  store = createInProcessStore(() => nowMs);
  const options = {
    store,
    box,
    nowMs: () => nowMs,
    newCommandId: randomUUID,
    onSessionEnded: (session: EndedSession) => void ended.push(session),
  };
  rows = createAuthRows(options);
  claims = createIndexClaims(options);
});

afterEach(() => store.close());

const isoIn = (ms: number): string => new Date(nowMs + ms).toISOString();

const userRow = (id: string, email = `${id}@example.com`): AuthRecord => ({
  id,
  name: id,
  email,
  emailVerified: true,
  githubId: '7',
  login: id,
  createdAt: isoIn(0),
  updatedAt: isoIn(0),
});

const sessionRow = (id: string, userId: string, token: string): AuthRecord => ({
  id,
  userId,
  token,
  expiresAt: isoIn(60_000),
  createdAt: isoIn(0),
  updatedAt: isoIn(0),
});

const byToken = (token: string) => rows.find('session', [equals('token', token)]);
const hashOf = (token: string): string => box.keyedHash(token, 'session-token');
const crash = new Error('the process died here');

describe('[R17] secrets', () => {
  test('neither queue bodies, results nor rows hold a session token or a sign-in state in the clear', async () => {
    await rows.create('user', userRow('ada'));
    await rows.create('session', sessionRow('s1', 'ada', 'token-in-the-clear'));
    await rows.create('verification', {
      id: 'v1',
      identifier: 'state-in-the-clear',
      value: 'verifier-in-the-clear',
      expiresAt: isoIn(60_000),
      createdAt: isoIn(0),
      updatedAt: isoIn(0),
    });
    await rows.update(
      'session',
      [equals('token', 'token-in-the-clear')],
      { set: { token: 'rotated-in-the-clear' }, increment: {} },
      true,
    );
    expect(await rows.find('verification', [equals('identifier', 'state-in-the-clear')])).toMatchObject([
      { value: 'verifier-in-the-clear' },
    ]);
    const everything = `${store.writes.map((write) => write.text).join('\n')}\n${store.dump()}`;
    expect(everything).toContain(hashOf('rotated-in-the-clear'));
    expect(everything).not.toContain('in-the-clear');
  });

  test('a token is found by its value and given back by other lookups', async () => {
    await rows.create('session', sessionRow('s1', 'ada', 'secret-1'));
    expect(await byToken('secret-1')).toMatchObject([{ id: 's1', token: 'secret-1' }]);
    expect(await byToken('secret-2')).toEqual([]);
    expect(await rows.find('session', [equals('userId', 'ada')])).toMatchObject([{ token: 'secret-1' }]);
    const prefix = { ...equals('token', 'secret'), operator: 'starts_with' as const };
    expect(await rows.find('session', [prefix])).toMatchObject([{ token: 'secret-1' }]);
  });
});

describe('index and rows across actors', () => {
  test('an e-mail address belongs to one user; the refused user leaves no row', async () => {
    await rows.create('user', userRow('ada', 'same@example.com'));
    await expect(rows.create('user', userRow('eve', 'same@example.com'))).rejects.toMatchObject({
      code: 'already_exists',
    });
    expect(await rows.find('user', [])).toMatchObject([{ id: 'ada' }]);
    expect(await rows.find('user', [equals('id', 'eve')])).toEqual([]);
  });

  test('a changed e-mail address moves in the index, and the old one is free again', async () => {
    await rows.create('user', userRow('ada', 'old@example.com'));
    await rows.update(
      'user',
      [equals('id', 'ada')],
      { set: { email: 'new@example.com' }, increment: {} },
      true,
    );
    expect(await rows.find('user', [equals('email', 'old@example.com')])).toEqual([]);
    expect(await rows.find('user', [equals('email', 'new@example.com')])).toMatchObject([{ id: 'ada' }]);
    await rows.create('user', userRow('eve', 'old@example.com'));
    expect(await rows.find('user', [])).toHaveLength(2);
  });

  test('rows do not move to another person', async () => {
    await rows.create('session', sessionRow('s1', 'ada', 'token'));
    const move = { set: { userId: 'eve' }, increment: {} };
    await expect(rows.update('session', [equals('id', 's1')], move, true)).rejects.toMatchObject({
      code: 'owner_change',
    });
    await expect(rows.create('account', { id: 'a1', userId: null })).rejects.toBeInstanceOf(AuthStoreError);
  });

  test('a lookup by token asks one user, not everybody', async () => {
    for (const id of ['ada', 'bob', 'eve'])
      await rows.create('session', sessionRow(`s-${id}`, id, `t-${id}`));
    const asked: string[] = [];
    const original = store.user.bind(store);
    store.user = (userId) => {
      asked.push(userId);
      return original(userId);
    };
    await byToken('t-bob');
    expect(asked).toEqual(['bob']);
  });
});

describe('[R5] a crash at any point leaves a state that works', () => {
  const crashAt = (moment: 'before' | 'after', kind: string): void => {
    store.fault = (when, _target, operation) => {
      if (when === moment && operation.kind === kind) throw crash;
    };
  };

  test('a user whose row was never written blocks nobody for longer than the grace time', async () => {
    crashAt('before', 'create');
    await expect(rows.create('user', userRow('ada', 'ada@example.com'))).rejects.toThrow(crash);
    store.fault = null;
    expect(await rows.find('user', [equals('email', 'ada@example.com')])).toEqual([]);
    await expect(rows.create('user', userRow('ada-2', 'ada@example.com'))).rejects.toMatchObject({
      code: 'already_exists',
    });
    nowMs += authLimits.indexGraceMs + 1;
    await rows.create('user', userRow('ada-2', 'ada@example.com'));
    expect(await rows.find('user', [equals('email', 'ada@example.com')])).toMatchObject([{ id: 'ada-2' }]);
  });

  test('a claim that is old but alive is never taken over', async () => {
    await rows.create('user', userRow('ada', 'ada@example.com'));
    nowMs += authLimits.indexGraceMs * 10;
    await expect(rows.create('user', userRow('eve', 'ada@example.com'))).rejects.toMatchObject({
      code: 'already_exists',
    });
  });

  test('a session is over as soon as its row is gone, although App was not told', async () => {
    await rows.create('session', sessionRow('s1', 'ada', 'token'));
    crashAt('before', 'releaseIndex');
    await expect(rows.delete('session', [equals('token', 'token')], false)).rejects.toThrow(crash);
    store.fault = null;
    expect(await byToken('token')).toEqual([]);
    expect(ended).toEqual([{ userId: 'ada', sessionTokenHash: hashOf('token') }]);
    expect(await claims.repairIndex('ada')).toEqual({ added: 0, removed: 0 });
    nowMs += authLimits.indexGraceMs + 1;
    expect(await claims.repairIndex('ada')).toEqual({ added: 0, removed: 2 });
    expect(await claims.repairIndex('ada')).toEqual({ added: 0, removed: 0 });
  });

  test('an interrupted change of an address leaves the user reachable under the address it has', async () => {
    await rows.create('user', userRow('ada', 'old@example.com'));
    const change = { set: { email: 'new@example.com' }, increment: {} };
    crashAt('before', 'update');
    await expect(rows.update('user', [equals('id', 'ada')], change, true)).rejects.toThrow(crash);
    store.fault = null;
    expect(await rows.find('user', [equals('email', 'old@example.com')])).toHaveLength(1);
    expect(await rows.find('user', [equals('email', 'new@example.com')])).toEqual([]);
    crashAt('after', 'update');
    await expect(rows.update('user', [equals('id', 'ada')], change, true)).rejects.toThrow(crash);
    store.fault = null;
    expect(await rows.find('user', [equals('email', 'new@example.com')])).toHaveLength(1);
    expect(await rows.find('user', [equals('email', 'old@example.com')])).toEqual([]);
    nowMs += authLimits.indexGraceMs + 1;
    expect(await claims.repairIndex('ada')).toEqual({ added: 0, removed: 1 });
  });

  test('repair gives App back what it lost', async () => {
    await rows.create('user', userRow('ada'));
    await rows.create('session', sessionRow('s1', 'ada', 'token'));
    const known = await store.app.read({ kind: 'entries', userId: 'ada' });
    const keys = known.kind === 'entries' ? known.entries.map(({ kind, key }) => ({ kind, key })) : [];
    await store.app.write({ kind: 'releaseIndex', userId: 'ada', keys, claimedBeforeMs: null }, randomUUID());
    expect(await byToken('token')).toEqual([]);
    expect(await claims.repairIndex('ada')).toEqual({ added: 4, removed: 0 });
    expect(await byToken('token')).toHaveLength(1);
  });
});

describe('[R5] App hears of an ended session from the User actor too', () => {
  test('a deleted session is owed to App once, and App then names it for the gateways', async () => {
    await rows.create('session', sessionRow('s1', 'ada', 'token'));
    const remove = {
      kind: 'delete' as const,
      model: 'session' as const,
      where: [equals('id', 's1')],
      onlyOne: false,
    };
    const result = await store.user('ada').write(remove, 'c1');
    const owed = releaseOwedToApp('ada', remove, result);
    if (owed === null) throw new Error('expected a release');
    const gone = [{ userId: 'ada', sessionTokenHash: hashOf('token') }];
    expect(sessionsEndedBy(owed, await store.app.write(owed, 'c2'))).toEqual(gone);
    expect(sessionsEndedBy(owed, await store.app.write(owed, 'c3'))).toEqual([]);
    expect(releaseOwedToApp('ada', remove, await store.user('ada').write(remove, 'c4'))).toBeNull();
  });
});

describe('guarded writes', () => {
  test('a single-use value is consumed once, however many ask at the same time', async () => {
    const row = { expiresAt: isoIn(60_000), createdAt: isoIn(0), updatedAt: isoIn(0) };
    await rows.create('verification', { id: 'v1', identifier: 'once', value: 'x', ...row });
    const where = [equals('identifier', 'once')];
    const results = await Promise.all(
      Array.from({ length: 8 }, () => rows.delete('verification', where, true)),
    );
    expect(results.flat()).toHaveLength(1);
    await rows.create('session', sessionRow('s1', 'ada', 'token'));
    const sessions = await Promise.all(
      Array.from({ length: 8 }, () => rows.delete('session', [equals('id', 's1')], true)),
    );
    expect(sessions.flat()).toHaveLength(1);
    expect(ended).toHaveLength(1);
  });

  test('a guarded counter never passes its guard', async () => {
    await rows.create('quota', { id: 'q1', remaining: 3 });
    const guard = [equals('id', 'q1'), { ...equals('remaining', 0), operator: 'gt' as const }];
    const change = { set: {}, increment: { remaining: -1 } };
    const results = await Promise.all(
      Array.from({ length: 6 }, () => rows.update('quota', guard, change, true)),
    );
    expect(results.flat()).toHaveLength(3);
    expect(await rows.find('quota', [])).toEqual([{ id: 'q1', remaining: 0 }]);
  });

  test('an id that exists is refused on User and on App', async () => {
    await rows.create('quota', { id: 'q1' });
    await expect(rows.create('quota', { id: 'q1' })).rejects.toMatchObject({ code: 'already_exists' });
    await rows.create('session', sessionRow('s1', 'ada', 'token'));
    await expect(rows.create('session', sessionRow('s2', 'ada', 'token'))).rejects.toMatchObject({
      code: 'already_exists',
    });
    expect(await byToken('token')).toHaveLength(1);
  });
});

describe('[R14] singleton', () => {
  test('a User actor holds one person', async () => {
    await rows.create('user', userRow('ada'));
    const second = { kind: 'create' as const, model: 'user' as const, record: userRow('eve') };
    expect(await store.user('ada').write(second, 'c1')).toEqual({
      kind: 'exists',
    });
    expect(await rows.find('user', [])).toMatchObject([{ id: 'ada' }]);
  });
});

describe('[R13] nothing piles up', () => {
  test('the oldest sessions give way, are reported as ended, and leave the index', async () => {
    for (let count = 0; count < authLimits.sessionsPerUser + 2; count += 1) {
      nowMs += 1;
      await rows.create('session', sessionRow(`s${count}`, 'ada', `t${count}`));
    }
    const sessions = await rows.find('session', [equals('userId', 'ada')]);
    expect(sessions).toHaveLength(authLimits.sessionsPerUser);
    expect(ended.map((session) => session.sessionTokenHash)).toEqual([hashOf('t0'), hashOf('t1')]);
    const known = await store.app.read({ kind: 'resolve', keys: [{ kind: 'session', key: 's0' }] });
    expect(known).toEqual({ kind: 'userIds', userIds: [] });
  });

  test('long expired sign-in states are swept by later ones', async () => {
    const create = (id: string) =>
      rows.create('verification', {
        id,
        identifier: id,
        value: id,
        expiresAt: isoIn(600_000),
        createdAt: isoIn(0),
        updatedAt: isoIn(0),
      });
    await create('old');
    nowMs += authLimits.expiredRetentionMs + 600_001;
    await create('new');
    expect(await rows.find('verification', [])).toMatchObject([{ id: 'new' }]);
  });

  test('a query no index answers is refused beyond its bound instead of answered in part', async () => {
    const entries = Array.from({ length: authLimits.scanUsers + 1 }, (_, count) => `user-${count}`);
    for (const userId of entries) {
      const entry = { kind: 'user' as const, key: userId, expiresAt: null };
      await store.app.write({ kind: 'claimIndex', userId, entries: [entry] }, randomUUID());
    }
    await expect(rows.find('user', [equals('name', 'ada')])).rejects.toMatchObject({
      code: 'scan_too_large',
    });
    expect(await rows.find('user', [isOneOf('id', ['user-1'])])).toEqual([]);
  });
});
