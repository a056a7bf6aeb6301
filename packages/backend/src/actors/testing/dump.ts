import { actor, type RegistryActors } from 'rivetkit';
import { z } from 'zod';
import type { ActorDatabase } from '../../command-loop/database.ts';
import { actors } from '../registry.ts';

const tableRowsSchema = z.array(z.object({ name: z.string() }));
const rowsSchema = z.array(z.record(z.string(), z.unknown()));
/** All rows of an actor's tables, by table. */
export const tablesSchema = z.record(z.string(), rowsSchema);
export type Tables = z.infer<typeof tablesSchema>;

/** All rows of all tables of ours; RivetKit's own begin with `_`. */
async function dump(db: ActorDatabase): Promise<Tables> {
  return await db.transaction(async (tx) => {
    const tables = tableRowsSchema.parse(
      await tx.execute(
        "select name from sqlite_master where type = 'table' and name not like '\\_%' escape '\\' and name not like 'sqlite_%' order by name",
      ),
    );
    const result: Tables = {};
    for (const { name } of tables.filter((table) => !table.name.startsWith('__drizzle'))) {
      result[name] = rowsSchema.parse(await tx.execute(`select * from "${name}"`));
    }
    return result;
  });
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

const changeSchema = z.object({
  upserts: z.array(z.object({ type: z.string(), entity: z.record(z.string(), z.unknown()) })).default([]),
  removes: z.array(z.object({ type: z.string(), id: z.string() })).default([]),
});

/**
 * What a client that saw every change ends with. How many commands share one version depends on which of them happened
 * to wait in the queue together, so versions themselves are not compared.
 */
function lastChanges(rows: Tables[string]): unknown[] {
  const last = new Map<string, unknown>();
  const inOrder = rows.toSorted((left, right) => Number(left['version']) - Number(right['version']));
  for (const { change_json: text } of inOrder) {
    const change = changeSchema.parse(JSON.parse(String(text)));
    for (const upsert of change.upserts) {
      const { id, sequence, taskId, githubId } = upsert.entity;
      last.set(`${upsert.type} ${JSON.stringify(id ?? sequence ?? taskId ?? githubId ?? '')}`, upsert);
    }
    for (const remove of change.removes) {
      last.set(`${remove.type} ${JSON.stringify(remove.id)}`, remove);
    }
  }
  return [...last.values()];
}

/** Columns that say in which order rows of several senders arrived, and nothing else. */
const arrivalOrder: { readonly [table: string]: string } = { audit_entries: 'sequence', outbox: 'sequence' };

/** Whether work is still on its way: messages to deliver soon, jobs beside the loop, a turn that runs. */
export function isBusy(tables: Tables, nowMs: number, soonMs: number): boolean {
  const { outbox = [], jobs = [], turn = [] } = tables;
  return jobs.length + turn.length > 0 || outbox.some((row) => Number(row['not_before_ms']) < nowMs + soonMs);
}

/**
 * What must not differ between two runs of the same scenario, as rows by table. Left out or made alike: times, the
 * scenario's own digits, ids that are hashes of those or random by nature, commit ids (they contain times), and the
 * order in which several senders' messages arrived.
 * @param shared the actor serves other scenarios too: only rows that name this one count.
 */
export function normalised(tables: Tables, digits: string, shared: boolean): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const [table, rows] of Object.entries(tables)) {
    if (table === 'topic_version') {
      continue;
    }
    const told = table === 'topic_changes' ? lastChanges(rows) : rows;
    const order = arrivalOrder[table];
    result[table] = told
      .map((row) => JSON.stringify(row, (key, value: unknown) => (key === order ? undefined : value)))
      .filter((text) => !shared || text.includes(digits))
      .map((text) => alike(text, digits))
      .sort()
      // How often a job is looked at depends on how long it takes.
      .filter(
        (text, index, all) => !/checkJob|"step":"(look|restart)"/.test(text) || text !== all[index - 1],
      );
  }
  return result;
}

export function alike(text: string, digits: string): string {
  return (
    text
      .replaceAll(digits, '000000000001')
      .replaceAll(/(?<!\d)1[6-9]\d{11}(?!\d)/g, '0')
      // Moments in GitHub's and Better Auth's form.
      .replaceAll(/20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<moment>')
      .replaceAll(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, '<uuid>')
      .replaceAll(/(?<![\w])[\da-f]{40}(?![\w])/g, '<sha>')
      // Commands that follow from others: hashes of the first one's id.
      .replaceAll(/(?<=["/])[\w-]{27}(?=\\?["/])/g, '<derived>')
      .replaceAll(/\([\da-f]{7}\)/g, '(<sha>)')
      // GitHub's etags are hashes of replies with times in them; sealed tokens are never the same twice.
      .replaceAll(/(?<![\w])[\da-f]{64,}(?![\w])/g, '<hash>')
  );
}
