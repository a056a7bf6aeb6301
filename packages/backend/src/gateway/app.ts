import { OpenAPIHono } from '@hono/zod-openapi';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { gatewayLimits } from '../limits.ts';
import { api } from './api.ts';
import type { GatewayContext, GatewayEnv } from './env.ts';
import { errorBody, HttpError, toHttpError } from './errors.ts';
import { limitBody } from './middleware/body-limit/body-limit.ts';
import { requestId } from './middleware/request-id/request-id.ts';
import { requestLog } from './middleware/request-log/request-log.ts';
import { sameOrigin } from './middleware/same-origin/same-origin.ts';
import { securityHeaders } from './middleware/security-headers/security-headers.ts';
import { createStaticApp } from './middleware/static-app/static-app.ts';
import { routePermissions, type RoutePermission } from './permissions/check-routes.ts';
import { enforce } from './permissions/enforce.ts';
import { authRoutes } from './routes/auth.ts';
import { realtimeRoutes } from './routes/realtime.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import type { GatewayServices } from './services.ts';

const defaultStaticDir = new URL('../../../frontend/dist/', import.meta.url).pathname;

export interface GatewayApp {
  readonly app: OpenAPIHono<GatewayEnv>;
  /** Every route and who may use it. */
  readonly permissions: readonly RoutePermission[];
}

/** Everything the gateway answers over HTTP. @throws for a route without a permission. */
export function createGatewayApp(services: GatewayServices): GatewayApp {
  const { config, log } = services;
  const app = new OpenAPIHono<GatewayEnv>();
  const staticApp = createStaticApp(services.staticDir ?? defaultStaticDir);

  app.use('/*', requestId());
  app.use('/*', async (c, next) => {
    c.set('gateway', services);
    await next();
  });
  app.use('/*', requestLog(log));
  app.use(
    '/*',
    securityHeaders({ publicUrl: config.publicUrl, hstsIncludesSubdomains: config.hstsIncludesSubdomains }),
  );
  app.use(
    '/*',
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        answerError(
          // The helper's context type knows no variables; it is a request of this app.
          c as GatewayContext,
          new HttpError(405, 'method_not_allowed', `This address takes ${methods.join(', ')} only.`),
          { allow: methods.join(', ') },
        ),
    }),
  );
  app.use('/api/*', sameOrigin());
  app.use('/api/*', limitBody(gatewayLimits.bodySizeBytes));

  app.route('/', api);
  app.route('/', authRoutes);
  app.route('/', realtimeRoutes);
  app.route('/', webhookRoutes);
  app.get('/api/v1/openapi.json', enforce('public'), (c) => c.json(openApiDocument(), 200));

  let document: object | undefined;
  function openApiDocument(): object {
    app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
      type: 'apiKey',
      in: 'cookie',
      name: `${config.publicUrl.startsWith('https:') ? '__Secure-' : ''}foundry.session_token`,
    });
    document ??= app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: 'Foundry', version: '1' },
      servers: [{ url: config.publicUrl }],
    });
    return document;
  }

  app.notFound(
    async (c) =>
      (await staticApp(c)) ??
      answerError(c, new HttpError(404, 'not_found', 'There is nothing at this address.')),
  );
  app.onError((error, c) => {
    const httpError = toHttpError(error);
    // Asking to come again is no fault of ours; its line is the request's own.
    if (httpError.status === 500) c.get('log').error({ error, path: c.req.path }, 'request failed');
    return answerError(c, httpError);
  });
  return { app, permissions: routePermissions(app) };
}

function answerError(c: GatewayContext, error: HttpError, headers: Record<string, string> = {}): Response {
  const retryAfter =
    error.retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(error.retryAfterMs / 1_000)) };
  // The rest of a body that nobody reads would block the connection for what comes after it.
  const close = error.status === 413 ? { connection: 'close' } : {};
  return c.json(errorBody(error, c.get('requestId')), error.status, { ...headers, ...retryAfter, ...close });
}
