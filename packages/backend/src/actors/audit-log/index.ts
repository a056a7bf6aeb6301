import { actingPartySchema } from '@foundry/shared/envelope';
import { actor, type ActionContext } from 'rivetkit';
import { z } from 'zod';
import { actorDatabase, type ActorDatabaseProvider } from '../../command-loop/database.ts';
import { storageWatch } from '../../command-loop/storage-watch.ts';
import { requireDoor } from '../../engine/door.ts';
import { requireOwnKey } from '../../engine/own-key.ts';
import { auditLimits } from '../../limits.ts';
import { appendEntries, pageEntries } from './db/repository.ts';

const entrySchema = z.object({
  id: z.string(),
  atMs: z.number(),
  action: z.string().max(100),
  by: actingPartySchema,
  causedBy: z.string().nullable(),
  subject: z.string().max(500),
  summary: z.string().max(2_000),
  repositoryId: z.string().nullable(),
});
const pageSchema = z.object({
  before: z.number().int().nullable(),
  limit: z.number().int().min(1).max(auditLimits.pageSize),
});

type Context = ActionContext<unknown, unknown, unknown, unknown, unknown, ActorDatabaseProvider>;

/** One feed per organization: `append` and `page`, nothing else; nothing is ever changed or removed. */
export const auditLog = actor({
  onBeforeConnect: requireDoor,
  onCreate: requireOwnKey,
  db: actorDatabase(new URL('db/migrations/', import.meta.url)),
  actions: {
    // A write outside a queue, as an exception to R2: idempotent by id, and a loop would bury other actors' commands in its own.
    append: async (c: Context, input: unknown): Promise<void> => {
      const entries = z.array(entrySchema).parse(input);
      await storageWatch.around(c.key, async () => await appendEntries(c.db, entries));
    },
    page: async (c: Context, input: unknown) => {
      const { before, limit } = pageSchema.parse(input);
      return await pageEntries(c.db, before, limit);
    },
  },
});
