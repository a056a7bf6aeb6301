import { apiErrorSchema } from '@foundry/shared/errors';
import { commandIdSchema } from '@foundry/shared/ids';
import { createRoute, OpenAPIHono, z, type RouteConfig } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { GatewayEnv } from './env.ts';
import { HttpError } from './errors.ts';
import { enforce, type Permission } from './permissions/enforce.ts';

const errorAnswer = { description: 'An error, with words for people.', content: json(apiErrorSchema) };

/** A route with its permission, which is both enforced and written into the OpenAPI document. */
export function gatewayRoute<const R extends Omit<RouteConfig, 'middleware'>>(
  permission: Permission,
  config: R,
): R & { middleware: MiddlewareHandler<GatewayEnv>; getRoutingPath: () => string } {
  return createRoute({
    ...config,
    middleware: enforce(permission),
    // Not in the types: every route may fail, and a client gets all failures as exceptions.
    responses: { ...config.responses, default: errorAnswer },
    'x-permission': permission,
    ...(permission === 'public' ? {} : { security: [{ session: [] }] }),
  });
}

/** A group of routes; what does not fit their schemas is answered with 400 and the first thing that is wrong. */
export function routeGroup(): OpenAPIHono<GatewayEnv> {
  return new OpenAPIHono<GatewayEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      const [issue] = result.error.issues;
      const where = [result.target === 'json' ? 'body' : result.target, ...(issue?.path ?? [])].join('.');
      throw new HttpError(400, 'invalid_input', `${where}: ${issue?.message ?? 'is not valid'}.`);
    },
  });
}

/** JSON content of a request or answer. */
export function json<S extends z.ZodType>(schema: S) {
  return { 'application/json': { schema } };
}

export function jsonBody<S extends z.ZodType>(schema: S) {
  return { required: true as const, content: json(schema) };
}

/** A body that may be left out. */
export function optionalBody<S extends z.ZodType>(schema: S) {
  return { required: false as const, content: json(schema) };
}

export const acceptedSchema = z.object({ commandId: commandIdSchema });
export const acceptedAnswer = {
  description: 'Taken. The outcome comes as a realtime frame, and can be asked for by this id.',
  content: json(acceptedSchema),
};
