import { envelopeSchema } from '@foundry/shared/envelope';
import { z } from 'zod';
import { commandLimits } from '../limits.ts';
import { auditAppendName, auditLogKind } from './audit.ts';
import type { CommandMessage } from './connections.ts';
import { ActorRefusedError } from './connections.ts';
import type { ActorDatabase } from './database.ts';
import { errorMessage } from './errors.ts';
import { reportIssue, reportRuntimeIssueName } from './runtime-issue.ts';
import { loopRuntime } from './runtime.ts';
import {
  deleteOutbox,
  postponeOutbox,
  readDueOutbox,
  readNextOutboxAt,
  type OutboxRow,
} from './store-repository.ts';

const keySchema = z.array(z.string());

interface Sender {
  readonly kind: string;
  readonly key: readonly string[];
  /** A message to oneself is put into the own queue, without a connection. */
  enqueueToSelf(messages: readonly CommandMessage[]): Promise<void>;
}

/** Packs rows into messages below the transport's limit. */
function packed(rows: readonly OutboxRow[]): OutboxRow[][] {
  const packs: OutboxRow[][] = [];
  let current: OutboxRow[] = [];
  let sizeBytes = 0;
  for (const row of rows) {
    const rowSizeBytes = Buffer.byteLength(row.bodyJson) + Buffer.byteLength(row.envelopeJson) + 200;
    if (
      current.length > 0 &&
      (sizeBytes + rowSizeBytes > commandLimits.bulkMessageSizeBytes ||
        current.length >= commandLimits.commandsPerBulkMessage)
    ) {
      packs.push(current);
      current = [];
      sizeBytes = 0;
    }
    current.push(row);
    sizeBytes += rowSizeBytes;
  }
  return current.length > 0 ? [...packs, current] : packs;
}

function toMessage(row: OutboxRow): CommandMessage {
  return {
    name: row.command,
    body: JSON.parse(row.bodyJson) as unknown,
    envelope: envelopeSchema.parse(JSON.parse(row.envelopeJson)),
  };
}

async function handOver(
  sender: Sender,
  target: { kind: string; key: string[] },
  rows: readonly OutboxRow[],
): Promise<void> {
  const messages = rows.map(toMessage);
  const { connections } = loopRuntime();
  if (target.kind === sender.kind && target.key.join('/') === sender.key.join('/')) {
    await sender.enqueueToSelf(messages);
  } else if (target.kind === auditLogKind) {
    await connections.call(target, auditAppendName, [messages.map((message) => message.body)], {
      timeoutMs: commandLimits.outboxCallTimeoutMs,
    });
  } else {
    await connections.enqueue(target, messages, { timeoutMs: commandLimits.outboxCallTimeoutMs });
  }
}

async function postpone(db: ActorDatabase, sender: Sender, row: OutboxRow, error: unknown): Promise<void> {
  const attempts = row.attempts + 1;
  // A receiver that refuses a message will go on refusing it: park it at once.
  const parked = error instanceof ActorRefusedError || attempts >= commandLimits.outboxParkAfterAttempts;
  const backoffMs = Math.min(
    commandLimits.outboxInitialBackoffMs * 2 ** Math.min(attempts, 20),
    commandLimits.outboxMaxBackoffMs,
  );
  const message = errorMessage(error);
  const storedAttempts = parked ? Math.max(attempts, commandLimits.outboxParkAfterAttempts) : attempts;
  await postponeOutbox(
    db,
    row.id,
    storedAttempts,
    Date.now() + (parked ? commandLimits.outboxParkedRetryMs : backoffMs),
    message,
  );
  if (parked && row.command !== reportRuntimeIssueName) {
    const { log } = loopRuntime();
    await reportIssue(
      db,
      sender,
      {
        command: row.command,
        step: 'deliver',
        attempt: attempts,
        message: `A message to ${row.targetKind} ${row.targetKeyJson} could not be delivered: ${message}`,
      },
      log,
    );
  }
}

async function deliverTo(db: ActorDatabase, sender: Sender, rows: readonly OutboxRow[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) {
    return;
  }
  const target = { kind: first.targetKind, key: keySchema.parse(JSON.parse(first.targetKeyJson)) };
  for (const pack of packed(rows)) {
    try {
      await handOver(sender, target, pack);
    } catch (error) {
      if (error instanceof ActorRefusedError && pack.length > 1) {
        // One bad message must not hold up the others: find it.
        for (const row of pack) {
          await deliverTo(db, sender, [row]);
        }
        continue;
      }
      const [head] = pack;
      if (head !== undefined) {
        await postpone(db, sender, head, error);
      }
      return;
    }
    await deleteOutbox(
      db,
      pack.map((row) => row.id),
    );
  }
}

/**
 * Delivers what is due, per target in order, several targets at once. Never throws for a dead target: its messages
 * wait for a later attempt.
 * @returns how long the loop may wait until it must look again; null when the outbox is empty.
 */
export async function deliverOutbox(db: ActorDatabase, sender: Sender): Promise<number | null> {
  const rows = await readDueOutbox(db, Date.now());
  const groups = new Map<string, OutboxRow[]>();
  for (const row of rows) {
    const target = `${row.targetKind} ${row.targetKeyJson}`;
    groups.set(target, [...(groups.get(target) ?? []), row]);
  }
  const waiting = [...groups.values()].slice(0, commandLimits.outboxTargetsPerDelivery);
  const worker = async (): Promise<void> => {
    for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
      await deliverTo(db, sender, group);
    }
  };
  await Promise.all(Array.from({ length: commandLimits.outboxParallelTargets }, worker));
  const nextAtMs = await readNextOutboxAt(db);
  return nextAtMs === null ? null : Math.max(10, nextAtMs - Date.now());
}
