import { commandOutcomeSchema } from '@foundry/shared/envelope';
import { commandIdSchema, sessionIdSchema } from '@foundry/shared/ids';
import { z } from 'zod';
import { organizationAddress, taskAddress, taskSessionAddress } from '../../actors/addresses.ts';
import type { ActorAddress } from '../../command-loop/catalog.ts';
import { externalOutcome, internalCommandId } from '../commands/command-ids.ts';
import { accessOf, sessionOf, type GatewayContext } from '../env.ts';
import { notFound } from '../errors.ts';
import { requireTaskAccess } from '../permissions/enforce.ts';
import { gatewayRoute, json, routeGroup } from '../route.ts';
import { organizationParams, organizationPath } from './paths.ts';

const outcomeParams = organizationParams.extend({ commandId: commandIdSchema });
const outcomeQuery = z.object({
  actor: z.enum(['organization', 'task', 'session']),
  /** Of that actor; not needed for the organization. */
  id: z.string().max(200).optional(),
});

/** The actor that keeps the outcome. @throws HttpError 404 when the person may not see what it belongs to. */
async function actorOf(
  c: GatewayContext,
  organizationId: string,
  { actor, id = '' }: z.infer<typeof outcomeQuery>,
): Promise<ActorAddress> {
  const gateway = c.get('gateway');
  switch (actor) {
    case 'organization':
      return organizationAddress(organizationId);
    case 'task':
      await requireTaskAccess(gateway, accessOf(c), organizationId, id);
      await gateway.tasks.requireOpened(organizationId, id);
      return taskAddress(organizationId, id);
    case 'session': {
      const taskId = sessionIdSchema.safeParse(id).success
        ? gateway.tasks.knownTaskOfSession(organizationId, id)
        : null;
      if (taskId === null) throw notFound('session');
      await requireTaskAccess(gateway, accessOf(c), organizationId, taskId);
      await gateway.tasks.requireSession(organizationId, taskId, id);
      return taskSessionAddress(organizationId, id);
    }
  }
}

/** What became of the person's own commands. */
export const outcomeRoutes = routeGroup().openapi(
  gatewayRoute('organizationMember', {
    method: 'get',
    path: `${organizationPath}/commands/{commandId}`,
    request: { params: outcomeParams, query: outcomeQuery },
    responses: {
      200: { description: '`accepted` while it is not finished.', content: json(commandOutcomeSchema) },
    },
  }),
  async (c) => {
    const { organizationId, commandId } = c.req.valid('param');
    const { userId } = sessionOf(c);
    const address = await actorOf(c, organizationId, c.req.valid('query'));
    const outcome = await c.get('gateway').reads.outcome(address, internalCommandId(userId, commandId));
    if (outcome === null) throw notFound('command');
    return c.json(externalOutcome(userId, outcome), 200);
  },
);
