import { organizationIdSchema, sessionIdSchema, taskIdSchema } from '@foundry/shared/ids';
import { atLeast, type RepositoryRole } from '@foundry/shared/roles';
import type { MiddlewareHandler } from 'hono';
import type { UserAccess } from '../../actors/user/commands.ts';
import type { VerifiedSession } from '../../auth/auth.ts';
import { accessOf, sessionOf, type GatewayContext, type GatewayEnv } from '../env.ts';
import { HttpError, notFound, notPermitted, notSignedIn } from '../errors.ts';
import { limitRequests } from '../middleware/rate-limit/rate-limit.ts';
import type { GatewayServices } from '../services.ts';

/**
 * Who may use a route. Each but the first two includes the ones before it.
 * - `public`: everybody.
 * - `signature`: whoever proves by a signature to be GitHub; the route itself checks it.
 * - `signedIn`: a person with a session.
 * - `organizationMember`: … whom GitHub shows the organization of the path.
 * - `taskAccess`: … whom GitHub shows the repository of the task of the path.
 * - `sessionAccess`: … and the session of the path is one of that task.
 *
 * What changes something asks for a role at GitHub too:
 * - `organizationWriter`, `organizationMaintainer`: Write, or Maintain, in at least one repository of the organization.
 * - `taskWriter`, `sessionWriter`: Write in the task's repository.
 */
export const permissions = [
  'public',
  'signature',
  'signedIn',
  'organizationMember',
  'taskAccess',
  'sessionAccess',
  'organizationWriter',
  'organizationMaintainer',
  'taskWriter',
  'sessionWriter',
] as const;
export type Permission = (typeof permissions)[number];

const permissionOf = new WeakMap<object, Permission>();

/** The permission that a handler enforces, for the check at start and for tests. */
export function declaredPermission(handler: object): Permission | undefined {
  return permissionOf.get(handler);
}

/** The first handler of every route: lets nobody through whom the permission does not name. */
export function enforce(permission: Permission): MiddlewareHandler<GatewayEnv> {
  const handler: MiddlewareHandler<GatewayEnv> = async (c, next) => {
    await check(c, permission);
    await next();
  };
  permissionOf.set(handler, permission);
  return handler;
}

const healthPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

async function check(c: GatewayContext, permission: Permission): Promise<void> {
  switch (permission) {
    case 'public':
      // Whoever watches over the server must see it however many strangers there are.
      if (!healthPaths.has(c.req.path)) limitRequests(c, null);
      return;
    case 'signature':
      // Of these only the refused ones are counted, by the route: GitHub shares no limit with strangers.
      return;
    case 'signedIn':
      return await requireSignedIn(c);
    case 'organizationMember':
      await requireSignedIn(c);
      return await requireOrganization(c);
    case 'taskAccess':
      await requireSignedIn(c);
      await requireOrganization(c);
      return await requireTask(c);
    case 'sessionAccess':
      await requireSignedIn(c);
      await requireOrganization(c);
      await requireTask(c);
      return await requireSession(c);
    case 'organizationWriter':
    case 'organizationMaintainer':
      await check(c, 'organizationMember');
      return await requireRoleSomewhere(c, permission === 'organizationWriter' ? 'write' : 'maintain');
    case 'taskWriter':
      await check(c, 'taskAccess');
      return requireRole(accessOf(c), c.get('repositoryId') ?? '', 'write');
    case 'sessionWriter':
      await check(c, 'sessionAccess');
      return requireRole(accessOf(c), c.get('repositoryId') ?? '', 'write');
  }
}

async function requireSignedIn(c: GatewayContext): Promise<void> {
  const session = await verify(c.get('gateway'), c.req.raw.headers);
  limitRequests(c, session?.userId ?? null);
  if (session === null) throw notSignedIn();
  c.set('session', session);
  c.set('log', c.get('log').child({ userId: session.userId }));
  for (const cookie of session.setCookies) c.header('set-cookie', cookie, { append: true });
}

/** @throws AuthStoreError `unavailable` when it cannot be told. */
export async function verify(gateway: GatewayServices, headers: Headers): Promise<VerifiedSession | null> {
  return await gateway.auth.verifySession(headers);
}

async function requireOrganization(c: GatewayContext): Promise<void> {
  const access = await knownAccess(c.get('gateway'), sessionOf(c).userId);
  c.set('access', access);
  requireMember(access, c.req.param('organizationId'));
}

/** @throws HttpError 503 while GitHub has not told what the person may see. */
export async function knownAccess(gateway: GatewayServices, userId: string): Promise<UserAccess> {
  const access = await gateway.access.known(userId);
  if (access.readAtMs === null) {
    throw new HttpError(
      503,
      'access_unknown',
      'GitHub has not answered yet which repositories you may see. Try again in a moment.',
      { retryAfterMs: 2_000 },
    );
  }
  return access;
}

/** @throws HttpError 404 for everybody whom GitHub does not show the organization. */
export function requireMember(access: UserAccess, organizationId: string | undefined): string {
  const id = organizationIdSchema.safeParse(organizationId);
  if (!id.success || !access.organizationIds.includes(id.data)) throw notFound('organization');
  return id.data;
}

/** @throws HttpError 404 when the person may not see the repository, or there is none. */
export function requireRepository(access: UserAccess, repositoryId: string): void {
  if (!access.repositoryIds.includes(repositoryId)) throw notFound('repository');
}

/** @throws HttpError 403 when GitHub gives the person less than this role. */
export function requireRole(access: UserAccess, repositoryId: string, needed: RepositoryRole): void {
  if (!atLeast(access.roles[repositoryId], needed)) throw notPermitted(needed);
}

/** For what concerns the whole organization. @throws HttpError 403 */
async function requireRoleSomewhere(c: GatewayContext, needed: RepositoryRole): Promise<void> {
  const { roles } = accessOf(c);
  const organizationId = requireMember(accessOf(c), c.req.param('organizationId'));
  const names = await c.get('gateway').names.of(organizationId);
  // Before anything of it has been read there is nothing to protect, and somebody has to begin.
  if (names.size === 0) return;
  if (![...names.keys()].some((id) => atLeast(roles[id], needed))) throw notPermitted(needed);
}

async function requireTask(c: GatewayContext): Promise<void> {
  const organizationId = requireMember(accessOf(c), c.req.param('organizationId'));
  c.set(
    'repositoryId',
    await requireTaskAccess(c.get('gateway'), accessOf(c), organizationId, c.req.param('taskId')),
  );
}

/** @returns the task's repository. @throws HttpError 404 when there is no such task or its repository is hidden. */
export async function requireTaskAccess(
  gateway: GatewayServices,
  access: UserAccess,
  organizationId: string,
  taskId: string | undefined,
): Promise<string> {
  const id = taskIdSchema.safeParse(taskId);
  if (!id.success) throw notFound('task');
  const repositoryId = await gateway.tasks.visibleRepositoryId(organizationId, id.data, access.repositoryIds);
  if (repositoryId === null) throw notFound('task');
  return repositoryId;
}

async function requireSession(c: GatewayContext): Promise<void> {
  const organizationId = requireMember(accessOf(c), c.req.param('organizationId'));
  const sessionId = sessionIdSchema.safeParse(c.req.param('sessionId'));
  const taskId = taskIdSchema.safeParse(c.req.param('taskId'));
  if (!sessionId.success || !taskId.success) throw notFound('session');
  await c.get('gateway').tasks.requireSession(organizationId, taskId.data, sessionId.data);
}
