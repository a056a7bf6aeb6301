import { actor, type RegistryActors } from 'rivetkit';
import { z } from 'zod';
import type { ActorDatabase } from '../../command-loop/database.ts';
import { actors } from '../registry.ts';

const tableRowsSchema = z.array(z.object({ name: z.string() }));
const rowsSchema = z.array(z.record(z.string(), z.unknown()));

/** All rows of all tables of ours; RivetKit's own begin with `_`. */
async function dump(db: ActorDatabase): Promise<Record<string, unknown[]>> {
  const tables = tableRowsSchema.parse(
    await db.execute(
      "select name from sqlite_master where type = 'table' and name not like '\\_%' escape '\\' and name not like 'sqlite_%' order by name",
    ),
  );
  const result: Record<string, unknown[]> = {};
  for (const { name } of tables.filter((table) => !table.name.startsWith('__drizzle'))) {
    result[name] = rowsSchema.parse(await db.execute(`select * from "${name}"`));
  }
  return result;
}

/** Every actor of the registry with one more action that shows its whole database to a test. */
export function dumpable(): RegistryActors {
  return Object.fromEntries(
    Object.entries(actors).map(([kind, definition]) => {
      const { config } = definition;
      const withDump = {
        ...config,
        actions: { ...config.actions, dump: async (c: { db: ActorDatabase }) => await dump(c.db) },
      };
      // The definition's own configuration with one more action: RivetKit's generic types cannot say that.
      return [kind, actor(withDump as Parameters<typeof actor>[0])];
    }),
  );
}

const timeOrVersion = /1[6-9]\d{11}/g;

/** What must not differ between two runs of the same command: no times, and one name for the scenario's own ids. */
export function normalised(tables: unknown, ids: Readonly<Record<string, string>>): unknown {
  let text = JSON.stringify(tables).replaceAll(timeOrVersion, '0');
  for (const [name, id] of Object.entries(ids)) {
    text = text.replaceAll(id, name);
  }
  return JSON.parse(text);
}
