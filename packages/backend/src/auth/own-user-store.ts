import { AuthStoreError, type AuthStore } from './auth-store.ts';
import type { AuthDatabase } from './db/model-tables.ts';
import { readUserAuth, writeUserAuth } from './db/user-repository.ts';

/** The database of a User actor, as far as this store uses it. */
export interface OwnUserDatabase extends AuthDatabase {
  transaction<T>(work: (tx: AuthDatabase) => Promise<T>): Promise<T>;
}

/**
 * The store for code that runs inside the User actor of `userId`, such as an effect that needs a GitHub
 * token. A command sent to oneself can never be awaited there, so it writes the actor's own database (still
 * one writer). It knows this one user and not App, which is enough for what touches no index: reading the
 * account, leases, renewed tokens.
 */
export function createOwnUserStore(
  userId: string,
  db: OwnUserDatabase,
  nowMs: () => number = Date.now,
): AuthStore {
  const unknown = (): Promise<never> =>
    Promise.reject(new AuthStoreError('protocol', 'A User actor has no access to other sign-in data'));
  return {
    app: { read: unknown, write: unknown },
    user: (id) =>
      id === userId
        ? {
            read: (query) => readUserAuth(db, query),
            write: (operation) => db.transaction((tx) => writeUserAuth(tx, operation, nowMs())),
          }
        : { read: unknown, write: unknown },
  };
}
