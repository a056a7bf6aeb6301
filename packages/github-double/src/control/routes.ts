import { Hono } from 'hono';
import { z } from 'zod';
import { jsonBody } from '../api/context.ts';
import type { ApiEnv } from '../api/context.ts';
import { redeliver } from '../api/deliveries.ts';
import { notFound } from '../domain/errors.ts';
import type { Double } from '../double.ts';
import { actionRoutes } from './actions.ts';
import { faultInput } from './faults.ts';
import { stateRoutes } from './state.ts';

const targetInput = z.strictObject({ url: z.url().nullable() });
const rateLimitInput = z.strictObject({
  key: z.string(),
  remaining: z.int().min(0).optional(),
  resetInSeconds: z.int().min(0).default(3_600),
  limit: z.int().positive().optional(),
});

/**
 * The control API under `/_double`: for tests, the walk and a person at a terminal. It has no sign-in; the server
 * listens on loopback only, and a page in a browser cannot use it because it answers no foreign origin.
 */
export function controlRoutes(double: Double): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>();

  routes.use('*', async (c, next) => {
    // A browser names its page's origin on every cross-site change; a command line tool names none.
    const origin = c.req.header('origin');
    if (origin !== undefined && origin !== double.urls.web) return c.json({ message: 'Forbidden' }, 403);
    return next();
  });

  routes.get('/health', (c) => c.json({ ok: true, seed: double.store.seedName() ?? null }));

  routes.get('/faults', (c) => c.json(double.faults.list()));
  routes.post('/faults', async (c) => c.json(double.faults.add(await jsonBody(c, faultInput)), 201));
  routes.delete('/faults', (c) => c.json({ cleared: double.faults.clear() }));
  routes.delete('/faults/:id', (c) => c.json({ cleared: double.faults.clear(c.req.param('id')) }));

  routes.get('/rate-limits', (c) => c.json(double.rateLimits.all()));
  routes.post('/rate-limits', async (c) => {
    const input = await jsonBody(c, rateLimitInput);
    if (input.limit !== undefined) double.rateLimits.setLimit(input.key, input.limit);
    const bucket =
      input.remaining === undefined
        ? double.rateLimits.bucket(input.key)
        : double.rateLimits.set(input.key, input.remaining, input.resetInSeconds);
    return c.json(bucket);
  });

  routes.get('/webhook-target', (c) =>
    c.json({ url: double.store.apps.byId(double.appId)?.webhookUrl ?? null }),
  );
  routes.post('/webhook-target', async (c) => {
    const { url } = await jsonBody(c, targetInput);
    double.store.apps.update(double.appId, { webhookUrl: url });
    double.webhooks.kick();
    return c.json({ url });
  });

  routes.get('/deliveries', (c) => {
    const event = c.req.query('event');
    const list = double.store.deliveries
      .all()
      .filter((delivery) => event === undefined || delivery.event === event);
    return c.json(list.map(({ payload, ...rest }) => ({ ...rest, payload: JSON.parse(payload) as unknown })));
  });
  routes.post('/deliveries/:id/redeliver', (c) => {
    const delivery = double.store.deliveries.byId(double.appId, Number(c.req.param('id')));
    if (delivery === undefined) throw notFound();
    redeliver(double, delivery);
    return c.json({ ok: true }, 202);
  });
  routes.post('/webhooks/pause', (c) => {
    double.webhooks.pause();
    return c.json({ paused: true });
  });
  routes.post('/webhooks/resume', (c) => {
    double.webhooks.resume();
    return c.json({ paused: false });
  });
  routes.post('/webhooks/idle', async (c) => {
    await double.webhooks.idle();
    return c.json({ idle: true });
  });

  routes.route('/', stateRoutes(double));
  routes.route('/', actionRoutes(double));
  return routes;
}
