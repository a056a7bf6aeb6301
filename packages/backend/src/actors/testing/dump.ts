import { actor, type RegistryActors } from 'rivetkit';
import { z } from 'zod';
import type { ActorDatabase } from '../../command-loop/database.ts';
import { actors } from '../registry.ts';

const tableRowsSchema = z.array(z.object({ name: z.string() }));
const rowsSchema = z.array(z.record(z.string(), z.unknown()));
/** All rows of an actor's tables, by table. */
export const tablesSchema = z.record(z.string(), rowsSchema);
export type Tables = z.infer<typeof tablesSchema>;

/** RivetKit's queue: messages stay in it until they are completed. Encoded, but ids can be read in it. */
const queueTable = '_queue';
const queueSchema = z.array(z.object({ name: z.string(), body: z.instanceof(Uint8Array) }));

/** All rows of all tables of ours, and the queue; RivetKit's own begin with `_`. */
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
    const queued = queueSchema.parse(await tx.execute('select name, body from _rivet_queue'));
    result[queueTable] = queued.map((row) => ({
      name: row.name,
      body: Buffer.from(row.body).toString('latin1'),
    }));
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
        // As many as the test makes would keep the engine busy while they wait for their turn.
        options: { ...config.options, sleepTimeout: 12_000 },
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

/** The command that looks whether a job still runs; how often depends on how long it takes, it may be never. */
export const jobCheck = 'sandbox.command.checkJob';

/**
 * What an actor still has to deal with or to send within `soonMs`, null when there is nothing.
 * @param options.shared the actor serves other scenarios too: only what names this one counts.
 */
export function workOnItsWay(
  tables: Tables,
  digits: string,
  options: { readonly shared: boolean; readonly soonMs: number },
): string | null {
  const { outbox = [], [queueTable]: queued = [] } = tables;
  const untilMs = Date.now() + options.soonMs;
  const work = [...queued, ...outbox.filter((row) => Number(row['not_before_ms']) <= untilMs)]
    .map((row) => JSON.stringify(row))
    .filter((text) => !options.shared || text.includes(digits));
  return work.length === 0 ? null : work.join(' ').slice(0, 1_000);
}

/** Whether something runs beside the loop: a job, a turn. */
export function isAtWork({ jobs = [], turn = [] }: Tables): boolean {
  return jobs.length + turn.length > 0;
}

/**
 * What must not differ between two runs of the same scenario, as rows by table. Left out or made alike: times, the
 * scenario's own digits, ids that are hashes of those or random by nature, commit ids (they contain times), and the
 * order in which several senders' messages arrived.
 * @param options.shared the actor serves other scenarios too: only rows that name this one count.
 * @param options.jobChecks looking after jobs is what the scenario is about: that it happened counts, not how often.
 */
export function normalised(
  tables: Tables,
  digits: string,
  options: { readonly shared: boolean; readonly jobChecks: boolean },
): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  const checks = new Set(
    tables['commands']?.filter(({ name }) => name === jobCheck).map((row) => row['command_id']),
  );
  const isJobCheck = (row: Tables[string][number]): boolean =>
    checks.has(row['command_id']) || row['command'] === jobCheck;
  for (const [table, rows] of Object.entries(tables)) {
    if (table === 'topic_version' || table === queueTable) {
      continue;
    }
    const order = arrivalOrder[table];
    const textOf = (row: unknown): string =>
      JSON.stringify(row, (key, value: unknown) => (key === order ? undefined : value));
    const told =
      table === 'topic_changes'
        ? lastChanges(rows)
        : rows.filter((row) => options.jobChecks || !isJobCheck(row));
    const checkTexts = new Set(rows.filter(isJobCheck).map((row) => alike(textOf(row), digits)));
    result[table] = told
      .map(textOf)
      .filter((text) => !options.shared || text.includes(digits))
      .map((text) => alike(text, digits))
      .sort()
      .filter((text, index, all) => !checkTexts.has(text) || text !== all[index - 1]);
  }
  return result;
}

export function alike(text: string, digits: string): string {
  return (
    text
      // First of all: GitHub's etags are hashes of replies with times in them, sealed tokens are never the same twice.
      .replaceAll(/(?<![\w])[\da-f]{64,}(?![\w])/g, '<hash>')
      .replaceAll(/(?<![\w])[\da-f]{40}(?![\w])/g, '<sha>')
      .replaceAll(digits, '000000000001')
      .replaceAll(/(?<!\d)1[6-9]\d{11}(?!\d)/g, '0')
      // Moments in GitHub's and Better Auth's form.
      .replaceAll(/20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<moment>')
      .replaceAll(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, '<uuid>')
      // Commands that follow from others: hashes of the first one's id.
      .replaceAll(/(?<=["/])[\w-]{27}(?=\\?["/])/g, '<derived>')
      .replaceAll(/\([\da-f]{7}\)/g, '(<sha>)')
  );
}
