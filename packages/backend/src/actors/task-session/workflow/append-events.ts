import { agentModelSchema } from '@foundry/shared/entities';
import { messageIdSchema } from '@foundry/shared/ids';
import type { Change, Upsert } from '@foundry/shared/topics';
import { agentUpdateSchema, type AgentUpdate } from '@foundry/shared/transcript';
import { z } from 'zod';
import type { LoopActionContext } from '../../../command-loop/command-loop.ts';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { systemEnvelope } from '../../../command-loop/envelopes.ts';
import { writeChange } from '../../../command-loop/store-repository.ts';
import { sessionLimits } from '../../../limits.ts';
import { enqueueToSelf } from '../../awake.ts';
import { statusOf } from '../decisions.ts';
import {
  listTurnItems,
  readLastItem,
  readMessage,
  readSession,
  toMessage,
  writeItems,
  writeMessage,
  writeSession,
  type SessionRecord,
} from '../db/repository.ts';
import { toSession } from '../snapshot.ts';
import { reduceUpdates } from './transcript.ts';

const inputSchema = z.object({
  messageId: messageIdSchema,
  attempt: z.number().int(),
  /** Which agent process: its stream ids begin at 1. */
  epoch: z.number().int(),
  updates: z.array(agentUpdateSchema),
  /** What the agent said of itself when it started. */
  agent: z.object({ models: z.array(agentModelSchema), modelId: z.string().nullable() }).nullable(),
});
type Batch = z.infer<typeof inputSchema>;

/** `false`: the session has no such turn (any more), and nothing of the batch was kept. */
export const appendAnswerSchema = z.object({
  accepted: z.boolean(),
  /** The last event that the session has of this agent process, 0 for none. A process that takes the stream up resumes behind it. */
  lastStreamId: z.number().int(),
});
export type AppendAnswer = z.infer<typeof appendAnswerSchema>;

interface Applied {
  readonly accepted: boolean;
  readonly lastStreamId: number;
  readonly change: Change | null;
  /** The task has not heard of the session's status yet. */
  readonly unannounced: boolean;
}

/**
 * Takes a batch of a running turn's events into the transcript. It writes outside a queue, as an exception to R2: these
 * batches would bury people's commands in the loop's history. Idempotent by stream id; one transaction; broadcasts the
 * changed items under the topic's version like every command does.
 */
export async function appendEvents(c: LoopActionContext, input: unknown): Promise<AppendAnswer> {
  const batch = inputSchema.parse(input);
  const applied = await c.db.transaction(async (tx) => await apply(tx, batch, Date.now()), {
    name: 'append-events',
  });
  if (applied.change !== null) {
    c.broadcast('change', applied.change);
  }
  if (applied.unannounced) {
    const commandId = `announce/${c.key.at(-1) ?? ''}/${batch.messageId}/${batch.attempt}/${batch.epoch}/${batch.updates.at(-1)?.streamId ?? 0}`;
    await enqueueToSelf(c, {
      name: 'session.command.announce',
      body: {},
      envelope: systemEnvelope(commandId, batch.messageId),
    });
  }
  return { accepted: applied.accepted, lastStreamId: applied.lastStreamId };
}

function unseen(record: SessionRecord, batch: Batch): AgentUpdate[] {
  const lastStreamId = record.streamEpoch === batch.epoch ? record.lastStreamId : 0;
  return batch.updates.filter(({ streamId }) => streamId > lastStreamId);
}

async function apply(tx: ActorDatabase, batch: Batch, nowMs: number): Promise<Applied> {
  const record = await readSession(tx);
  if (record?.turnMessageId !== batch.messageId || record.turnAttempt !== batch.attempt) {
    return { accepted: false, lastStreamId: 0, change: null, unannounced: false };
  }
  const updates = unseen(record, batch);
  const upserts: Upsert[] = [];
  const last = await readLastItem(tx);
  const { items, modelId } = reduceUpdates(
    {
      messageId: batch.messageId,
      nextSequence: (last?.sequence ?? 0) + 1,
      last,
      known: await listTurnItems(tx, batch.messageId, referencedToolCalls(updates)),
    },
    updates,
    {
      nowMs,
      textItemLength: sessionLimits.textItemLength,
      isStopping: record.status === 'stopping',
    },
  );
  await writeItems(tx, items);
  upserts.push(...items.map((entity) => ({ type: 'item' as const, entity })));
  if (updates.length > 0) {
    upserts.push(...(await markWorking(tx, record, nowMs)));
  }
  const after = await afterBatch(tx, record, batch, {
    lastStreamId: updates.at(-1)?.streamId ?? null,
    modelId,
    nowMs,
  });
  await writeSession(tx, after);
  if (JSON.stringify(toSession(after)) !== JSON.stringify(toSession(record))) {
    upserts.push({ type: 'session', entity: toSession(after) });
  }
  const change = upserts.length === 0 ? null : await writeChange(tx, { upserts, removes: [] });
  return {
    accepted: true,
    lastStreamId: after.lastStreamId,
    change,
    unannounced: after.status !== after.announcedStatus,
  };
}

function referencedToolCalls(updates: readonly AgentUpdate[]): string[] {
  return updates.flatMap(({ update }) =>
    update.type === 'tool_call' || update.type === 'permission_request' ? [update.toolCall.toolCallId] : [],
  );
}

/** The first event is the sign that the agent has taken the message up. */
async function markWorking(tx: ActorDatabase, record: SessionRecord, nowMs: number): Promise<Upsert[]> {
  const message = record.turnMessageId === null ? null : await readMessage(tx, record.turnMessageId);
  if (message?.state !== 'delivered') {
    return [];
  }
  const after = { ...message, state: 'working' as const, workingAtMs: nowMs };
  await writeMessage(tx, after);
  return [{ type: 'message', entity: toMessage(record.sessionId, after) }];
}

async function afterBatch(
  tx: ActorDatabase,
  record: SessionRecord,
  batch: Batch,
  seen: { lastStreamId: number | null; modelId: string | null; nowMs: number },
): Promise<SessionRecord> {
  const { agent } = batch;
  const known = await listTurnItems(tx, batch.messageId, []);
  const merged: SessionRecord = {
    ...record,
    streamEpoch: batch.epoch,
    lastStreamId: seen.lastStreamId ?? (record.streamEpoch === batch.epoch ? record.lastStreamId : 0),
    models: agent !== null && agent.models.length > 0 ? agent.models : record.models,
    modelId: seen.modelId ?? record.modelId ?? agent?.modelId ?? null,
    status: statusOf({
      isTurnRunning: true,
      isStopping: record.status === 'stopping',
      isTurnRequested: false,
      hasOpenPermission: known.some(({ body }) => body.kind === 'permission_request' && body.answer === null),
    }),
  };
  const isSame = JSON.stringify(toSession(merged)) === JSON.stringify(toSession(record));
  return isSame ? merged : { ...merged, updatedAtMs: seen.nowMs };
}
