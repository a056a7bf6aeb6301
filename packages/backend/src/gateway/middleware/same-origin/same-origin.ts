import type { MiddlewareHandler } from 'hono';
import type { GatewayContext, GatewayEnv } from '../../env.ts';
import { HttpError } from '../../errors.ts';

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A page of another origin sends no commands: a browser says where a request comes from, and what it says must be
 * this server. Programs say nothing, and need the cookie, which no page of another origin can make a browser send.
 * Bodies are JSON only, which an HTML form cannot send. @throws HttpError 403
 */
export function sameOrigin(): MiddlewareHandler<GatewayEnv> {
  return async (c, next) => {
    if (!safeMethods.has(c.req.method)) requireSameOrigin(c);
    await next();
  };
}

/** @throws HttpError 403 when a browser says that a page of another origin asks. */
export function requireSameOrigin(c: GatewayContext): void {
  const { allowedOrigins, config } = c.get('gateway');
  const origin = c.req.header('origin');
  const site = c.req.header('sec-fetch-site');
  const isForeign =
    origin === undefined
      ? site !== undefined && site !== 'same-origin' && site !== 'none'
      : !allowedOrigins.has(origin);
  if (isForeign) {
    throw new HttpError(
      403,
      'foreign_origin',
      `This page is not the Foundry that it talks to. Open Foundry at ${config.publicUrl}.`,
    );
  }
}
