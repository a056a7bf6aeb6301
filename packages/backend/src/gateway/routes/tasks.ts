import { randomUUID } from 'node:crypto';
import { sessionSchema } from '@foundry/shared/entities';
import {
  createSessionRequestSchema,
  plainCommandRequestSchema,
  publishRequestSchema,
  pullBranchRequestSchema,
} from '@foundry/shared/requests';
import { taskSnapshotSchema } from '@foundry/shared/topics';
import { z } from 'zod';
import { taskAddress } from '../../actors/addresses.ts';
import { diffSchema } from '../actor-reads.ts';
import { newSessionId } from '../access/task-directory.ts';
import { internalCommandId } from '../commands/command-ids.ts';
import { personOf, senderOf, sessionOf } from '../env.ts';
import { acceptedAnswer, gatewayRoute, json, jsonBody, optionalBody, routeGroup } from '../route.ts';
import { taskParams, taskPath } from './paths.ts';

/** As git names files: below the top of the repository. */
const repositoryPath = z
  .string()
  .min(1)
  .max(4_096)
  .refine(
    (path) =>
      !path.startsWith('/') &&
      !path.includes('\0') &&
      !path.split('/').some((part) => part === '' || part === '.' || part === '..'),
    'must be the path of a file of the repository, such as src/main.ts',
  );
const diffQuery = z.object({ path: repositoryPath.optional() });
const createdSessionSchema = z.object({ session: sessionSchema });
const plainRequest = { params: taskParams, body: optionalBody(plainCommandRequestSchema) };

