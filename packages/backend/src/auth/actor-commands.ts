import { command, type ActorAddress } from '../command-loop/catalog.ts';
import { single, type CommandHandler } from '../command-loop/handlers.ts';
import {
  appAuthOperationSchema,
  authWriteResultSchema,
  userAuthOperationSchema,
  type AppAuthOperation,
  type UserAuthOperation,
} from './auth-store.ts';
import type { EndedSession } from './auth-rows.ts';
import { writeAppAuth } from './db/app-repository.ts';
import { writeUserAuth } from './db/user-repository.ts';
import { releaseOwedToApp, sessionsEndedBy } from './follow-ups.ts';

/** What the User actor's catalog contains for sign-in. */
export const userAuthCommands = {
  /** Better Auth writes a row of this person, or a lease is taken or given back. */
  'user.command.authWrite': command(userAuthOperationSchema, authWriteResultSchema),
};

/** What the App actor's catalog contains for sign-in. */
export const appAuthCommands = {
  /** The sign-in index learns or forgets keys, or Better Auth writes a row that belongs to nobody yet. */
  'app.command.authWrite': command(appAuthOperationSchema, authWriteResultSchema),
};

/** The action of both actors that answers Better Auth's reads. */
export const AUTH_READ_ACTION = 'authRead';

export function appAuthAddress(): ActorAddress<typeof appAuthCommands> {
  return { kind: 'app', key: ['app'] };
}

export function userAuthAddress(userId: string): ActorAddress<typeof userAuthCommands> {
  return { kind: 'user', key: ['user', userId] };
}

/** Handler of `user.command.authWrite`. Its outbox tells App of sessions that ended. */
export function userAuthHandler(): CommandHandler<UserAuthOperation> {
  return single(async (context, { input }) => {
    const [, userId] = context.key;
    if (userId === undefined) throw new Error(`${context.key.join('/')} is no key of a User actor`);
    const result = await writeUserAuth(context.tx, input, context.nowMs);
    const owed = releaseOwedToApp(userId, input, result);
    if (owed) context.send(appAuthAddress(), 'app.command.authWrite', owed);
    return result;
  });
}

/**
 * Handler of `app.command.authWrite`. `onEnded` is called in the transaction, with the sessions that this
 * write ended, so that App can make its gateways drop them.
 */
export function appAuthHandler(
  onEnded: (
    context: Parameters<Parameters<typeof single<AppAuthOperation>>[0]>[0],
    ended: readonly EndedSession[],
  ) => void,
): CommandHandler<AppAuthOperation> {
  return single(async (context, { input }) => {
    const result = await writeAppAuth(context.tx, input, context.nowMs);
    const ended = sessionsEndedBy(input, result);
    if (ended.length > 0) onEnded(context, ended);
    return result;
  });
}
