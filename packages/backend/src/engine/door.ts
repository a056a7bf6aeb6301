import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { UserError } from 'rivetkit';

/*
 * The engine lets whoever reaches its port talk to every actor: another program of this machine, and any web page that
 * a browser of this machine shows, because the engine allows every origin. So every actor asks for the installation's
 * own secret before anything else. Who does not have it learns nothing and changes nothing.
 */

/** Until a secret is provided, one that nobody else has: a process that forgot to is refused. */
let secret = randomBytes(32).toString('base64url');

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** `doorSecret`: the same in every process of an installation, and never in a log, an address or an argument. */
export function provideDoor(doorSecret: string): void {
  secret = doorSecret;
}

/** What a connection to an actor brings along. */
export function doorParams(): { readonly door: string } {
  return { door: secret };
}

/**
 * `onBeforeConnect` of every actor: asked for WebSockets, actions, queue messages and raw requests alike, whoever sends
 * them. @throws UserError forbidden
 */
export function requireDoor(_context: unknown, params: unknown): void {
  const door: unknown =
    typeof params === 'object' && params !== null && 'door' in params ? params.door : undefined;
  if (typeof door !== 'string' || !timingSafeEqual(digest(door), digest(secret))) {
    throw new UserError('Only Foundry itself talks to this.', { code: 'forbidden' });
  }
}
