import { taskStateSchema } from '@foundry/shared/entities';
import { commandIdSchema } from '@foundry/shared/ids';
import {
  plainCommandRequestSchema,
  setDraftAnswerSchema,
  setDraftRequestSchema,
  setTaskStateRequestSchema,
} from '@foundry/shared/requests';
import { userSnapshotSchema } from '@foundry/shared/topics';
import { z } from 'zod';
import { userAddress } from '../../actors/addresses.ts';
import { senderOf, sessionOf } from '../env.ts';
import { acceptedAnswer, gatewayRoute, json, jsonBody, optionalBody, routeGroup } from '../route.ts';
import { taskParams } from './paths.ts';

const defaultModelSchema = z.object({
  commandId: commandIdSchema.optional(),
  modelId: z.string().max(200).nullable(),
});

/** The signed-in person's own. */
export const meRoutes = routeGroup()
  .openapi(
    gatewayRoute('signedIn', {
      method: 'get',
      path: '/api/v1/me',
      responses: { 200: { description: 'The signed-in person.', content: json(userSnapshotSchema) } },
    }),
    async (c) => c.json(await c.get('gateway').reads.userSnapshot(sessionOf(c).userId), 200),
  )
  .openapi(
    gatewayRoute('signedIn', {
      method: 'post',
      path: '/api/v1/me/refresh-access',
      description: 'Asks GitHub anew which installations and repositories the person may see.',
      request: { body: optionalBody(plainCommandRequestSchema) },
      responses: { 202: acceptedAnswer },
    }),
    async (c) => {
      const commandId = await c
        .get('gateway')
        .commands.send(
          senderOf(c),
          userAddress(sessionOf(c).userId),
          'user.command.refreshAccess',
          { reason: 'asked for' },
          c.req.valid('json'),
        );
      return c.json({ commandId }, 202);
    },
  )
  .openapi(
    gatewayRoute('taskAccess', {
      method: 'put',
      path: '/api/v1/me/task-states/{organizationId}/{taskId}',
      description: 'What one person has read or opened of a task; nobody else sees it.',
      request: { params: taskParams, body: jsonBody(setTaskStateRequestSchema) },
      responses: { 200: { description: 'The state now.', content: json(taskStateSchema) } },
    }),
    async (c) => {
      const { commandId, ...change } = c.req.valid('json');
      const result = await c
        .get('gateway')
        .commands.sendAndWait(
          senderOf(c),
          userAddress(sessionOf(c).userId),
          'user.command.setTaskState',
          { ...change, ...c.req.valid('param') },
          { commandId },
        );
      return c.json(taskStateSchema.parse(result), 200);
    },
  )
  .openapi(
    gatewayRoute('taskAccess', {
      method: 'put',
      path: '/api/v1/me/drafts/{organizationId}/{taskId}',
      description:
        'What one person has begun to write to one session; a newer draft of another page is kept.',
      request: { params: taskParams, body: jsonBody(setDraftRequestSchema) },
      responses: { 200: { description: 'The draft now.', content: json(setDraftAnswerSchema) } },
    }),
    async (c) => {
      const { commandId, ...draft } = c.req.valid('json');
      const result = await c
        .get('gateway')
        .commands.sendAndWait(
          senderOf(c),
          userAddress(sessionOf(c).userId),
          'user.command.setDraft',
          { ...draft, ...c.req.valid('param') },
          { commandId },
        );
      return c.json(setDraftAnswerSchema.parse(result), 200);
    },
  )
  .openapi(
    gatewayRoute('signedIn', {
      method: 'put',
      path: '/api/v1/me/default-model',
      request: { body: jsonBody(defaultModelSchema) },
      responses: { 202: acceptedAnswer },
    }),
    async (c) => {
      const { commandId, modelId } = c.req.valid('json');
      const accepted = await c
        .get('gateway')
        .commands.send(
          senderOf(c),
          userAddress(sessionOf(c).userId),
          'user.command.setDefaultModel',
          { modelId },
          { commandId },
        );
      return c.json({ commandId: accepted }, 202);
    },
  );
