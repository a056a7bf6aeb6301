import type { Message } from '@foundry/shared/entities';
import type { TranscriptItem, TranscriptItemBody } from '@foundry/shared/transcript';
import { and, asc, desc, eq, inArray, lt, notInArray, or, sql } from 'drizzle-orm';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { items, messages, session } from './schema.ts';

export type SessionRecord = Omit<typeof session.$inferSelect, 'id'>;
export type MessageRecord = typeof messages.$inferSelect;

const unfinished = ['accepted', 'delivered', 'working'] as const;

export async function readSession(db: ActorDatabase): Promise<SessionRecord | null> {
  const [row] = await db.select().from(session).limit(1);
  return row ?? null;
}

export async function writeSession(db: ActorDatabase, record: SessionRecord): Promise<void> {
  await db
    .insert(session)
    .values({ id: 1, ...record })
    .onConflictDoUpdate({ target: session.id, set: record });
}

export async function readMessage(db: ActorDatabase, messageId: string): Promise<MessageRecord | null> {
  const [row] = await db.select().from(messages).where(eq(messages.messageId, messageId)).limit(1);
  return row ?? null;
}

export async function writeMessage(db: ActorDatabase, record: MessageRecord): Promise<void> {
  await db.insert(messages).values(record).onConflictDoUpdate({ target: messages.messageId, set: record });
}

/** The next message to deliver. */
export async function readNextAccepted(db: ActorDatabase): Promise<MessageRecord | null> {
  const [row] = await db
    .select()
    .from(messages)
    .where(eq(messages.state, 'accepted'))
    .orderBy(asc(messages.position))
    .limit(1);
  return row ?? null;
}

export async function listAccepted(db: ActorDatabase): Promise<MessageRecord[]> {
  return await db
    .select()
    .from(messages)
    .where(eq(messages.state, 'accepted'))
    .orderBy(asc(messages.position));
}

export async function countAccepted(db: ActorDatabase): Promise<number> {
  const [row] = await db
    .select({ count: sql<number>`count(*)` })
    .from(messages)
    .where(eq(messages.state, 'accepted'));
  return row?.count ?? 0;
}

export async function readLastPosition(db: ActorDatabase): Promise<number> {
  const [row] = await db.select({ last: sql<number | null>`max(${messages.position})` }).from(messages);
  return row?.last ?? 0;
}

/** The unfinished ones and the last `finishedLimit` finished ones, in their order. */
export async function listRecentMessages(db: ActorDatabase, finishedLimit: number): Promise<MessageRecord[]> {
  const open = await db
    .select()
    .from(messages)
    .where(inArray(messages.state, [...unfinished]));
  const finished = await db
    .select()
    .from(messages)
    .where(notInArray(messages.state, [...unfinished]))
    .orderBy(desc(messages.position))
    .limit(finishedLimit);
  return [...open, ...finished].sort((a, b) => a.position - b.position);
}

export function toMessage(sessionId: string, record: MessageRecord): Message {
  return {
    id: record.messageId,
    sessionId,
    text: record.text,
    author: record.author,
    state: record.state,
    attempt: record.attempt,
    position: record.position,
    failure: record.failure,
    acceptedAtMs: record.acceptedAtMs,
    deliveredAtMs: record.deliveredAtMs,
    workingAtMs: record.workingAtMs,
    finishedAtMs: record.finishedAtMs,
  };
}

type ItemRow = typeof items.$inferSelect;

function toItem({ sequence, atMs, messageId, body }: ItemRow): TranscriptItem {
  return { sequence, atMs, messageId, body };
}

function referenceOf(body: TranscriptItemBody): string | null {
  switch (body.kind) {
    case 'tool_call':
      return body.toolCall.toolCallId;
    case 'permission_request':
      return body.requestId;
    case 'user_message':
    case 'agent_text':
    case 'agent_thought':
    case 'plan':
    case 'turn_end':
    case 'notice':
      return null;
  }
}

export async function writeItems(db: ActorDatabase, changed: readonly TranscriptItem[]): Promise<void> {
  for (const item of changed) {
    const row = { ...item, kind: item.body.kind, reference: referenceOf(item.body) };
    await db.insert(items).values(row).onConflictDoUpdate({ target: items.sequence, set: row });
  }
}

export async function readLastItem(db: ActorDatabase): Promise<TranscriptItem | null> {
  const [row] = await db.select().from(items).orderBy(desc(items.sequence)).limit(1);
  return row === undefined ? null : toItem(row);
}

export async function readItem(db: ActorDatabase, sequence: number): Promise<TranscriptItem | null> {
  const [row] = await db.select().from(items).where(eq(items.sequence, sequence)).limit(1);
  return row === undefined ? null : toItem(row);
}

/** What later updates of a turn may refer to: its plan, its permission requests, and the named tool calls (all when null). */
export async function listTurnItems(
  db: ActorDatabase,
  messageId: string,
  toolCallIds: readonly string[] | null,
): Promise<TranscriptItem[]> {
  const toolCalls =
    toolCallIds === null
      ? eq(items.kind, 'tool_call')
      : and(eq(items.kind, 'tool_call'), inArray(items.reference, [...toolCallIds]));
  const rows = await db
    .select()
    .from(items)
    .where(
      and(eq(items.messageId, messageId), or(inArray(items.kind, ['plan', 'permission_request']), toolCalls)),
    )
    .orderBy(asc(items.sequence));
  return rows.map(toItem);
}

/** The newest `limit` items before a sequence (null: the newest of all), oldest first. */
export async function pageItems(
  db: ActorDatabase,
  before: number | null,
  limit: number,
): Promise<TranscriptItem[]> {
  const rows = await db
    .select()
    .from(items)
    .where(before === null ? undefined : lt(items.sequence, before))
    .orderBy(desc(items.sequence))
    .limit(limit);
  return rows.map(toItem).toReversed();
}
