import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Logger } from 'pino';
import type { GatewayEnv } from '../../env.ts';

/** Paths that are asked every few seconds and say nothing while they succeed. */
const quietPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/**
 * One line per request: method, route, status, duration, person. Neither query, headers nor bodies: they may hold
 * secrets, such as the code of a sign-in (R17).
 */
export function requestLog(log: Logger): MiddlewareHandler<GatewayEnv> {
  return async (c, next) => {
    const startMs = performance.now();
    c.set('log', log.child({ requestId: c.get('requestId') }));
    await next();
    const status = c.res.status;
    if (quietPaths.has(c.req.path) && status < 400) return;
    const entry = {
      method: c.req.method,
      path: c.req.path,
      route: routePath(c, -1),
      status,
      durationMs: Math.round(performance.now() - startMs),
      error: undefined as string | undefined,
    };
    if (c.error !== undefined) entry.error = c.error.message;
    const level = status >= 500 ? 'warn' : c.req.path.startsWith('/api/') ? 'info' : 'debug';
    c.get('log')[level](entry, 'request');
  };
}
