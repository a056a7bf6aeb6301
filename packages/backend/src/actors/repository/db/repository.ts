import { count, desc, lte } from 'drizzle-orm';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { tasks } from './schema.ts';

export type RecordedTask = typeof tasks.$inferSelect;

/** Older news than what is there changes nothing. */
export async function upsertTask(db: ActorDatabase, task: RecordedTask): Promise<void> {
  await db
    .insert(tasks)
    .values(task)
    .onConflictDoUpdate({ target: tasks.id, set: task, setWhere: lte(tasks.updatedAtMs, task.updatedAtMs) });
}

/** Latest first. */
export async function listTasks(db: ActorDatabase, limit: number): Promise<RecordedTask[]> {
  return await db.select().from(tasks).orderBy(desc(tasks.updatedAtMs)).limit(limit);
}

/** How many tasks are in which state. */
export async function countByState(db: ActorDatabase): Promise<Record<string, number>> {
  const rows = await db.select({ state: tasks.state, count: count() }).from(tasks).groupBy(tasks.state);
  return Object.fromEntries(rows.map((row) => [row.state, row.count]));
}
