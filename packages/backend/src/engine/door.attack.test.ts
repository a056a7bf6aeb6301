import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser } from 'playwright-core';
import { createClient } from 'rivetkit/client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { auditLogAddress } from '../actors/addresses.ts';
import { auditLog } from '../actors/audit-log/index.ts';
import { organization } from '../actors/organization/index.ts';
import { ActorConnections } from '../command-loop/connections.ts';
import { provideLoopRuntime } from '../command-loop/runtime.ts';
import { createLogger } from '../log.ts';
import { doorParams } from './door.ts';
import { parseEndpoint } from './engine-health.ts';
import { startTestRegistry, type TestRegistry } from './testing.ts';

/* The engine listens on loopback, where every program and every web page of this machine can reach it. */

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let registry: TestRegistry<{ organization: typeof organization; auditLog: typeof auditLog }>;
let connections: ActorConnections;
let baseUrl: string;
let adminToken: string;
const organizationId = String(Math.floor(Math.random() * 1e12));
const log = createLogger('silent');

beforeAll(async () => {
  registry = await startTestRegistry({ use: { organization, auditLog } });
  connections = new ActorConnections({ endpoint: registry.endpoint, poolName: registry.pool, log });
  provideLoopRuntime({ connections, log });
  const parsed = parseEndpoint(registry.endpoint);
  ({ baseUrl } = parsed);
  adminToken = parsed.token ?? '';
  await connections.call(auditLogAddress(organizationId), 'append', [[entry('secret-entry')]]);
});
afterAll(async () => {
  await connections.dispose();
  await registry.stop();
});

function entry(id: string) {
  const by = { kind: 'person', userId: 'user-ada', login: 'ada' };
  return {
    id,
    atMs: 1,
    action: 'a',
    by,
    causedBy: null,
    subject: 's',
    summary: 'Secret',
    repositoryId: null,
  };
}

async function kept(): Promise<string[]> {
  const page = await connections.call(auditLogAddress(organizationId), 'page', [{ before: null, limit: 10 }]);
  return (page as { id: string }[]).map(({ id }) => id);
}

/** An action of the feed by its key, as RivetKit's client asks for it. */
function actionUrl(action: string): string {
  const query = new URLSearchParams({
    'rvt-namespace': 'default',
    'rvt-method': 'getOrCreate',
    'rvt-runner': registry.pool,
    'rvt-key': ['org', organizationId, 'audit'].join(','),
    'rvt-crash-policy': 'sleep',
  });
  return `${baseUrl}/gateway/auditLog/action/${action}?${query.toString()}`;
}

const readBody = JSON.stringify({ args: [{ before: null, limit: 10 }] });
const writeBody = JSON.stringify({ args: [[entry('forged')]] });
const json = { 'x-rivet-encoding': 'json', 'content-type': 'application/json' };

