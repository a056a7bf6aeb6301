import { once } from 'node:events';
import { closeCodes, realtimeProtocolVersion } from '@foundry/shared/realtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { gatewayLimits } from '../../limits.ts';
import { Browser, browsersPerTest } from '../testing/browser.ts';
import { startWorld, type World } from '../testing/world.ts';
import { BrowserSocket } from './browser-socket.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world.stop();
});
const open = browsersPerTest(() => world);

describe('opening a socket', () => {
  test('needs a session, this origin, and this protocol', async () => {
    await expect(Browser.open(world.url, {})).rejects.toThrow('status 401');
    const headers = await world.signIn('member');
    await expect(
      Browser.open(world.url, headers, `?protocol=${realtimeProtocolVersion}`, 'https://evil.example.com'),
    ).rejects.toThrow('status 403');
    const old = await Browser.open(world.url, headers, '?protocol=0');
    await expect.poll(() => old.closeCode).toBe(4426);
  });

  test.each([
    ['what is no JSON', '{'],
    ['an unknown frame', { type: 'shout' }],
    [
      'a topic that cannot be',
      { type: 'subscribe', topic: { kind: 'organization', organizationId: '../1' } },
    ],
  ])('%s closes it', async (_title, frame) => {
    const browser = await open('member');
    browser.send(frame);
    await expect.poll(() => browser.closeCode).toBe(4400);
  });

  test('a frame that is too large, and too many frames, close it', async () => {
    const large = await open('member');
    large.send({ type: 'ping', id: 1, padding: 'x'.repeat(20_000) });
    await expect.poll(() => large.closeCode).toBe(1009);
    const many = await open('member');
    for (let id = 0; id < 150; id += 1) many.send({ type: 'ping', id });
    await expect.poll(() => many.closeCode).toBe(4400);
  });

  test('a browser that does not read is closed instead of being kept in memory', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const { port } = z.object({ port: z.number() }).parse(server.address());
    const client = new WebSocket(`ws://127.0.0.1:${port}`);
    const opened = once(client, 'open');
    const [accepted] = z
      .tuple([z.instanceof(WebSocket), z.unknown()])
      .parse(await once(server, 'connection'));
    const headers = new Headers(await world.signIn('member'));
    const session = await world.auth.verifySession(headers);
    if (session === null) throw new Error('no session');
    const browser = new BrowserSocket({
      gateway: world.services,
      socket: accepted,
      session,
      headers,
      log: world.services.log,
    });
    await opened;
    client.pause();
    const closed = once(accepted, 'close');
    let sent = 0;
    while (accepted.readyState === WebSocket.OPEN && sent < 100) {
      sent += 1;
      browser.send({ type: 'snapshot', topic: { kind: 'app' }, snapshot: 'x'.repeat(500_000) });
    }
    expect(accepted.readyState).not.toBe(WebSocket.OPEN);
    expect(sent).toBeGreaterThan(10);
    // It never answers the close: the connection is cut.
    await closed;
    client.terminate();
    server.close();
  });

  test('the oldest tab of too many is told that others took its place; nobody else is disturbed', async () => {
    const other = await open('insider');
    const oldest = await open('member');
    const newer: Browser[] = [];
    while (newer.length < gatewayLimits.socketsPerPerson) newer.push(await open('member'));
    await expect.poll(() => oldest.closeCode).toBe(closeCodes.displaced);
    for (const browser of [other, ...newer]) {
      browser.send({ type: 'ping', id: 1 });
      await browser.next('pong');
    }
  });

  test('a ping is answered', async () => {
    const browser = await open('member');
    browser.send({ type: 'ping', id: 7 });
    expect(await browser.next('pong')).toEqual({ type: 'pong', id: 7 });
  });
});
