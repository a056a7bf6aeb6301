import type { AgentModel, Person } from '@foundry/shared/entities';
import type { CommandFailure } from '@foundry/shared/envelope';
import type { TranscriptItemBody } from '@foundry/shared/transcript';
import { sql } from 'drizzle-orm';
import { check, index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export * from '../../../command-loop/tables.ts';

const sessionStatuses = ['idle', 'waiting', 'working', 'waiting_for_permission', 'stopping'] as const;

export const session = sqliteTable(
  'session',
  {
    id: integer('id').primaryKey(),
    sessionId: text('session_id').notNull(),
    taskId: text('task_id').notNull(),
    repositoryId: text('repository_id').notNull(),
    title: text('title').notNull(),
    agentId: text('agent_id').notNull(),
    modelId: text('model_id'),
    models: text('models_json', { mode: 'json' }).$type<AgentModel[]>().notNull(),
    status: text('status', { enum: sessionStatuses }).notNull(),
    /** What the task was last told. */
    announcedStatus: text('announced_status', { enum: sessionStatuses }).notNull(),
    /** The message for which a turn was asked of the task; null when none waits there. */
    requestedMessageId: text('requested_message_id'),
    /** The message whose turn runs. */
    turnMessageId: text('turn_message_id'),
    turnAttempt: integer('turn_attempt').notNull(),
    turnSandboxId: text('turn_sandbox_id'),
    /** Event ids of an agent's stream begin anew with every agent process: the epoch tells the processes apart. */
    streamEpoch: integer('stream_epoch').notNull(),
    lastStreamId: integer('last_stream_id').notNull(),
    createdAtMs: integer('created_at_ms').notNull(),
    updatedAtMs: integer('updated_at_ms').notNull(),
  },
  (table) => [check('session_singleton', sql`${table.id} = 1`)],
);

export const messages = sqliteTable(
  'messages',
  {
    messageId: text('message_id').primaryKey(),
    text: text('text').notNull(),
    author: text('author_json', { mode: 'json' }).$type<Person>().notNull(),
    state: text('state', {
      enum: ['accepted', 'delivered', 'working', 'done', 'failed', 'cancelled'],
    }).notNull(),
    position: integer('position').notNull(),
    /** Deliveries so far: a retried message is delivered again. */
    attempt: integer('attempt').notNull(),
    failure: text('failure_json', { mode: 'json' }).$type<CommandFailure>(),
    acceptedAtMs: integer('accepted_at_ms').notNull(),
    deliveredAtMs: integer('delivered_at_ms'),
    workingAtMs: integer('working_at_ms'),
    finishedAtMs: integer('finished_at_ms'),
  },
  (table) => [index('messages_state_position').on(table.state, table.position)],
);

export const items = sqliteTable(
  'items',
  {
    sequence: integer('sequence').primaryKey(),
    atMs: integer('at_ms').notNull(),
    messageId: text('message_id'),
    kind: text('kind').notNull(),
    /** Of a tool call its id, of a permission request the request's: what later updates refer to. */
    reference: text('reference'),
    body: text('body_json', { mode: 'json' }).$type<TranscriptItemBody>().notNull(),
  },
  (table) => [index('items_message_kind').on(table.messageId, table.kind, table.reference)],
);
