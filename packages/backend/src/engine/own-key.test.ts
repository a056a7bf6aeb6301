import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { actor } from 'rivetkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createLogger } from '../log.ts';
import { doorParams, requireDoor } from './door.ts';
import { parseEndpoint } from './engine-health.ts';
import { provideEngine, requireOwnKey } from './own-key.ts';
import { startTestRegistry, type TestRegistry } from './testing.ts';

const named = actor({
  onBeforeConnect: requireDoor,
  onCreate: requireOwnKey,
  state: { told: 0 },
  actions: {
    tell: (c) => {
      c.state.told += 1;
      return { id: c.actorId, told: c.state.told };
    },
  },
});
const use = { named };

let actors: TestRegistry<typeof use>;
beforeAll(async () => {
  actors = await startTestRegistry({ use });
});
afterAll(() => actors.stop());

/** The engine as it is, but `key` leads to another actor until one is deleted. */
async function engineWithAnother(key: string) {
  const { baseUrl, namespace, token = '' } = parseEndpoint(actors.endpoint);
  const asked: { method: string; path: string; status: number }[] = [];
  let isAnother = true;
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    const { pathname, searchParams } = new URL(url, baseUrl);
    const answer = async (): Promise<{ status: number; text: string }> => {
      if (isAnother && searchParams.get('key') === key) {
        return { status: 200, text: JSON.stringify({ actors: [{ actor_id: 'another' }] }) };
      }
      const real = await fetch(`${baseUrl}${url}`, { method, headers: { authorization: `Bearer ${token}` } });
      const text = await real.text();
      isAnother &&= method !== 'DELETE';
      return { status: real.status, text };
    };
    const handle = async (): Promise<void> => {
      const { status, text } = await answer();
      asked.push({ method, path: pathname, status });
      response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    };
    void handle();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://${namespace}:${token}@127.0.0.1:${port}`,
    asked,
    close: async () => await new Promise((resolve) => server.close(resolve)),
  };
}

test('of two actors made at once for one key, the one that nobody is led to is not born, and goes', async () => {
  const key = randomUUID();
  const engine = await engineWithAnother(key);
  provideEngine(engine.endpoint);
  try {
    const connection = actors.client.named.getOrCreate([key], { params: doorParams() }).connect();
    const { id, told } = await connection.tell();
    expect(told).toBe(1);
    expect(engine.asked[0]).toMatchObject({ method: 'GET', path: '/actors' });
    const deletions = engine.asked.filter(({ method }) => method === 'DELETE');
    expect(deletions[0]?.status).toBe(200);
    const deleted = new Set(deletions.map(({ path }) => path));
    expect(deleted.size).toBe(1);
    expect(deleted).not.toContain(`/actors/${id}`);
    // Whoever comes later is led to the same one.
    const later = actors.client.named.getOrCreate([key], { params: doorParams() }).connect();
    await vi.waitFor(async () => expect(await later.tell()).toMatchObject({ id }), 10_000);
    await Promise.all([connection.dispose(), later.dispose()]);
  } finally {
    provideEngine(actors.endpoint);
    await engine.close();
  }
});

test('an engine that does not say whose a key is gets no actor that may be a second one', async () => {
  provideEngine('http://default:token@127.0.0.1:9');
  const actorIdentity = { actorId: 'one', name: 'named', key: ['a/b', ''], log: createLogger('silent') };
  await expect(requireOwnKey(actorIdentity)).rejects.toThrow('fetch failed');
  provideEngine(actors.endpoint);
  await expect(requireOwnKey(actorIdentity)).resolves.toBeUndefined();
});
