import { randomUUID } from 'node:crypto';
import { actor } from 'rivetkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestRegistry, type TestRegistry } from './testing.ts';
import { doorParams, requireDoor } from './door.ts';
import { requireOwnKey } from './own-key.ts';

const counter = actor({
  onBeforeConnect: requireDoor,
  onCreate: requireOwnKey,
  state: { count: 0 },
  actions: {
    add: (c, by: number) => {
      c.state.count += by;
      return c.state.count;
    },
  },
});
const use = { counter };

let actors: TestRegistry<typeof use>;
beforeAll(async () => {
  actors = await startTestRegistry({ use });
});
afterAll(() => actors.stop());

test('a registry on the shared engine answers calls over HTTP and over a connection', async () => {
  const key = [randomUUID()];
  expect(await actors.client.counter.getOrCreate(key, { params: doorParams() }).add(2)).toBe(2);
  const connection = actors.client.counter.getOrCreate(key, { params: doorParams() }).connect();
  expect(await connection.add(3)).toBe(5);
  await connection.dispose();
});

test('a second registry in the same process is refused, a later one works', async () => {
  await expect(startTestRegistry({ use })).rejects.toThrow('one registry per process');
  const { pool } = actors;
  await actors.stop();
  actors = await startTestRegistry({ use });
  expect(actors.pool).not.toBe(pool);
  expect(await actors.client.counter.getOrCreate([randomUUID()], { params: doorParams() }).add(1)).toBe(1);
});
