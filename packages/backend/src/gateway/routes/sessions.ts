import { messageSchema } from '@foundry/shared/entities';
import {
  answerPermissionRequestSchema,
  editMessageRequestSchema,
  plainCommandRequestSchema,
  sendMessageRequestSchema,
  setModelRequestSchema,
  stopRequestSchema,
} from '@foundry/shared/requests';
import { sessionSnapshotSchema } from '@foundry/shared/topics';
import { z } from 'zod';
import { taskSessionAddress } from '../../actors/addresses.ts';
import type { TaskSessionCatalog } from '../../actors/task-session/commands.ts';
import type { CommandInput, CommandName } from '../../command-loop/catalog.ts';
import { gatewayLimits } from '../../limits.ts';
import { transcriptPageSchema } from '../actor-reads.ts';
import type { SendOptions } from '../commands/command-sender.ts';
import { personOf, senderOf, type GatewayContext } from '../env.ts';
import { acceptedAnswer, gatewayRoute, json, jsonBody, optionalBody, routeGroup } from '../route.ts';
import { commandQuery, messageParams, sessionParams, sessionPath } from './paths.ts';

const transcriptQuery = z.object({
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(gatewayLimits.pageSizeMax).default(gatewayLimits.pageSize),
});
const acceptedMessageSchema = z.object({ message: messageSchema });
const permissionParams = sessionParams.extend({ sequence: z.coerce.number().int().positive() });
const messagePath = `${sessionPath}/messages/{messageId}` as const;

/** Sends a command to the session of the path. */
async function send<N extends CommandName<TaskSessionCatalog>>(
  c: GatewayContext,
  at: { organizationId: string; sessionId: string },
  name: N,
  body: CommandInput<TaskSessionCatalog, N>,
  options: SendOptions,
): Promise<{ commandId: string }> {
  const address = taskSessionAddress(at.organizationId, at.sessionId);
  return { commandId: await c.get('gateway').commands.send(senderOf(c), address, name, body, options) };
}

/** One session of a task. */
export const sessionRoutes = routeGroup()
  .openapi(
    gatewayRoute('sessionAccess', {
      method: 'get',
      path: sessionPath,
      request: { params: sessionParams },
      responses: {
        200: { description: 'With the newest page of its transcript.', content: json(sessionSnapshotSchema) },
      },
    }),
    async (c) => {
      const { organizationId, sessionId } = c.req.valid('param');
      return c.json(await c.get('gateway').reads.sessionSnapshot(organizationId, sessionId), 200);
    },
  )
  .openapi(
    gatewayRoute('sessionAccess', {
      method: 'get',
      path: `${sessionPath}/transcript`,
      description: 'A page of the transcript, backwards from `before`; each page is oldest first.',
      request: { params: sessionParams, query: transcriptQuery },
      responses: { 200: { description: 'One page.', content: json(transcriptPageSchema) } },
    }),
    async (c) => {
      const { organizationId, sessionId } = c.req.valid('param');
      const { before, limit } = c.req.valid('query');
      const page = await c
        .get('gateway')
        .reads.transcriptPage(organizationId, sessionId, before ?? null, limit);
      return c.json(page, 200);
    },
  )
  .openapi(
    gatewayRoute('sessionWriter', {
      method: 'post',
      path: `${sessionPath}/messages`,
      description: 'A message for the agent. The browser chooses its id, so that a repeat is recognised.',
      request: { params: sessionParams, body: jsonBody(sendMessageRequestSchema) },
      responses: { 202: { description: 'Accepted and kept.', content: json(acceptedMessageSchema) } },
    }),
    async (c) => {
      const { organizationId, sessionId } = c.req.valid('param');
      const { messageId, text } = c.req.valid('json');
      const result = await c
        .get('gateway')
        .commands.sendAndWait(
          senderOf(c),
          taskSessionAddress(organizationId, sessionId),
          'session.command.sendMessage',
          { messageId, text, author: personOf(c) },
          { commandId: messageId },
        );
      return c.json({ message: messageSchema.parse(result) }, 202);
    },
  )
  .openapi(
    gatewayRoute('sessionWriter', {
      method: 'patch',
      path: messagePath,
      description: 'Changes a message that the agent does not have yet.',
      request: { params: messageParams, body: jsonBody(editMessageRequestSchema) },
      responses: { 202: acceptedAnswer },
    }),
    async (c) => {
      const { commandId, text } = c.req.valid('json');
      const { messageId, ...at } = c.req.valid('param');
      const body = { messageId, text };
      return c.json(await send(c, at, 'session.command.editMessage', body, { commandId }), 202);
    },
  )
  .openapi(
    gatewayRoute('sessionWriter', {
      method: 'delete',
      path: messagePath,
      description: 'Withdraws a message that the agent does not have yet.',
      request: { params: messageParams, query: commandQuery },
      responses: { 202: acceptedAnswer },
    }),
    async (c) => {
      const { messageId, ...at } = c.req.valid('param');
      const options = c.req.valid('query');
      return c.json(await send(c, at, 'session.command.withdrawMessage', { messageId }, options), 202);
    },
  )
  .openapi(
    gatewayRoute('sessionWriter', {
      method: 'post',
      path: `${messagePath}/retry`,
      description: 'Delivers a failed message again.',
      request: { params: messageParams, body: optionalBody(plainCommandRequestSchema) },
      responses: { 202: acceptedAnswer },
    }),
    async (c) => {
      const { messageId, ...at } = c.req.valid('param');
      const options = c.req.valid('json');
      return c.json(await send(c, at, 'session.command.retryMessage', { messageId }, options), 202);
    },
  )
  .openapi(
    gatewayRoute('sessionWriter', {
      method: 'post',
      path: `${sessionPath}/stop`,
      description: 'Ends the turn that is named; another one that runs by then goes on.',
      request: { params: sessionParams, body: jsonBody(stopRequestSchema) },
      responses: { 202: acceptedAnswer },
    }),
    async (c) => {
      const { commandId, ...turn } = c.req.valid('json');
      return c.json(await send(c, c.req.valid('param'), 'session.command.stop', turn, { commandId }), 202);
    },
  )
  .openapi(
    gatewayRoute('sessionWriter', {
      method: 'post',
      path: `${sessionPath}/permissions/{sequence}`,
      description: 'Answers the question at that place of the transcript.',
      request: { params: permissionParams, body: jsonBody(answerPermissionRequestSchema) },
      responses: { 202: acceptedAnswer },
    }),
    async (c) => {
      const { sequence, ...at } = c.req.valid('param');
      const { commandId, ...answer } = c.req.valid('json');
      const body = { sequence, ...answer };
      return c.json(await send(c, at, 'session.command.answerPermission', body, { commandId }), 202);
    },
  )
  .openapi(
    gatewayRoute('sessionWriter', {
      method: 'put',
      path: `${sessionPath}/model`,
      request: { params: sessionParams, body: jsonBody(setModelRequestSchema) },
      responses: { 202: acceptedAnswer },
    }),
    async (c) => {
      const { commandId, modelId } = c.req.valid('json');
      const at = c.req.valid('param');
      return c.json(await send(c, at, 'session.command.setModel', { modelId }, { commandId }), 202);
    },
  );
