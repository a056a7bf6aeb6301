import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandOutcome } from '@foundry/shared/envelope';
import type { ActorAddress } from '../command-loop/catalog.ts';
import { UnknownOutcomeError, type ActorConnections } from '../command-loop/connections.ts';
import { authLimits } from '../limits.ts';
import { AUTH_READ_ACTION, appAuthAddress, userAuthAddress } from './actor-commands.ts';
import {
  appAuthReadResultSchema,
  AuthStoreError,
  authRowsSchema,
  authWriteResultSchema,
  type AuthStore,
  type AuthWriteResult,
} from './auth-store.ts';

type Connections = Pick<ActorConnections, 'call' | 'sendAndWait'>;

/**
 * The AuthStore over the actors. While the outcome of a write is unknown (the connection broke, the actor is
 * starting again) the same command is sent under the same id, so that it happens once; after
 * `authLimits.storeTimeoutMs` the caller gets AuthStoreError `unavailable`.
 */
export function createActorAuthStore(connections: Connections): AuthStore {
  const read = (address: ActorAddress, query: unknown): Promise<unknown> =>
    repeatWhileUnknown((remainingMs) =>
      connections.call(address, AUTH_READ_ACTION, [query], { timeoutMs: remainingMs }),
    );
  const envelopeOf = (commandId: string) => ({
    commandId,
    causedBy: null,
    by: { kind: 'system' as const },
    at: Date.now(),
  });
  return {
    app: {
      read: async (query) => appAuthReadResultSchema.parse(await read(appAuthAddress(), query)),
      write: (operation, commandId) => {
        const envelope = envelopeOf(commandId);
        return finished((remainingMs) =>
          connections.sendAndWait(
            appAuthAddress(),
            'app.command.authWrite',
            operation,
            envelope,
            remainingMs,
          ),
        );
      },
    },
    user: (userId) => ({
      read: async (query) => authRowsSchema.parse(await read(userAuthAddress(userId), query)),
      write: (operation, commandId) => {
        const envelope = envelopeOf(commandId);
        return finished((remainingMs) =>
          connections.sendAndWait(
            userAuthAddress(userId),
            'user.command.authWrite',
            operation,
            envelope,
            remainingMs,
          ),
        );
      },
    }),
  };
}

/** Asks until the command is finished: `accepted` only says that it will be. */
async function finished(send: (remainingMs: number) => Promise<CommandOutcome>): Promise<AuthWriteResult> {
  const outcome = await repeatWhileUnknown(async (remainingMs) => {
    const answer = await send(remainingMs);
    return answer.status === 'accepted' ? null : answer;
  });
  if (outcome.status === 'done') return authWriteResultSchema.parse(outcome.result);
  throw new AuthStoreError('unavailable', `A sign-in write failed: ${outcome.failure.message}`);
}

/** Calls `attempt` until it gives something other than null or an unknown outcome, or time is up. */
async function repeatWhileUnknown<T>(attempt: (remainingMs: number) => Promise<T | null>): Promise<T> {
  const deadlineMs = Date.now() + authLimits.storeTimeoutMs;
  let cause: unknown = null;
  for (;;) {
    const remainingMs = deadlineMs - Date.now();
    if (remainingMs <= 0) {
      throw new AuthStoreError('unavailable', 'The sign-in data did not answer in time', { cause });
    }
    try {
      const result = await attempt(remainingMs);
      if (result !== null) return result;
    } catch (error) {
      if (!(error instanceof UnknownOutcomeError)) {
        throw new AuthStoreError('unavailable', 'The sign-in data could not be reached', { cause: error });
      }
      cause = error;
    }
    await sleep(authLimits.storeRetryMs);
  }
}
