import type { Person } from '@foundry/shared/entities';
import { UserError } from 'rivetkit';
import { z } from 'zod';
import type { LoopActionContext } from '../../command-loop/command-loop.ts';
import { sessionLimits } from '../../limits.ts';
import { readMessage, readSession } from './db/repository.ts';
import { readPage, readSnapshot, type TranscriptPage } from './snapshot.ts';

const pageInputSchema = z.object({
  before: z.number().int().positive().nullable(),
  limit: z.number().int().min(1).default(sessionLimits.itemsPerPage),
});

/** SessionSnapshot. @throws session_not_found */
export async function snapshot(c: LoopActionContext) {
  const found = await readSnapshot(c.db);
  if (found === null) {
    throw new UserError('There is no such session.', { code: 'session_not_found' });
  }
  return found;
}

/** `{before, limit}` → `{items, olderCursor}`: backwards from the newest. */
export async function transcriptPage(c: LoopActionContext, input: unknown): Promise<TranscriptPage> {
  const { before, limit } = pageInputSchema.parse(input);
  return await c.db.transaction(async (tx) => await readPage(tx, before, limit));
}

/** Whose message the running turn is; null when none runs. */
export async function turnAuthor(c: LoopActionContext): Promise<Person | null> {
  return await c.db.transaction(async (tx) => {
    const messageId = (await readSession(tx))?.turnMessageId ?? null;
    const message = messageId === null ? null : await readMessage(tx, messageId);
    return message === null ? null : message.author;
  });
}
