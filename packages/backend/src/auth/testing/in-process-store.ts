import Database from 'better-sqlite3';
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from 'drizzle-kit/api';
import { drizzle, type RemoteCallback } from 'drizzle-orm/sqlite-proxy';
import { z } from 'zod';
import {
  appAuthOperationSchema,
  appAuthQuerySchema,
  appAuthReadResultSchema,
  authRowsSchema,
  authWriteResultSchema,
  userAuthOperationSchema,
  userAuthQuerySchema,
  type AppAuthOperation,
  type AuthStore,
  type AuthWriteResult,
  type UserAuthOperation,
} from '../auth-store.ts';
import { readAppAuth, writeAppAuth } from '../db/app-repository.ts';
import * as appTables from '../db/app-tables.ts';
import type { AuthDatabase } from '../db/model-tables.ts';
import { readUserAuth, writeUserAuth } from '../db/user-repository.ts';
import * as userTables from '../db/user-tables.ts';
import type { OwnUserDatabase } from '../own-user-store.ts';

/** Every database of this store, made of the same tables that the actors' migrations are generated from. */
async function createStatements(tables: Record<string, unknown>): Promise<string> {
  const empty = await generateSQLiteDrizzleJson({});
  const wanted = await generateSQLiteDrizzleJson(tables, empty.id);
  return (await generateSQLiteMigration(empty, wanted)).join(';\n');
}

const appSql = await createStatements(appTables);
const userSql = await createStatements(userTables);

/** What one fake actor was told, as text: what a queue body and a workflow history would hold. */
export interface WriteLogEntry {
  readonly target: string;
  readonly operation: AppAuthOperation | UserAuthOperation;
  readonly text: string;
}

export interface InProcessStore extends AuthStore {
  /** Every write and its result, in order. */
  readonly writes: WriteLogEntry[];
  /** Called before and after each write; throwing stands for a crash at that point. */
  fault: ((moment: 'before' | 'after', target: string, operation: WriteLogEntry['operation']) => void) | null;
  /** Every stored value of every database, as text. */
  dump(): string;
  /** The database of one User actor, as code inside that actor has it. */
  ownDatabase(userId: string): OwnUserDatabase;
  close(): void;
}

/**
 * An AuthStore whose actors are in-memory SQLite databases running the actors' own repositories, one request
 * at a time each, each write in a transaction and done once per command id. Bodies travel as JSON.
 * `nowMs` is the clock of the actors.
 */
export function createInProcessStore(nowMs: () => number = Date.now): InProcessStore {
  const writes: WriteLogEntry[] = [];
  const users = new Map<string, FakeActor>();
  const app = new FakeActor(appSql);
  const userActor = (userId: string): FakeActor => {
    const existing = users.get(userId);
    if (existing) return existing;
    const created = new FakeActor(userSql);
    users.set(userId, created);
    return created;
  };

  const write = async <T extends AppAuthOperation | UserAuthOperation>(
    target: string,
    actor: FakeActor,
    operation: T,
    schema: z.ZodType<T>,
    commandId: string,
    apply: (db: AuthDatabase, operation: T) => Promise<AuthWriteResult>,
  ): Promise<AuthWriteResult> => {
    const body = JSON.stringify(operation);
    store.fault?.('before', target, operation);
    const result = await actor.command(commandId, (db) => apply(db, schema.parse(JSON.parse(body))));
    writes.push({ target, operation, text: `${body}\n${result}` });
    store.fault?.('after', target, operation);
    return authWriteResultSchema.parse(JSON.parse(result));
  };

  const store: InProcessStore = {
    writes,
    fault: null,
    app: {
      read: async (query) => {
        const parsed = appAuthQuerySchema.parse(structuredClone(query));
        return appAuthReadResultSchema.parse(await app.read((db) => readAppAuth(db, parsed)));
      },
      write: (operation, commandId) =>
        write('app', app, operation, appAuthOperationSchema, commandId, (db, parsed) =>
          writeAppAuth(db, parsed, nowMs()),
        ),
    },
    user: (userId) => ({
      read: async (query) => {
        const parsed = userAuthQuerySchema.parse(structuredClone(query));
        const rows = await userActor(userId).read((db) => readUserAuth(db, parsed));
        return authRowsSchema.parse(rows);
      },
      write: (operation, commandId) =>
        write(userId, userActor(userId), operation, userAuthOperationSchema, commandId, (db, parsed) =>
          writeUserAuth(db, parsed, nowMs()),
        ),
    }),
    dump: () => [app, ...users.values()].map((actor) => actor.dump()).join('\n'),
    ownDatabase: (userId) => userActor(userId).ownDatabase,
    close: () => {
      for (const actor of [app, ...users.values()]) actor.close();
    },
  };
  return store;
}

const rowsSchema = z.array(z.array(z.unknown()));

class FakeActor {
  readonly #sqlite = new Database(':memory:');
  readonly #db: AuthDatabase;
  readonly ownDatabase: OwnUserDatabase;
  readonly #outcomes = new Map<string, string>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(createSql: string) {
    this.#sqlite.exec(createSql);
    const run: RemoteCallback = async (query, parameters, method) => {
      const statement = this.#sqlite.prepare(query);
      if (method === 'run') {
        statement.run(...parameters);
        return { rows: [] };
      }
      const rows = rowsSchema.parse(statement.raw().all(...parameters));
      return { rows: method === 'get' ? (rows[0] ?? []) : rows };
    };
    this.#db = drizzle(run);
    this.ownDatabase = Object.assign(drizzle(run), {
      transaction: <T>(work: (tx: AuthDatabase) => Promise<T>) => this.#transaction(work),
    });
  }

  read<T>(work: (db: AuthDatabase) => Promise<T>): Promise<T> {
    return this.#exclusively(() => work(this.#db));
  }

  async command(commandId: string, work: (db: AuthDatabase) => Promise<AuthWriteResult>): Promise<string> {
    const known = this.#outcomes.get(commandId);
    if (known !== undefined) return known;
    const result = JSON.stringify(await this.#transaction(work));
    this.#outcomes.set(commandId, result);
    return result;
  }

  dump(): string {
    const tables = this.#sqlite.prepare("select name from sqlite_master where type = 'table'").pluck();
    return tables
      .all()
      .map((name) => JSON.stringify(this.#sqlite.prepare(`select * from "${String(name)}"`).all()))
      .join('\n');
  }

  close(): void {
    this.#sqlite.close();
  }

  #transaction<T>(work: (tx: AuthDatabase) => Promise<T>): Promise<T> {
    return this.#exclusively(async () => {
      this.#sqlite.exec('BEGIN IMMEDIATE');
      try {
        const result = await work(this.#db);
        this.#sqlite.exec('COMMIT');
        return result;
      } catch (error) {
        this.#sqlite.exec('ROLLBACK');
        throw error;
      }
    });
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work);
    // The queue goes on after a failure; the failure itself is the caller's, through `run`.
    this.#last = run.then(
      () => null,
      () => null,
    );
    return run;
  }
}
