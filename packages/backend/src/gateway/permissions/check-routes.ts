import type { Hono } from 'hono';
import type { GatewayEnv } from '../env.ts';
import { declaredPermission, type Permission } from './enforce.ts';

export interface RoutePermission {
  readonly method: string;
  /** With parameters as `:name`. */
  readonly path: string;
  readonly permission: Permission;
}

/** Middleware for many routes; it answers nothing by itself. */
const middlewarePaths: ReadonlySet<string> = new Set(['/*', '/api/*']);

/**
 * Every route with its permission. Deny by default: @throws for a route whose first handler enforces none, so that
 * a server with a forgotten route does not start.
 */
export function routePermissions(app: Pick<Hono<GatewayEnv>, 'routes'>): RoutePermission[] {
  const routes = new Map<string, RoutePermission>();
  const undeclared = new Set<string>();
  for (const { method, path, handler } of app.routes) {
    if (method === 'ALL' && middlewarePaths.has(path)) continue;
    const name = `${method} ${path}`;
    if (routes.has(name)) continue;
    const permission = declaredPermission(handler);
    if (permission === undefined) undeclared.add(name);
    else routes.set(name, { method, path, permission });
  }
  if (undeclared.size > 0) {
    throw new Error(`These routes declare no permission: ${[...undeclared].join(', ')}`);
  }
  return [...routes.values()];
}
