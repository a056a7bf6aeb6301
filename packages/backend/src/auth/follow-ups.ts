import type { EndedSession } from './auth-rows.ts';
import type { AppAuthOperation, AuthWriteResult, UserAuthOperation } from './auth-store.ts';
import { indexEntriesOf } from './index-entries.ts';
import type { AuthRecord } from './where.ts';

/**
 * What the User actor owes App after a write: to forget the sessions that ended. For the actor's outbox, in
 * the transaction of the write, so that App hears of a sign-out although the process that asked for it died.
 * The adapter sends the same at once; the second to arrive finds nothing to do. Null: nothing owed.
 */
export function releaseOwedToApp(
  userId: string,
  operation: UserAuthOperation,
  result: AuthWriteResult,
): AppAuthOperation | null {
  const gone = endedRows(operation, result);
  if (gone.length === 0) return null;
  const keys = gone.flatMap((session) =>
    indexEntriesOf('session', session).map(({ kind, key }) => ({ kind, key })),
  );
  return { kind: 'releaseIndex', userId, keys, claimedBeforeMs: null };
}

/** The sessions that this write of App ended: to broadcast to every gateway (`FoundryAuth.endSession`). */
export function sessionsEndedBy(operation: AppAuthOperation, result: AuthWriteResult): EndedSession[] {
  if (operation.kind !== 'releaseIndex' || result.kind !== 'released') return [];
  return result.keys
    .filter(({ kind }) => kind === 'sessionToken')
    .map(({ key }) => ({ userId: operation.userId, sessionTokenHash: key }));
}

function endedRows(operation: UserAuthOperation, result: AuthWriteResult): readonly AuthRecord[] {
  if (!('model' in operation) || operation.model !== 'session') return [];
  switch (result.kind) {
    case 'deleted':
      return result.rows;
    case 'created':
      return result.evicted;
    case 'updated':
    case 'exists':
    case 'lease':
    case 'claimed':
    case 'taken':
    case 'released':
      return [];
    default:
      return assertNever(result);
  }
}

function assertNever(value: never): never {
  throw new TypeError(`Unknown result ${JSON.stringify(value)}`);
}
