import type { AuditEntry } from '@foundry/shared/entities';
import { actingPartySchema, type ActingParty } from '@foundry/shared/envelope';
import { desc, lt } from 'drizzle-orm';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { auditEntries } from './schema.ts';

export interface NewAuditEntry {
  id: string;
  atMs: number;
  action: string;
  by: ActingParty;
  causedBy: string | null;
  subject: string;
  summary: string;
  repositoryId: string | null;
}

/** An entry whose id is already there is left alone: a repeated delivery changes nothing. */
export async function appendEntries(db: ActorDatabase, entries: readonly NewAuditEntry[]): Promise<void> {
  await db.transaction(async (tx) => {
    for (const { by, ...entry } of entries) {
      await tx
        .insert(auditEntries)
        .values({ ...entry, byJson: JSON.stringify(by) })
        .onConflictDoNothing();
    }
  });
}

function partyText(by: ActingParty): string {
  switch (by.kind) {
    case 'person':
      return by.login;
    case 'github':
      return by.login === null ? 'GitHub' : `${by.login} (on GitHub)`;
    case 'system':
      return 'Foundry';
  }
}

/** Newest first, `limit` at most, starting below `before` (a sequence); all from the newest when it is null. */
export async function pageEntries(
  db: ActorDatabase,
  before: number | null,
  limit: number,
): Promise<AuditEntry[]> {
  const rows = await db
    .select()
    .from(auditEntries)
    .where(before === null ? undefined : lt(auditEntries.sequence, before))
    .orderBy(desc(auditEntries.sequence))
    .limit(limit);
  return rows.map(({ byJson, ...row }) => ({
    ...row,
    by: partyText(actingPartySchema.parse(JSON.parse(byJson))),
  }));
}
