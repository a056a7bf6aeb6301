import { Hono } from 'hono';
import { expect, test } from 'vitest';
import type { GatewayEnv } from '../env.ts';
import { routePermissions } from './check-routes.ts';
import { enforce } from './enforce.ts';

const handler = () => new Response();

test('every route is listed with its permission, also below a mounted app', () => {
  const app = new Hono<GatewayEnv>();
  app.use('/*', async (_c, next) => await next());
  app.get('/a', enforce('public'), handler);
  app.route('/b', new Hono<GatewayEnv>().post('/:id', enforce('signedIn'), handler));
  expect(routePermissions(app)).toEqual([
    { method: 'GET', path: '/a', permission: 'public' },
    { method: 'POST', path: '/b/:id', permission: 'signedIn' },
  ]);
});

test.each([
  ['a route without one', (app: Hono<GatewayEnv>) => app.get('/open', handler), 'GET /open'],
  [
    'one whose permission comes after a handler',
    (app: Hono<GatewayEnv>) => app.get('/late', handler, enforce('signedIn')),
    'GET /late',
  ],
  ['one for all methods', (app: Hono<GatewayEnv>) => app.all('/all', handler), 'ALL /all'],
  [
    'one of a mounted app',
    (app: Hono<GatewayEnv>) => app.route('/x', new Hono<GatewayEnv>().put('/y', handler)),
    'PUT /x/y',
  ],
])('%s keeps the server from starting', (_title, add, name) => {
  const app = new Hono<GatewayEnv>();
  add(app);
  expect(() => routePermissions(app)).toThrow(name);
});