/** One task. All but `open` answer 404 `task_not_opened` while nobody has opened it: none of them creates its actor. */
export const taskRoutes = routeGroup()
  .openapi(
    gatewayRoute('taskAccess', {
      method: 'post',
      path: `${taskPath}/open`,
      description: 'Opens the task of a pull request: its actor is created at the first time.',
      request: plainRequest,
      responses: { 200: { description: 'The task.', content: json(taskSnapshotSchema) } },
    }),
    async (c) => {
      const { tasks, commands } = c.get('gateway');
      const { organizationId, taskId } = c.req.valid('param');
      if (!tasks.isKnownOpened(organizationId, taskId)) {
        await commands.sendAndWait(
          senderOf(c),
          taskAddress(organizationId, taskId),
          'task.command.open',
          {},
          c.req.valid('json'),
        );
        tasks.learnOpened(organizationId, taskId);
      }
      return c.json(await tasks.snapshot(organizationId, taskId), 200);
    },
  )
  .openapi(
    gatewayRoute('taskAccess', {
      method: 'get',
      path: taskPath,
      request: { params: taskParams },
      responses: { 200: { description: 'The task.', content: json(taskSnapshotSchema) } },
    }),
    async (c) => {
      const { organizationId, taskId } = c.req.valid('param');
      return c.json(await c.get('gateway').tasks.snapshot(organizationId, taskId), 200);
    },
  )
  .openapi(
    gatewayRoute('taskWriter', {
      method: 'post',
      path: `${taskPath}/provision`,
      description: 'Starts the workspace, or tries again after a failure.',
      request: plainRequest,
      responses: { 202: acceptedAnswer },
    }),
    async (c) => {
      const { tasks, commands } = c.get('gateway');
      const { organizationId, taskId } = c.req.valid('param');
      await tasks.requireOpened(organizationId, taskId);
      const commandId = await commands.send(
        senderOf(c),
        taskAddress(organizationId, taskId),
        'task.command.provision',
        { person: personOf(c) },
        c.req.valid('json'),
      );
      return c.json({ commandId }, 202);
    },
  )
  .openapi(
    gatewayRoute('taskWriter', {
      method: 'post',
      path: `${taskPath}/refresh`,
      description: 'Reads the git state of the workspace again.',
      request: plainRequest,
      responses: { 202: acceptedAnswer },
    }),
    async (c) => {
      const { tasks, commands } = c.get('gateway');
      const { organizationId, taskId } = c.req.valid('param');
      await tasks.requireOpened(organizationId, taskId);
      const address = taskAddress(organizationId, taskId);
      const commandId = await commands.send(
        senderOf(c),
        address,
        'task.command.refresh',
        {},
        c.req.valid('json'),
      );
      return c.json({ commandId }, 202);
    },
  )
  .openapi(
    gatewayRoute('taskAccess', {
      method: 'get',
      path: `${taskPath}/diff`,
      description: 'What changed against the merge base: of one file, or of all.',
      request: { params: taskParams, query: diffQuery },
      responses: { 200: { description: 'A unified diff.', content: json(diffSchema) } },
    }),
    async (c) => {
      const { tasks, reads } = c.get('gateway');
      const { organizationId, taskId } = c.req.valid('param');
      await tasks.requireOpened(organizationId, taskId);
      return c.json(await reads.taskDiff(organizationId, taskId, c.req.valid('query')), 200);
    },
  )
  .openapi(
    gatewayRoute('taskWriter', {
      method: 'post',
      path: `${taskPath}/publish`,
      description: 'Pushes the branch, then opens or updates the pull request.',
      request: { params: taskParams, body: optionalBody(publishRequestSchema) },
      responses: { 202: acceptedAnswer },
    }),
    async (c) => {
      const { tasks, commands } = c.get('gateway');
      const { organizationId, taskId } = c.req.valid('param');
      await tasks.requireOpened(organizationId, taskId);
      const { commandId, ...request } = c.req.valid('json');
      const address = taskAddress(organizationId, taskId);
      const accepted = await commands.send(senderOf(c), address, 'task.command.publish', request, {
        commandId,
      });
      return c.json({ commandId: accepted }, 202);
    },
  )
  .openapi(
    gatewayRoute('taskWriter', {
      method: 'post',
      path: `${taskPath}/pull`,
      description: "Takes GitHub's branch over if nothing is lost by it; with `discard` in any case.",
      request: { params: taskParams, body: optionalBody(pullBranchRequestSchema) },
      responses: { 202: acceptedAnswer },
    }),
    async (c) => {
      const { tasks, commands } = c.get('gateway');
      const { organizationId, taskId } = c.req.valid('param');
      await tasks.requireOpened(organizationId, taskId);
      const { commandId, ...request } = c.req.valid('json');
      const address = taskAddress(organizationId, taskId);
      const accepted = await commands.send(senderOf(c), address, 'task.command.pull', request, { commandId });
      return c.json({ commandId: accepted }, 202);
    },
  )
  .openapi(
    gatewayRoute('taskWriter', {
      method: 'post',
      path: `${taskPath}/owner`,
      description: 'Takes the task over by hand.',
      request: plainRequest,
      responses: { 202: acceptedAnswer },
    }),
    async (c) => {
      const { tasks, commands } = c.get('gateway');
      const { organizationId, taskId } = c.req.valid('param');
      await tasks.requireOpened(organizationId, taskId);
      const commandId = await commands.send(
        senderOf(c),
        taskAddress(organizationId, taskId),
        'task.command.setOwner',
        { person: personOf(c) },
        c.req.valid('json'),
      );
      return c.json({ commandId }, 202);
    },
  )
  .openapi(
    gatewayRoute('taskWriter', {
      method: 'post',
      path: `${taskPath}/sessions`,
      request: { params: taskParams, body: jsonBody(createSessionRequestSchema) },
      responses: { 201: { description: 'The session.', content: json(createdSessionSchema) } },
    }),
    async (c) => {
      const { tasks, commands } = c.get('gateway');
      const { organizationId, taskId } = c.req.valid('param');
      await tasks.requireOpened(organizationId, taskId);
      const { commandId = randomUUID(), ...request } = c.req.valid('json');
      const sessionId = newSessionId(taskId, internalCommandId(sessionOf(c).userId, commandId));
      const result = await commands.sendAndWait(
        senderOf(c),
        taskAddress(organizationId, taskId),
        'task.command.createSession',
        { ...request, sessionId },
        { commandId },
      );
      const session = sessionSchema.parse(result);
      tasks.learnSession(organizationId, taskId, session.id);
      return c.json({ session }, 201);
    },
  );
