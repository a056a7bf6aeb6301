import type { ActorDatabase } from '../../../command-loop/database.ts';
import { agent, turn } from './schema.ts';

export type AgentRecord = Omit<typeof agent.$inferSelect, 'id'>;
export type TurnRecord = Omit<typeof turn.$inferSelect, 'id'>;

export async function readAgent(db: ActorDatabase): Promise<AgentRecord | null> {
  const [row] = await db.select().from(agent).limit(1);
  return row ?? null;
}

export async function writeAgent(db: ActorDatabase, record: AgentRecord): Promise<void> {
  await db
    .insert(agent)
    .values({ id: 1, ...record })
    .onConflictDoUpdate({ target: agent.id, set: record });
}

export async function setAgent(
  db: ActorDatabase,
  changed: Partial<Pick<AgentRecord, 'lastEventId' | 'exited'>>,
): Promise<void> {
  await db.update(agent).set(changed);
}

export async function readTurn(db: ActorDatabase): Promise<TurnRecord | null> {
  const [row] = await db.select().from(turn).limit(1);
  return row ?? null;
}

export async function writeTurn(db: ActorDatabase, record: TurnRecord): Promise<void> {
  await db
    .insert(turn)
    .values({ id: 1, ...record })
    .onConflictDoUpdate({ target: turn.id, set: record });
}

export async function setTurn(
  db: ActorDatabase,
  changed: Partial<
    Pick<TurnRecord, 'state' | 'sinceEventId' | 'cancelRequested' | 'cancelSentAtMs' | 'abandonMessage'>
  >,
): Promise<void> {
  await db.update(turn).set(changed);
}

export async function deleteTurn(db: ActorDatabase): Promise<void> {
  await db.delete(turn);
}
