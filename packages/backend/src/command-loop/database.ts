import { readFileSync } from 'node:fs';
import { db } from 'rivetkit/db/drizzle';
import { z } from 'zod';

const journalSchema = z.object({ entries: z.array(z.object({ idx: z.number(), tag: z.string() })) });

/**
 * The database of an actor with the migrations that drizzle-kit wrote into `folder`
 * (`new URL('./db/migrations/', import.meta.url)`). Throws when the folder has no journal.
 */
export function actorDatabase(folder: URL) {
  const journal: unknown = JSON.parse(readFileSync(new URL('meta/_journal.json', folder), 'utf8'));
  const migrations: Record<string, string> = {};
  for (const entry of journalSchema.parse(journal).entries) {
    migrations[`m${String(entry.idx).padStart(4, '0')}`] = readFileSync(
      new URL(`${entry.tag}.sql`, folder),
      'utf8',
    );
  }
  // Profiling writes two warnings per actor and is not used.
  return db({ migrations: { journal, migrations }, profiling: { enabled: false } });
}

export type ActorDatabaseProvider = ReturnType<typeof actorDatabase>;
/** An actor's database, or a transaction on it: both have drizzle's query builder. */
export type ActorDatabase = Awaited<ReturnType<ActorDatabaseProvider['createClient']>>;
