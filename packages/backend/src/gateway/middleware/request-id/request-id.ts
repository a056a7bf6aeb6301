import { randomUUID } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import type { GatewayEnv } from '../../env.ts';

/** Gives every request an id of ours; what a client sends under that name is ignored. */
export function requestId(): MiddlewareHandler<GatewayEnv> {
  return async (c, next) => {
    const id = randomUUID();
    c.set('requestId', id);
    c.header('x-request-id', id);
    await next();
  };
}
