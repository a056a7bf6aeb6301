import { randomUUID } from 'node:crypto';
import { auditEntrySchema, organizationSchema, taskSummarySchema } from '@foundry/shared/entities';
import { createTaskRequestSchema, plainCommandRequestSchema } from '@foundry/shared/requests';
import { organizationSnapshotSchema } from '@foundry/shared/topics';
import { z } from 'zod';
import { organizationAddress } from '../../actors/addresses.ts';
import { wantedBranches } from '../../actors/organization/decisions.ts';
import { tasksPageSchema } from '../actor-reads.ts';
import { newSessionId } from '../access/task-directory.ts';
import { visibleOrganizations } from '../access/visibility.ts';
import { idFromCommand, internalCommandId } from '../commands/command-ids.ts';
import { accessOf, personOf, senderOf, sessionOf } from '../env.ts';
import { knownAccess, requireRepository, requireRole } from '../permissions/enforce.ts';
import { acceptedAnswer, gatewayRoute, json, jsonBody, optionalBody, routeGroup } from '../route.ts';
import { commandQuery, organizationParams, organizationPath, pageQuery } from './paths.ts';

const organizationsSchema = z.object({ organizations: z.array(organizationSchema) });
const createdTaskSchema = z.object({ task: taskSummarySchema });
const auditPageSchema = z.object({
  entries: z.array(auditEntrySchema),
  nextCursor: z.string().nullable(),
});
const issueParams = organizationParams.extend({ issueId: z.string().min(1).max(200) });

/** Organizations, each as far as GitHub lets the person see it. */
export const organizationRoutes = routeGroup()
  .openapi(
    gatewayRoute('signedIn', {
      method: 'get',
      path: '/api/v1/organizations',
      responses: { 200: { description: 'The own ones.', content: json(organizationsSchema) } },
    }),
    async (c) => {
      const gateway = c.get('gateway');
      const { userId } = sessionOf(c);
      const access = await knownAccess(gateway, userId);
      const own = new Set(access.organizationIds);
      const [user, directory] = await Promise.all([
        gateway.reads.userSnapshot(userId),
        gateway.reads.appSnapshot(),
      ]);
      // The directory hears of installations from webhooks; the person's own list may be older, or newer.
      const byId = new Map(user.organizations.map((organization) => [organization.id, organization]));
      for (const organization of directory.organizations) byId.set(organization.id, organization);
      return c.json({ organizations: visibleOrganizations([...byId.values()], own) }, 200);
    },
  )
  .openapi(
    gatewayRoute('organizationMember', {
      method: 'get',
      path: organizationPath,
      request: { params: organizationParams },
      responses: {
        200: { description: 'With the first page of tasks.', content: json(organizationSnapshotSchema) },
      },
    }),
    async (c) => {
      const { organizationId } = c.req.valid('param');
      return c.json(await c.get('gateway').organizations.snapshot(accessOf(c), organizationId), 200);
    },
  )
  .openapi(
    gatewayRoute('organizationMember', {
      method: 'get',
      path: `${organizationPath}/tasks`,
      request: { params: organizationParams, query: pageQuery },
      responses: { 200: { description: 'Latest activity first.', content: json(tasksPageSchema) } },
    }),
    async (c) => {
      const { organizationId } = c.req.valid('param');
      const { cursor, limit } = c.req.valid('query');
      const page = await c
        .get('gateway')
        .organizations.tasksPage(accessOf(c), organizationId, cursor ?? null, limit);
      return c.json(page, 200);
    },
  )
  .openapi(
    gatewayRoute('organizationWriter', {
      method: 'post',
      path: `${organizationPath}/sync`,
      request: { params: organizationParams, body: optionalBody(plainCommandRequestSchema) },
      responses: { 202: acceptedAnswer },
    }),
    async (c) => {
      const { organizationId } = c.req.valid('param');
      const commandId = await c
        .get('gateway')
        .commands.send(
          senderOf(c),
          organizationAddress(organizationId),
          'organization.command.requestSync',
          {},
          c.req.valid('json'),
        );
      return c.json({ commandId }, 202);
    },
  )
  .openapi(
    gatewayRoute('organizationMember', {
      method: 'post',
      path: `${organizationPath}/tasks`,
      request: { params: organizationParams, body: jsonBody(createTaskRequestSchema) },
      responses: {
        201: {
          description: 'The task, named and with its branch claimed.',
          content: json(createdTaskSchema),
        },
      },
    }),
    async (c) => {
      const gateway = c.get('gateway');
      const { organizationId } = c.req.valid('param');
      const { commandId = randomUUID(), ...request } = c.req.valid('json');
      requireRepository(accessOf(c), request.repositoryId);
      requireRole(accessOf(c), request.repositoryId, 'write');
      const seed = internalCommandId(sessionOf(c).userId, commandId);
      const taskId = idFromCommand('task_', seed, 'task');
      const sessionId = newSessionId(taskId, seed);
      // Asked now, before a name is claimed: what Foundry knows of GitHub's branches is those of pull requests.
      const gitHub = await gateway.reads.branchesOnGitHub(organizationId, {
        repositoryId: request.repositoryId,
        names: wantedBranches(request),
        baseBranch: request.baseBranch ?? null,
      });
      const result = await gateway.commands.sendAndWait(
        senderOf(c),
        organizationAddress(organizationId),
        'organization.command.createTask',
        {
          ...request,
          gitHub,
          taskId,
          sessionId,
          firstMessageId: request.prompt === undefined ? null : idFromCommand('', seed, 'message'),
          person: personOf(c),
        },
        { commandId },
      );
      const task = taskSummarySchema.parse(result);
      gateway.tasks.learnTask(organizationId, task.id, task.repositoryId);
      return c.json({ task }, 201);
    },
  )
  .openapi(
    gatewayRoute('organizationMember', {
      method: 'get',
      path: `${organizationPath}/audit`,
      request: { params: organizationParams, query: pageQuery },
      responses: { 200: { description: 'Newest first.', content: json(auditPageSchema) } },
    }),
    async (c) => {
      const { organizationId } = c.req.valid('param');
      const { cursor, limit } = c.req.valid('query');
      const page = await c
        .get('gateway')
        .organizations.auditPage(accessOf(c), organizationId, cursor ?? null, limit);
      return c.json(page, 200);
    },
  )
  .openapi(
    gatewayRoute('organizationMaintainer', {
      method: 'delete',
      path: `${organizationPath}/runtime-issues/{issueId}`,
      description: 'Marks an issue as seen to.',
      request: { params: issueParams, query: commandQuery },
      responses: { 202: acceptedAnswer },
    }),
    async (c) => {
      const { organizationId, issueId } = c.req.valid('param');
      const gateway = c.get('gateway');
      await gateway.organizations.requireIssue(accessOf(c), organizationId, issueId);
      const commandId = await gateway.commands.send(
        senderOf(c),
        organizationAddress(organizationId),
        'organization.command.clearRuntimeIssue',
        { issueId },
        c.req.valid('query'),
      );
      return c.json({ commandId }, 202);
    },
  );
