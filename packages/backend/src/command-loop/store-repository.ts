import {
  commandFailureSchema,
  type CommandFailure,
  type CommandOutcome,
  type Envelope,
} from '@foundry/shared/envelope';
import { changeSchema, type Change } from '@foundry/shared/topics';
import { and, asc, eq, gt, inArray, lt, lte, sql } from 'drizzle-orm';
import { commandLimits } from '../limits.ts';
import type { ActorDatabase } from './database.ts';
import { commands, commandSteps, outbox, topicChanges, topicVersion } from './tables.ts';

/** JSON has no `undefined`: a step or command without a result stores null. */
function toJson(value: unknown): string {
  return JSON.stringify(value ?? null);
}

function fromJson(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}

/** The stored outcome of a command, or null while it has none. */
export async function readOutcome(db: ActorDatabase, commandId: string): Promise<CommandOutcome | null> {
  const [row] = await db.select().from(commands).where(eq(commands.commandId, commandId)).limit(1);
  if (row === undefined) {
    return null;
  }
  if (row.status === 'done') {
    return { status: 'done', commandId, result: fromJson(row.resultJson), finishedAt: row.finishedAtMs };
  }
  return {
    status: 'failed',
    commandId,
    failure: commandFailureSchema.parse(fromJson(row.failureJson)),
    finishedAt: row.finishedAtMs,
  };
}

/** Stores a success. A stored failure of the same command gives way: it was sent again. A stored success stays. */
export async function writeDone(
  db: ActorDatabase,
  name: string,
  envelope: Envelope,
  result: unknown,
  nowMs: number,
): Promise<CommandOutcome> {
  const row = {
    name,
    status: 'done' as const,
    resultJson: toJson(result),
    failureJson: null,
    byJson: toJson(envelope.by),
    causedBy: envelope.causedBy,
    sentAtMs: envelope.at,
    finishedAtMs: nowMs,
  };
  await db
    .insert(commands)
    .values({ commandId: envelope.commandId, ...row })
    .onConflictDoUpdate({ target: commands.commandId, set: row });
  return {
    status: 'done',
    commandId: envelope.commandId,
    result: fromJson(row.resultJson),
    finishedAt: nowMs,
  };
}

/**
 * Stores a failure unless the command has a success by now (a step whose caller was told "timeout" may have
 * committed after all), and returns what is stored then.
 */
export async function writeFailed(
  db: ActorDatabase,
  name: string,
  envelope: Envelope,
  failure: CommandFailure,
  nowMs: number,
): Promise<CommandOutcome> {
  await db
    .insert(commands)
    .values({
      commandId: envelope.commandId,
      name,
      status: 'failed',
      resultJson: null,
      failureJson: toJson(failure),
      byJson: toJson(envelope.by),
      causedBy: envelope.causedBy,
      sentAtMs: envelope.at,
      finishedAtMs: nowMs,
    })
    .onConflictDoUpdate({
      target: commands.commandId,
      set: { failureJson: toJson(failure), finishedAtMs: nowMs },
      setWhere: eq(commands.status, 'failed'),
    });
  return (
    (await readOutcome(db, envelope.commandId)) ?? {
      status: 'failed',
      commandId: envelope.commandId,
      failure,
      finishedAt: nowMs,
    }
  );
}

export type StoredStep = { state: 'started' } | { state: 'done'; result: unknown };

export async function readStep(
  db: ActorDatabase,
  commandId: string,
  step: string,
): Promise<StoredStep | null> {
  const [row] = await db
    .select()
    .from(commandSteps)
    .where(and(eq(commandSteps.commandId, commandId), eq(commandSteps.step, step)))
    .limit(1);
  if (row === undefined) {
    return null;
  }
  return row.state === 'started' ? { state: 'started' } : { state: 'done', result: fromJson(row.resultJson) };
}

export async function writeStep(
  db: ActorDatabase,
  commandId: string,
  step: string,
  stored: StoredStep,
  nowMs: number,
): Promise<void> {
  const row = {
    state: stored.state,
    resultJson: stored.state === 'done' ? toJson(stored.result) : null,
    atMs: nowMs,
  };
  await db
    .insert(commandSteps)
    .values({ commandId, step, ...row })
    .onConflictDoUpdate({ target: [commandSteps.commandId, commandSteps.step], set: row });
}

/** Forgets old outcomes and steps, a bounded number at a time. */
export async function prune(db: ActorDatabase, nowMs: number): Promise<void> {
  const before = nowMs - commandLimits.outcomeRetentionMs;
  const old = db
    .select({ commandId: commands.commandId })
    .from(commands)
    .where(lt(commands.finishedAtMs, before))
    .orderBy(asc(commands.finishedAtMs))
    .limit(commandLimits.outcomesPrunedPerCommand);
  await db.delete(commands).where(inArray(commands.commandId, old));
  await db
    .delete(commandSteps)
    .where(
      and(
        lt(commandSteps.atMs, before),
        inArray(
          commandSteps.commandId,
          db
            .select({ commandId: commandSteps.commandId })
            .from(commandSteps)
            .where(lt(commandSteps.atMs, before))
            .limit(commandLimits.outcomesPrunedPerCommand),
        ),
      ),
    );
}

