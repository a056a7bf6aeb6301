import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GatewayEnv } from '../../env.ts';
import { securityHeaders } from '../security-headers/security-headers.ts';
import { createStaticApp } from './static-app.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'foundry-static-'));
  mkdirSync(join(folder, 'dist', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'outside');
  writeFileSync(join(folder, 'dist', 'index.html'), '<html>app</html>');
  writeFileSync(join(folder, 'dist', 'favicon.svg'), '<svg/>');
  writeFileSync(join(folder, 'dist', 'assets', 'index-abc123.js'), 'run()');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function serve(
  dir = join(folder, 'dist'),
  publicUrl = 'http://127.0.0.1:7741',
  hstsIncludesSubdomains = false,
) {
  const app = new Hono<GatewayEnv>();
  app.use('/*', securityHeaders({ publicUrl, hstsIncludesSubdomains }));
  const staticApp = createStaticApp(dir);
  app.notFound(async (c) => (await staticApp(c)) ?? c.text('nothing', 404));
  return app;
}

describe('the built web app', () => {
  test.each([
    ['/', 'app', 'text/html; charset=utf-8', 'no-cache'],
    ['/organizations/42/tasks/pr_1_2', 'app', 'text/html; charset=utf-8', 'no-cache'],
    ['/favicon.svg', '<svg/>', 'image/svg+xml; charset=utf-8', 'no-cache'],
    [
      '/assets/index-abc123.js',
      'run()',
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ],
  ])('%s', async (path, content, type, cacheControl) => {
    const response = await serve().request(path);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain(content);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('cache-control')).toBe(cacheControl);
  });

  test.each(['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets/..%5c..%5csecret.txt'])(
    '%s is no file and no page',
    async (path) => {
      const response = await serve().request(`http://foundry${path}`);
      expect([response.status, await response.text()]).toEqual([404, 'There is no such file.']);
    },
  );

  test.each(['/api/v1/nothing', '/webhooks/other'])('%s is not its business', async (path) => {
    const response = await serve().request(path);
    expect([response.status, await response.text()]).toEqual([404, 'nothing']);
  });

  test.each([
    ['a script or a picture', '/gone.js', '*/*', 'text/plain'],
    ['a page that looks like a file', '/organizations/1/report.pdf', 'text/html,*/*;q=0.8', 'text/html'],
    ['an asset, asked for as a page', '/assets/gone-abc.js', 'text/html,*/*;q=0.8', 'text/plain'],
  ])('%s that is not there is a 404 in the form that was asked for', async (_what, path, accept, type) => {
    const response = await serve().request(path, { headers: { accept } });
    expect([response.status, response.headers.get('content-type')?.split(';')[0]]).toEqual([404, type]);
  });

  test('only reads', async () => {
    expect((await serve().request('/', { method: 'POST' })).status).toBe(404);
    const head = await serve().request('/', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test('says what to do when it was not built', async () => {
    const response = await serve(join(folder, 'nowhere')).request('/');
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('not built');
  });
});

describe('security headers', () => {
  test('are on every answer', async () => {
    for (const path of ['/', '/nothing.js']) {
      const { headers } = await serve().request(path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("connect-src 'self' ws://127.0.0.1:7741");
      expect(policy).toContain("img-src 'self' data:;");
      expect(policy).not.toMatch(/script-src[^;]*'unsafe-(inline|eval)'/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('strict-origin-when-cross-origin');
      expect(headers.get('strict-transport-security')).toBeNull();
    }
    expect((await serve().request('/nothing.js')).headers.get('cache-control')).toBe('no-store');
  });

  test('promise https only where it is used', async () => {
    const { headers } = await serve(undefined, 'https://foundry.example.com').request('/');
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect(headers.get('content-security-policy')).toContain('wss://foundry.example.com');
  });

  test('speak for the names below this one only when the operator says so', async () => {
    const { headers } = await serve(undefined, 'https://foundry.example.com', true).request('/');
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains');
  });
});
