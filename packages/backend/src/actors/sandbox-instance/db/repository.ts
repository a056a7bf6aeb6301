import { asc, eq } from 'drizzle-orm';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { jobs, sandbox } from './schema.ts';

export type SandboxRecord = Omit<typeof sandbox.$inferSelect, 'id'>;
export type JobRecord = Omit<typeof jobs.$inferSelect, 'sequence'>;

export async function readSandbox(db: ActorDatabase): Promise<SandboxRecord | null> {
  const [row] = await db.select().from(sandbox).limit(1);
  return row ?? null;
}

export async function writeSandbox(db: ActorDatabase, record: SandboxRecord): Promise<void> {
  await db
    .insert(sandbox)
    .values({ id: 1, ...record })
    .onConflictDoUpdate({ target: sandbox.id, set: record });
}

export async function readJob(db: ActorDatabase, jobId: string): Promise<JobRecord | null> {
  const [row] = await db.select().from(jobs).where(eq(jobs.jobId, jobId)).limit(1);
  return row ?? null;
}

/** Oldest first. */
export async function listJobs(db: ActorDatabase): Promise<JobRecord[]> {
  return await db.select().from(jobs).orderBy(asc(jobs.sequence));
}

export async function insertJob(db: ActorDatabase, job: JobRecord): Promise<void> {
  await db.insert(jobs).values(job).onConflictDoNothing();
}

/** @returns whether there was one. */
export async function deleteJob(db: ActorDatabase, jobId: string): Promise<boolean> {
  const rows = await db.delete(jobs).where(eq(jobs.jobId, jobId)).returning({ jobId: jobs.jobId });
  return rows.length > 0;
}
