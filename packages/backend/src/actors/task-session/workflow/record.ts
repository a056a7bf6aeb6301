import type { Envelope } from '@foundry/shared/envelope';
import type { TranscriptItem, TranscriptItemBody } from '@foundry/shared/transcript';
import { CommandError } from '../../../command-loop/errors.ts';
import type { TransactionContext } from '../../../command-loop/handlers.ts';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { organizationIdOf, sessionStatusSyncAddress, taskAddress } from '../../addresses.ts';
import { statusOf } from '../decisions.ts';
import {
  listTurnItems,
  readLastItem,
  readMessage,
  readNextAccepted,
  readSession,
  toMessage,
  writeItems,
  writeMessage,
  writeSession,
  type MessageRecord,
  type SessionRecord,
} from '../db/repository.ts';
import { toSession } from '../snapshot.ts';

/** The last part of a TaskSession actor's key. */
export function sessionIdOf(key: readonly string[]): string {
  return key[3] ?? '';
}

export function taskOf(t: TransactionContext, record: SessionRecord) {
  return taskAddress(organizationIdOf(t.key), record.taskId);
}

export function statusSyncOf(t: TransactionContext) {
  return sessionStatusSyncAddress(organizationIdOf(t.key), sessionIdOf(t.key));
}

/** @throws {CommandError} session_not_found */
export async function requireSession(db: ActorDatabase): Promise<SessionRecord> {
  const record = await readSession(db);
  if (record === null) {
    throw new CommandError('session_not_found', 'There is no such session.', { retryable: true });
  }
  return record;
}

/** @throws {CommandError} message_not_found */
export async function requireMessage(db: ActorDatabase, messageId: string): Promise<MessageRecord> {
  const record = await readMessage(db, messageId);
  if (record === null) {
    throw new CommandError('message_not_found', 'There is no such message in this session.');
  }
  return record;
}

export async function saveMessage(
  t: TransactionContext,
  before: MessageRecord,
  changed: Partial<MessageRecord>,
): Promise<MessageRecord> {
  const after = { ...before, ...changed };
  await writeMessage(t.tx, after);
  t.upsert({ type: 'message', entity: toMessage(sessionIdOf(t.key), after) });
  return after;
}

/** Writes the session, shows it to whoever watches it, and tells the task. */
export async function saveSession(
  t: TransactionContext,
  before: SessionRecord,
  changed: Partial<SessionRecord>,
): Promise<SessionRecord> {
  const merged = { ...before, ...changed };
  const after: SessionRecord = { ...merged, announcedStatus: merged.status, updatedAtMs: t.nowMs };
  await writeSession(t.tx, after);
  const entity = toSession(after);
  t.upsert({ type: 'session', entity });
  t.send(taskOf(t, after), 'task.command.sessionChanged', { session: entity });
  return after;
}

/** Whether somebody has to answer before the running turn can go on. */
export async function hasOpenPermission(db: ActorDatabase, messageId: string): Promise<boolean> {
  const known = await listTurnItems(db, messageId, []);
  return known.some(({ body }) => body.kind === 'permission_request' && body.answer === null);
}

/** As saveSession, with the status that follows from the rest. */
export async function saveWithStatus(
  t: TransactionContext,
  before: SessionRecord,
  changed: Partial<SessionRecord>,
): Promise<SessionRecord> {
  const merged = { ...before, ...changed };
  const status = statusOf({
    isTurnRunning: merged.turnMessageId !== null,
    isStopping: merged.status === 'stopping',
    isTurnRequested: merged.requestedMessageId !== null,
    hasOpenPermission: merged.turnMessageId !== null && (await hasOpenPermission(t.tx, merged.turnMessageId)),
  });
  return await saveSession(t, before, { ...changed, status });
}

/** Asks the task for a turn for the next waiting message, unless one is asked for or runs already. */
export async function askForTurn(t: TransactionContext, record: SessionRecord): Promise<SessionRecord> {
  if (record.turnMessageId !== null || record.requestedMessageId !== null) {
    return record;
  }
  const next = await readNextAccepted(t.tx);
  if (next === null) {
    return await saveWithStatus(t, record, {});
  }
  t.send(taskOf(t, record), 'task.command.requestTurn', {
    sessionId: record.sessionId,
    messageId: next.messageId,
    author: next.author,
  });
  return await saveWithStatus(t, record, { requestedMessageId: next.messageId });
}

/**
 * A message is carried out in its author's name and with their token: nobody else decides what it says, or when.
 * @throws {CommandError} not_author
 */
export function requireAuthor(message: MessageRecord, { by }: Envelope): void {
  if (by.kind === 'person' && by.userId !== message.author.userId) {
    throw new CommandError(
      'not_author',
      `This message is ${message.author.login}'s, who alone can change it, take it back or send it again. Send one of your own.`,
    );
  }
}

/** A message that waits never reaches the agent; the one after it is next. */
export async function takeBack(
  t: TransactionContext,
  record: SessionRecord,
  message: MessageRecord,
): Promise<void> {
  await saveMessage(t, message, { state: 'cancelled', finishedAtMs: t.nowMs });
  if (record.requestedMessageId !== message.messageId) {
    return;
  }
  t.send(taskOf(t, record), 'task.command.withdrawTurn', {
    sessionId: record.sessionId,
    messageId: message.messageId,
  });
  await askForTurn(t, await saveWithStatus(t, record, { requestedMessageId: null }));
}

/** Adds an entry at the end of the transcript. */
export async function appendItem(
  t: TransactionContext,
  messageId: string | null,
  body: TranscriptItemBody,
): Promise<void> {
  const last = await readLastItem(t.tx);
  const item: TranscriptItem = { sequence: (last?.sequence ?? 0) + 1, atMs: t.nowMs, messageId, body };
  await writeItems(t.tx, [item]);
  t.upsert({ type: 'item', entity: item });
}

export async function saveItems(t: TransactionContext, changed: readonly TranscriptItem[]): Promise<void> {
  await writeItems(t.tx, changed);
  t.upsert(...changed.map((entity) => ({ type: 'item' as const, entity })));
}
