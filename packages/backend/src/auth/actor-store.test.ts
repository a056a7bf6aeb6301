import { randomUUID } from 'node:crypto';
import type { CommandOutcome, Envelope } from '@foundry/shared/envelope';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ActorAddress } from '../command-loop/catalog.ts';
import { ActorRefusedError, UnknownOutcomeError } from '../command-loop/connections.ts';
import { createActorAuthStore } from './actor-store.ts';
import { createAuthRows } from './auth-rows.ts';
import {
  appAuthOperationSchema,
  appAuthQuerySchema,
  userAuthOperationSchema,
  userAuthQuerySchema,
  type AuthStore,
} from './auth-store.ts';
import { createSecretBox } from './crypto.ts';
import { createInProcessStore, type InProcessStore } from './testing/in-process-store.ts';
import { equals } from './where.ts';

type Failure = 'lost before' | 'lost after' | 'accepted' | 'refused';

let inProcess: InProcessStore;
let failures: Failure[];
let commandIds: string[];
let store: AuthStore;

/** Answers as actors do, from the in-process databases, failing as told. */
const connections = {
  async call(address: ActorAddress, action: string, args: readonly unknown[]): Promise<unknown> {
    expect(action).toBe('authRead');
    if (failures.shift() === 'lost before') throw new UnknownOutcomeError(address, action, 'gone');
    const [, userId] = address.key;
    return userId === undefined
      ? inProcess.app.read(appAuthQuerySchema.parse(args[0]))
      : inProcess.user(userId).read(userAuthQuerySchema.parse(args[0]));
  },
  async sendAndWait(
    address: ActorAddress,
    name: string,
    body: unknown,
    { commandId }: Envelope,
  ): Promise<CommandOutcome> {
    const failure = failures.shift();
    commandIds.push(commandId);
    if (failure === 'lost before') throw new UnknownOutcomeError(address, name, 'gone');
    if (failure === 'refused') throw new ActorRefusedError('invalid_input', 'No such command', null);
    const [, userId] = address.key;
    const result =
      userId === undefined
        ? await inProcess.app.write(appAuthOperationSchema.parse(body), commandId)
        : await inProcess.user(userId).write(userAuthOperationSchema.parse(body), commandId);
    if (failure === 'lost after') throw new UnknownOutcomeError(address, name, 'gone');
    if (failure === 'accepted') return { status: 'accepted', commandId };
    return { status: 'done', commandId, result, finishedAt: Date.now() };
  },
};

beforeEach(() => {
  failures = [];
  commandIds = [];
  inProcess = createInProcessStore();
  store = createActorAuthStore(connections);
});

afterEach(() => inProcess.close());

describe('the store over actors', () => {
  const quota = { kind: 'create' as const, model: 'quota', record: { id: 'q1', used: 0 } };
  const increase = {
    kind: 'update' as const,
    model: 'quota',
    where: [equals('id', 'q1')],
    set: {},
    increment: { used: 1 },
    onlyOne: true,
  };

  test.each<[Failure, number]>([
    ['lost before', 2],
    ['lost after', 2],
    ['accepted', 2],
  ])(
    '[R5] an answer that is %s is asked for again under the same id; the write happens once',
    async (failure, sent) => {
      await store.app.write(quota, 'create');
      commandIds = [];
      failures = [failure];
      const result = await store.app.write(increase, 'increase');
      expect(result).toMatchObject({ kind: 'updated', rows: [{ after: { used: 1 } }] });
      expect(commandIds).toEqual(Array.from({ length: sent }, () => 'increase'));
      failures = ['lost before'];
      expect(await store.app.read({ kind: 'rows', model: 'quota', where: [] })).toEqual({
        kind: 'rows',
        rows: [{ id: 'q1', used: 1 }],
      });
    },
  );

  test('a refusal is not repeated', async () => {
    failures = ['refused'];
    await expect(store.app.write(quota, 'create')).rejects.toMatchObject({ code: 'unavailable' });
    expect(commandIds).toEqual(['create']);
  });

  test('a sign-in goes through although every first answer is lost', async () => {
    const rows = createAuthRows({
      store,
      box: createSecretBox('a-secret-of-at-least-thirty-two-chars'),
      nowMs: Date.now,
      newCommandId: randomUUID,
      onSessionEnded: () => undefined,
    });
    const at = new Date().toISOString();
    failures = ['lost after', 'accepted', 'lost after', 'accepted'];
    await rows.create('session', {
      id: 's1',
      userId: 'ada',
      token: 'token',
      expiresAt: at,
      createdAt: at,
      updatedAt: at,
    });
    expect(await rows.find('session', [equals('token', 'token')])).toMatchObject([{ id: 's1' }]);
    expect(new Set(commandIds).size).toBe(2);
  });
});
