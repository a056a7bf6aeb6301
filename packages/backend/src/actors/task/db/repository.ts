import type { Person, Session } from '@foundry/shared/entities';
import { asc, eq } from 'drizzle-orm';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { sessions, task, turns } from './schema.ts';

export type TaskRecord = Omit<typeof task.$inferSelect, 'id'>;
export type Turn = Omit<typeof turns.$inferSelect, 'sequence'>;

/** Null before the task was opened or initialised. */
export async function readTask(db: ActorDatabase): Promise<TaskRecord | null> {
  const [row] = await db.select().from(task).limit(1);
  return row ?? null;
}

export async function insertTask(db: ActorDatabase, record: TaskRecord): Promise<void> {
  await db.insert(task).values({ id: 1, ...record });
}

export async function updateTask(db: ActorDatabase, record: TaskRecord): Promise<void> {
  await db.update(task).set(record);
}

/** In the order they were made. */
export async function listSessions(db: ActorDatabase): Promise<Session[]> {
  const rows = await db.select({ session: sessions.session }).from(sessions).orderBy(asc(sessions.sequence));
  return rows.map((row) => row.session);
}

export async function readSession(db: ActorDatabase, sessionId: string): Promise<Session | null> {
  const [row] = await db
    .select({ session: sessions.session })
    .from(sessions)
    .where(eq(sessions.sessionId, sessionId))
    .limit(1);
  return row?.session ?? null;
}

export async function writeSession(db: ActorDatabase, session: Session): Promise<void> {
  await db
    .insert(sessions)
    .values({ sessionId: session.id, session })
    .onConflictDoUpdate({ target: sessions.sessionId, set: { session } });
}

/** Oldest request first. */
export async function listTurns(db: ActorDatabase): Promise<Turn[]> {
  return await db
    .select({
      messageId: turns.messageId,
      sessionId: turns.sessionId,
      author: turns.author,
      state: turns.state,
    })
    .from(turns)
    .orderBy(asc(turns.sequence));
}

/** A message that already has a place keeps it. */
export async function insertTurn(
  db: ActorDatabase,
  turn: { messageId: string; sessionId: string; author: Person },
): Promise<void> {
  await db
    .insert(turns)
    .values({ ...turn, state: 'queued' })
    .onConflictDoNothing();
}

export async function setTurnState(
  db: ActorDatabase,
  messageId: string,
  state: Turn['state'],
): Promise<void> {
  await db.update(turns).set({ state }).where(eq(turns.messageId, messageId));
}

/** @returns whether there was one. */
export async function deleteTurn(db: ActorDatabase, messageId: string): Promise<boolean> {
  const rows = await db
    .delete(turns)
    .where(eq(turns.messageId, messageId))
    .returning({ messageId: turns.messageId });
  return rows.length > 0;
}
