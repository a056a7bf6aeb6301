import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import type { UserAccess } from '../actors/user/commands.ts';
import type { VerifiedSession } from '../auth/auth.ts';
import type { Sender } from './commands/command-sender.ts';
import type { GatewayServices } from './services.ts';

export interface GatewayEnv {
  Bindings: Partial<HttpBindings>;
  Variables: {
    gateway: GatewayServices;
    requestId: string;
    log: Logger;
    /** Set by the permission of the route, see `permissions/enforce.ts`. */
    session?: VerifiedSession;
    access?: UserAccess;
    /** Of the task that the route is about. */
    repositoryId?: string;
  };
}
export type GatewayContext = Context<GatewayEnv>;

/** The session that the route's permission has checked. @throws when the route lets in people without one. */
export function sessionOf(c: GatewayContext): VerifiedSession {
  const session = c.get('session');
  if (session === undefined) throw new Error('this route does not require a session');
  return session;
}

/** What the person may see, as the route's permission has read it. @throws as `sessionOf` */
export function accessOf(c: GatewayContext): UserAccess {
  const access = c.get('access');
  if (access === undefined) throw new Error('this route does not read what the person may see');
  return access;
}

/** Whom this request's commands are carried out for. */
export function senderOf(c: GatewayContext): Sender {
  const { userId, user } = sessionOf(c);
  return { userId, login: c.get('access')?.login ?? user.login ?? user.name, requestId: c.get('requestId') };
}

/** The same person as entities show them. */
export function personOf(c: GatewayContext): { userId: string; login: string; avatarUrl: string | null } {
  const { userId, login, avatarUrl } = accessOf(c);
  return { userId, login, avatarUrl };
}
