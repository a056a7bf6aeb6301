import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from 'drizzle-kit/api';
import { actor } from 'rivetkit';
import { commandLoop, type LoopActionContext } from '../../command-loop/command-loop.ts';
import { actorDatabase, type ActorDatabaseProvider } from '../../command-loop/database.ts';
import * as loopTables from '../../command-loop/tables.ts';
import {
  AUTH_READ_ACTION,
  appAuthCommands,
  appAuthHandler,
  userAuthCommands,
  userAuthHandler,
} from '../actor-commands.ts';
import type { EndedSession } from '../auth-rows.ts';
import { appAuthQuerySchema, userAuthQuerySchema } from '../auth-store.ts';
import { readAppAuth } from '../db/app-repository.ts';
import * as appTables from '../db/app-tables.ts';
import { readUserAuth } from '../db/user-repository.ts';
import * as userTables from '../db/user-tables.ts';
import { requireDoor } from '../../engine/door.ts';
import { requireOwnKey } from '../../engine/own-key.ts';

/** A database made of `tables` as drizzle-kit would migrate it. The folder is read at once and removed. */
async function databaseOf(tables: Record<string, unknown>): Promise<ActorDatabaseProvider> {
  const empty = await generateSQLiteDrizzleJson({});
  const statements = await generateSQLiteMigration(empty, await generateSQLiteDrizzleJson(tables, empty.id));
  const folder = mkdtempSync(join(tmpdir(), 'foundry-auth-migrations-'));
  try {
    mkdirSync(join(folder, 'meta'));
    const entries = [{ idx: 0, version: '6', when: 1, tag: '0000_init', breakpoints: true }];
    writeFileSync(join(folder, 'meta', '_journal.json'), JSON.stringify({ entries }));
    writeFileSync(join(folder, '0000_init.sql'), statements.join('\n--> statement-breakpoint\n'));
    return actorDatabase(pathToFileURL(`${folder}/`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the App actor was told to make its gateways drop. */
export const broadcast: EndedSession[] = [];

const appLoop = commandLoop('app', appAuthCommands, {
  'app.command.authWrite': appAuthHandler((_context, ended) => broadcast.push(...ended)),
});
const userLoop = commandLoop('user', userAuthCommands, { 'user.command.authWrite': userAuthHandler() });

/** An App actor that does nothing but sign-in. */
export const app = actor({
  onBeforeConnect: requireDoor,
  onCreate: requireOwnKey,
  db: await databaseOf({ ...loopTables, ...appTables }),
  createVars: appLoop.createVars,
  queues: appLoop.queues,
  run: appLoop.run,
  options: appLoop.options,
  actions: {
    ...appLoop.actions,
    [AUTH_READ_ACTION]: async (c: LoopActionContext, query: unknown) =>
      await readAppAuth(c.db, appAuthQuerySchema.parse(query)),
  },
});

/** A User actor that does nothing but sign-in. */
export const user = actor({
  onBeforeConnect: requireDoor,
  onCreate: requireOwnKey,
  db: await databaseOf({ ...loopTables, ...userTables }),
  createVars: userLoop.createVars,
  queues: userLoop.queues,
  run: userLoop.run,
  options: userLoop.options,
  actions: {
    ...userLoop.actions,
    [AUTH_READ_ACTION]: async (c: LoopActionContext, query: unknown) =>
      await readUserAuth(c.db, userAuthQuerySchema.parse(query)),
  },
});
