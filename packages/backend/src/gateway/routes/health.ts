import { z } from 'zod';
import { appAddress } from '../../actors/addresses.ts';
import { errorMessage } from '../../command-loop/errors.ts';
import { gatewayLimits } from '../../limits.ts';
import type { GatewayContext } from '../env.ts';
import { gatewayRoute, json, routeGroup } from '../route.ts';

const readySchema = z.object({
  status: z.enum(['ready', 'starting']),
  checks: z.object({ engine: z.boolean(), actors: z.boolean() }),
});

/** Whether the App actor answers: then engine, registry and database work. */
async function areActorsReady(c: GatewayContext): Promise<boolean> {
  try {
    await c
      .get('gateway')
      .connections.call(appAddress(), 'version', [], { timeoutMs: gatewayLimits.readinessTimeoutMs });
    return true;
  } catch (error) {
    c.get('log').debug({ reason: errorMessage(error) }, 'actors are not ready');
    return false;
  }
}

/** For whatever supervises this process: `/healthz` tells that it lives, `/readyz` that it can work. */
export const healthRoutes = routeGroup()
  .openapi(
    gatewayRoute('public', {
      method: 'get',
      path: '/healthz',
      responses: { 200: { description: 'It lives.', content: json(z.object({ status: z.literal('ok') })) } },
    }),
    (c) => c.json({ status: 'ok' as const }, 200),
  )
  .openapi(
    gatewayRoute('public', {
      method: 'get',
      path: '/readyz',
      responses: {
        200: { description: 'It works.', content: json(readySchema) },
        503: { description: 'It does not work yet.', content: json(readySchema) },
      },
    }),
    async (c) => {
      const engine = await c.get('gateway').isEngineReady();
      const actors = engine && (await areActorsReady(c));
      const checks = { engine, actors };
      return actors
        ? c.json({ status: 'ready' as const, checks }, 200)
        : c.json({ status: 'starting' as const, checks }, 503);
    },
  );
