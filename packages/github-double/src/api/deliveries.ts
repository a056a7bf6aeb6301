import { Hono } from 'hono';
import { notFound } from '../domain/errors.ts';
import type { Double } from '../double.ts';
import { now } from '../double.ts';
import type { Delivery } from '../store/deliveries.ts';
import { requireApp } from './context.ts';
import type { ApiContext, ApiEnv } from './context.ts';
import { pageOf } from './pagination.ts';

function deliveryShape(delivery: Delivery) {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: delivery.deliveredAt ?? delivery.createdAt,
    redelivery: delivery.redelivery,
    duration: delivery.durationMs / 1_000,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
    throttled_at: null,
  };
}

/** Writes a new attempt of a delivery, with the same guid, to be sent next. */
export function redeliver(double: Double, delivery: Delivery): void {
  double.store.deliveries.insert({
    guid: delivery.guid,
    appId: delivery.appId,
    event: delivery.event,
    action: delivery.action,
    installationId: delivery.installationId,
    repositoryId: delivery.repositoryId,
    payload: delivery.payload,
    redelivery: true,
    state: 'pending',
    createdAt: now(),
  });
  double.webhooks.kick();
}

/** What was delivered to the app, page by page, and sending it again. */
export function deliveryRoutes(double: Double): Hono<ApiEnv> {
  const { store } = double;
  const routes = new Hono<ApiEnv>();

  const deliveryOf = (c: ApiContext): Delivery => {
    const { app } = requireApp(c);
    const delivery = store.deliveries.byId(app.id, Number(c.req.param('id')));
    if (delivery === undefined) throw notFound();
    return delivery;
  };

  routes.get('/app/hook/config', (c) => {
    const { app } = requireApp(c);
    return c.json({
      content_type: 'json',
      insecure_ssl: '0',
      secret: '********',
      url: app.webhookUrl ?? '',
    });
  });

  routes.get('/app/hook/deliveries', (c) => {
    const { app } = requireApp(c);
    const { perPage } = pageOf(c);
    const cursor = /^v1_(\d+)$/.exec(c.req.query('cursor') ?? '')?.[1];
    // One more than asked for tells whether there is a next page.
    const found = store.deliveries.page(
      app.id,
      perPage + 1,
      cursor === undefined ? undefined : Number(cursor),
    );
    const page = found.slice(0, perPage);
    const last = page.at(-1);
    if (found.length > perPage && last !== undefined) {
      const next = `${double.urls.api}/app/hook/deliveries?per_page=${perPage}&cursor=v1_${last.id}`;
      c.header('link', `<${next}>; rel="next"`);
    }
    return c.json(page.map(deliveryShape));
  });

  routes.get('/app/hook/deliveries/:id', (c) => {
    const delivery = deliveryOf(c);
    return c.json({
      ...deliveryShape(delivery),
      url: delivery.url ?? '',
      request: { headers: delivery.requestHeaders, payload: JSON.parse(delivery.payload) as unknown },
      response: { headers: delivery.responseHeaders, payload: delivery.responseBody },
    });
  });

  routes.post('/app/hook/deliveries/:id/attempts', (c) => {
    redeliver(double, deliveryOf(c));
    return c.json({}, 202);
  });

  return routes;
}