describe('somebody on this machine who knows the port', () => {
  test('can use it with the door, so that what follows proves something', async () => {
    const answer = await fetch(actionUrl('page'), {
      method: 'POST',
      headers: { ...json, 'x-rivet-conn-params': JSON.stringify(doorParams()), 'x-rivet-token': adminToken },
      body: readBody,
    });
    expect(await answer.text()).toContain('secret-entry');
  });

  test.each([
    ['no door', {}],
    ['a wrong one', { 'x-rivet-conn-params': JSON.stringify({ door: 'guessed' }) }],
    ['one that is no text', { 'x-rivet-conn-params': JSON.stringify({ door: { length: 43 } }) }],
  ])(
    'reads and writes nothing with %s, neither by an action nor by a page of a form',
    async (_what, headers) => {
      for (const type of [json, { 'content-type': 'text/plain' }]) {
        for (const [action, body] of [
          ['page', readBody],
          ['append', writeBody],
        ] as const) {
          const answer = await fetch(actionUrl(action), {
            method: 'POST',
            headers: { ...type, ...headers, origin: 'http://127.0.0.1:9' },
            body,
          });
          expect(answer.status).toBeGreaterThanOrEqual(400);
          expect(await answer.text()).not.toContain('Secret');
        }
      }
      expect(await kept()).toEqual(['secret-entry']);
    },
  );

  test('gets no connection', async () => {
    const { endpoint, pool } = registry;
    const client = createClient({ endpoint, poolName: pool });
    const raw = client['auditLog']?.getOrCreate(['org', organizationId, 'audit']).connect();
    await expect(raw?.['page']?.({ before: null, limit: 10 })).rejects.toThrow(
      /Only Foundry itself|closed|forbidden/i,
    );
    await raw?.dispose();
    await client.dispose();
  });

  test('lists, reads and deletes no actor without the admin token', async () => {
    const list = `${baseUrl}/actors?namespace=default&name=auditLog`;
    const allowed = await fetch(list, { headers: { authorization: `Bearer ${adminToken}` } });
    const { actors } = (await allowed.json()) as { actors: { actor_id: string }[] };
    const actorId = actors[0]?.actor_id ?? '';
    expect(actorId).not.toBe('');
    for (const headers of [{}, { authorization: 'Bearer token' }]) {
      for (const [method, url] of [
        ['GET', list],
        ['GET', `${baseUrl}/actors/${actorId}/kv/keys/Aw==?namespace=default`],
        ['DELETE', `${baseUrl}/actors/${actorId}?namespace=default`],
        ['GET', `${baseUrl}/namespaces?name=default`],
        ['POST', `${baseUrl}/namespaces`],
        ['GET', `${baseUrl}/gateway/${actorId}/inspector/state`],
      ] as const) {
        const answer = await fetch(url, { method, headers });
        expect([method, url.replace(actorId, 'ID'), answer.status >= 400]).toEqual([
          method,
          url.replace(actorId, 'ID'),
          true,
        ]);
      }
    }
    expect(await kept()).toEqual(['secret-entry']);
  });

  test('does not bring actors of their own: another backend needs the admin token', async () => {
    const url = baseUrl.replace(/^http/, 'ws');
    const query = `protocol_version=1&namespace=default&pool_name=${registry.pool}&envoy_key=${randomUUID()}`;
    const socket = new WebSocket(`${url}/envoys/connect?${query}`, ['rivet', 'rivet_token.token']);
    const end = await new Promise<string>((resolve) => {
      socket.addEventListener('error', () => resolve('refused'));
      socket.addEventListener('close', () => resolve('refused'));
      socket.addEventListener('message', () => resolve('message'));
    });
    expect(end).toBe('refused');
  });
});

describe('a web page of another origin', () => {
  let browser: Browser;
  let site: Server;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
      ],
    });
    site = createServer((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<title>A harmless page</title>'),
    );
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await browser.close();
    await new Promise((resolve) => site.close(resolve));
  });

  test('reads nothing and changes nothing when somebody only looks at it', async () => {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${String((site.address() as AddressInfo).port)}/`);
    const answers = await page.evaluate(
      async ({ requests, socketUrl }) => {
        const texts: string[] = [];
        for (const { url, body } of requests) {
          for (const credentials of ['omit', 'include'] as const) {
            // Plain text needs no permission of the other side to be sent.
            const init: RequestInit =
              body === null
                ? { credentials }
                : { method: 'POST', headers: { 'content-type': 'text/plain' }, body, credentials };
            texts.push(
              await fetch(url, init).then(
                async (answer) => `${String(answer.status)} ${await answer.text()}`,
                () => 'blocked',
              ),
            );
          }
        }
        texts.push(
          await new Promise<string>((resolve) => {
            const socket = new WebSocket(socketUrl, ['rivet', 'rivet_encoding.json']);
            socket.addEventListener('message', (event) => resolve(`message ${String(event.data)}`));
            socket.addEventListener('close', () => resolve('closed'));
            setTimeout(() => resolve('silent'), 5_000);
          }),
        );
        return texts;
      },
      {
        requests: [
          { url: actionUrl('page'), body: readBody },
          { url: actionUrl('append'), body: writeBody },
          { url: `${baseUrl}/actors?namespace=default&name=auditLog`, body: null },
        ],
        socketUrl: actionUrl('page').replace(/^http/, 'ws').replace('/action/page', '/connect'),
      },
    );
    for (const answer of answers) {
      expect(answer).not.toMatch(/secret|^2\d\d|actor_id/i);
    }
    expect(await kept()).toEqual(['secret-entry']);
  });
});