export interface OutboxMessage {
  id: string;
  targetKind: string;
  targetKey: readonly string[];
  command: string;
  body: unknown;
  envelope: Envelope;
  notBeforeMs: number;
}

/** A message that is already there (the same command ran before) is left alone. */
export async function writeOutbox(db: ActorDatabase, messages: readonly OutboxMessage[]): Promise<void> {
  for (const message of messages) {
    await db
      .insert(outbox)
      .values({
        id: message.id,
        targetKind: message.targetKind,
        targetKeyJson: toJson(message.targetKey),
        command: message.command,
        bodyJson: toJson(message.body),
        envelopeJson: toJson(message.envelope),
        notBeforeMs: message.notBeforeMs,
      })
      .onConflictDoNothing();
  }
}

export type OutboxRow = typeof outbox.$inferSelect;

/**
 * Messages to deliver, in the order they were written. Rows of a target whose earlier message waits for another
 * attempt are held back, so that a target gets its messages in order; delayed messages hold nobody back.
 */
export async function readDueOutbox(db: ActorDatabase, nowMs: number): Promise<OutboxRow[]> {
  const blocked = sql`select 1 from outbox b where b.target_kind = ${outbox.targetKind} and b.target_key_json = ${outbox.targetKeyJson}
    and b.attempts > 0 and b.attempts < ${commandLimits.outboxParkAfterAttempts} and b.not_before_ms > ${nowMs} and b.sequence < ${outbox.sequence}`;
  return await db
    .select()
    .from(outbox)
    .where(and(lte(outbox.notBeforeMs, nowMs), sql`not exists (${blocked})`))
    .orderBy(asc(outbox.sequence))
    .limit(commandLimits.outboxRowsPerDelivery);
}

export async function deleteOutbox(db: ActorDatabase, ids: readonly string[]): Promise<void> {
  await db.delete(outbox).where(inArray(outbox.id, [...ids]));
}

export async function postponeOutbox(
  db: ActorDatabase,
  id: string,
  attempts: number,
  notBeforeMs: number,
  lastError: string,
): Promise<void> {
  await db.update(outbox).set({ attempts, notBeforeMs, lastError }).where(eq(outbox.id, id));
}

/** When the next message is due, or null when the outbox is empty. */
export async function readNextOutboxAt(db: ActorDatabase): Promise<number | null> {
  const [row] = await db.select({ at: sql<number | null>`min(${outbox.notBeforeMs})` }).from(outbox);
  return row?.at ?? null;
}

/** 0 before the first change. */
export async function readVersion(db: ActorDatabase): Promise<number> {
  const [row] = await db.select().from(topicVersion).limit(1);
  return row?.version ?? 0;
}

/** Gives a committed change its version and keeps it for clients that miss it. */
export async function writeChange(db: ActorDatabase, change: Omit<Change, 'version'>): Promise<Change> {
  const [row] = await db
    .insert(topicVersion)
    .values({ id: 1, version: 1 })
    .onConflictDoUpdate({ target: topicVersion.id, set: { version: sql`${topicVersion.version} + 1` } })
    .returning();
  const version = row?.version ?? 1;
  const whole: Change = { version, ...change };
  const json = JSON.stringify(whole);
  const stored: Change =
    Buffer.byteLength(json) > commandLimits.changeSizeBytes
      ? { version, upserts: [], removes: [], reload: true }
      : whole;
  await db.insert(topicChanges).values({ version, changeJson: JSON.stringify(stored) });
  await db.delete(topicChanges).where(lte(topicChanges.version, version - commandLimits.changesKept));
  return stored;
}

/** Changes after `version`, oldest first; null when they are no longer all kept (the caller needs a snapshot). */
export async function readChangesSince(db: ActorDatabase, version: number): Promise<Change[] | null> {
  const current = await readVersion(db);
  if (version > current) {
    return null;
  }
  const rows = await db
    .select()
    .from(topicChanges)
    .where(gt(topicChanges.version, version))
    .orderBy(asc(topicChanges.version));
  if (rows.length !== current - version) {
    return null;
  }
  const changes = rows.map((row) => changeSchema.parse(JSON.parse(row.changeJson)));
  const totalSizeBytes = rows.reduce((sum, row) => sum + Buffer.byteLength(row.changeJson), 0);
  return totalSizeBytes > commandLimits.changeSizeBytes ? null : changes;
}
