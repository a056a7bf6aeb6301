import type { Message, Session } from '@foundry/shared/entities';
import type { SessionSnapshot } from '@foundry/shared/topics';
import type { TranscriptItem } from '@foundry/shared/transcript';
import type { ActorDatabase } from '../../command-loop/database.ts';
import { readVersion } from '../../command-loop/store-repository.ts';
import { sessionLimits } from '../../limits.ts';
import {
  listRecentMessages,
  pageItems,
  readSession,
  toMessage,
  type SessionRecord,
} from './db/repository.ts';

export function toSession(record: SessionRecord): Session {
  return {
    id: record.sessionId,
    taskId: record.taskId,
    title: record.title,
    agent: record.agentId,
    modelId: record.modelId,
    models: record.models,
    status: record.status,
    createdAtMs: record.createdAtMs,
    updatedAtMs: record.updatedAtMs,
  };
}

export interface TranscriptPage {
  readonly items: TranscriptItem[];
  /** The sequence to page backwards from; null at the beginning. */
  readonly olderCursor: number | null;
}

/** The newest items before a sequence that fit into one page, oldest first; at least one, so that paging always ends. */
export async function readPage(
  db: ActorDatabase,
  before: number | null,
  limit: number,
): Promise<TranscriptPage> {
  const found = await pageItems(db, before, Math.min(limit, sessionLimits.itemsPerPage));
  const page: TranscriptItem[] = [];
  let sizeBytes = 0;
  for (const item of found.toReversed()) {
    sizeBytes += Buffer.byteLength(JSON.stringify(item));
    if (page.length > 0 && sizeBytes > sessionLimits.pageSizeBytes) {
      break;
    }
    page.unshift(item);
  }
  const oldest = page[0]?.sequence ?? 1;
  return { items: page, olderCursor: oldest > 1 ? oldest : null };
}

/**
 * All of the messages, but not more text than fits: of the finished ones, whose words stand in the transcript, a
 * beginning is enough, and of waiting ones the first that fit are whole.
 */
function fitMessages(messages: readonly Message[]): Message[] {
  let sizeBytes = 0;
  return messages.map((message) => {
    const isWaiting = message.state === 'accepted';
    if (isWaiting) {
      sizeBytes += Buffer.byteLength(JSON.stringify(message.text));
    }
    const isWhole = isWaiting && sizeBytes <= sessionLimits.messagesSizeBytes;
    if (isWhole || message.text.length <= sessionLimits.messagePreviewLength) {
      return message;
    }
    return { ...message, text: `${message.text.slice(0, sessionLimits.messagePreviewLength)}…`, cut: true };
  });
}

/** Version and data of one moment; null before the session was made. */
export async function readSnapshot(db: ActorDatabase): Promise<SessionSnapshot | null> {
  return await db.transaction(async (tx) => {
    const record = await readSession(tx);
    if (record === null) {
      return null;
    }
    const messages = await listRecentMessages(tx, sessionLimits.finishedMessagesInSnapshot);
    return {
      version: await readVersion(tx),
      session: toSession(record),
      messages: fitMessages(messages.map((message) => toMessage(record.sessionId, message))),
      ...(await readPage(tx, null, sessionLimits.itemsPerPage)),
    };
  });
}
