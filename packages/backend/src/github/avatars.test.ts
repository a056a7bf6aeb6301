import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gitHubLimits } from '../limits.ts';
import { Avatars } from './avatars.ts';

let server: Server;
let origin: string;
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    if (path === '/moved') response.writeHead(302, { location: '/avatars/u/1' }).end();
    else if (path === '/page') response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    else if (path === '/huge') {
      response.writeHead(200, { 'content-type': 'image/png' });
      response.end(Buffer.alloc(gitHubLimits.avatarSizeBytes + 1));
    } else if (path.startsWith('/avatars/')) {
      response.writeHead(200, { 'content-type': 'image/png; charset=binary' }).end('picture');
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

test('a picture is fetched once, however many ask for it at the same time and later', async () => {
  const avatars = new Avatars({ webUrl: origin });
  const url = `${origin}/avatars/u/1?v=4`;
  const answers = await Promise.all([avatars.read(url), avatars.read(url), avatars.read(`${url}#x`)]);
  answers.push(await avatars.read(url));
  for (const answer of answers) {
    expect(answer?.type).toBe('image/png');
    expect(Buffer.from(answer?.bytes ?? []).toString()).toBe('picture');
  }
  expect(asked.filter((path) => path === '/avatars/u/1?v=4')).toHaveLength(1);
});

test.each(['/moved', '/page', '/huge', '/nothing'])('%s is no picture', async (path) => {
  expect(await new Avatars({ webUrl: origin }).read(`${origin}${path}`)).toBeNull();
  expect(asked).toContain(path);
});

test.each([
  'http://127.0.0.1:1/avatars/u/1',
  'file:///etc/passwd',
  'https://avatars.githubusercontent.com/u/1',
  'no address',
])('no other server than GitHub is asked: %s', async (url) => {
  const before = asked.length;
  expect(await new Avatars({ webUrl: origin }).read(url)).toBeNull();
  expect(asked).toHaveLength(before);
});

test('an address that carries a password is not asked', async () => {
  const url = new URL(`${origin}/avatars/u/2`);
  url.username = 'ada';
  expect(await new Avatars({ webUrl: origin }).read(url.href)).toBeNull();
  expect(asked).not.toContain('/avatars/u/2');
});
