import type { RuntimeIssue } from '@foundry/shared/entities';
import { and, desc, eq, inArray, like, notInArray, sql } from 'drizzle-orm';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { runtimeIssues } from './schema.ts';

/** Counts an issue with its like (same id), keeping the first time and the last message. */
export async function upsertRuntimeIssue(
  db: ActorDatabase,
  issue: Omit<RuntimeIssue, 'count' | 'firstAtMs'>,
): Promise<RuntimeIssue> {
  const [row] = await db
    .insert(runtimeIssues)
    .values({ ...issue, count: 1, firstAtMs: issue.lastAtMs })
    .onConflictDoUpdate({
      target: runtimeIssues.id,
      set: {
        count: sql`${runtimeIssues.count} + 1`,
        lastAtMs: issue.lastAtMs,
        message: issue.message,
        attempt: issue.attempt,
      },
    })
    .returning();
  return row ?? { ...issue, count: 1, firstAtMs: issue.lastAtMs };
}

/** Forgets the oldest beyond `kept`. @returns their ids. */
export async function pruneRuntimeIssues(db: ActorDatabase, kept: number): Promise<string[]> {
  const latest = db
    .select({ id: runtimeIssues.id })
    .from(runtimeIssues)
    .orderBy(desc(runtimeIssues.lastAtMs))
    .limit(kept);
  const gone = await db
    .delete(runtimeIssues)
    .where(notInArray(runtimeIssues.id, latest))
    .returning({ id: runtimeIssues.id });
  return gone.map((row) => row.id);
}

/** @returns whether there was one. */
export async function deleteRuntimeIssue(db: ActorDatabase, id: string): Promise<boolean> {
  const rows = await db
    .delete(runtimeIssues)
    .where(eq(runtimeIssues.id, id))
    .returning({ id: runtimeIssues.id });
  return rows.length > 0;
}

/** Forgets what one kind of actor reported of these commands. @returns what there was. */
export async function deleteRuntimeIssuesOf(
  db: ActorDatabase,
  actorKind: string,
  commands: readonly string[],
): Promise<RuntimeIssue[]> {
  return await db
    .delete(runtimeIssues)
    .where(and(like(runtimeIssues.actor, `${actorKind} %`), inArray(runtimeIssues.command, [...commands])))
    .returning();
}

/** Latest first. */
export async function listRuntimeIssues(db: ActorDatabase, limit: number): Promise<RuntimeIssue[]> {
  return await db.select().from(runtimeIssues).orderBy(desc(runtimeIssues.lastAtMs)).limit(limit);
}
