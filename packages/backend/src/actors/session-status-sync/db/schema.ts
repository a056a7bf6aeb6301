import type { AgentModel } from '@foundry/shared/entities';
import type { ActingParty } from '@foundry/shared/envelope';
import { sql } from 'drizzle-orm';
import { check, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export * from '../../../command-loop/tables.ts';

/** The session's agent: kept between turns, so that the conversation goes on where it was. */
export const agent = sqliteTable(
  'agent',
  {
    id: integer('id').primaryKey(),
    sandboxId: text('sandbox_id').notNull(),
    /** The agent's own id of the session. */
    agentSessionId: text('agent_session_id').notNull(),
    /** Counts the agent's processes: event ids begin anew with each. */
    epoch: integer('epoch').notNull(),
    /** The last event that the session has; the stream is resumed after it. */
    lastEventId: integer('last_event_id').notNull(),
    models: text('models_json', { mode: 'json' }).$type<AgentModel[]>().notNull(),
    currentModelId: text('current_model_id'),
    modelConfigId: text('model_config_id'),
    /** Its process ended: the next turn starts another one without asking. */
    exited: integer('exited', { mode: 'boolean' }).notNull(),
  },
  (table) => [check('agent_singleton', sql`${table.id} = 1`)],
);

/** The running turn; no row while none runs. */
export const turn = sqliteTable(
  'turn',
  {
    id: integer('id').primaryKey(),
    messageId: text('message_id').notNull(),
    attempt: integer('attempt').notNull(),
    providerId: text('provider_id').notNull(),
    sandboxId: text('sandbox_id').notNull(),
    checkoutPath: text('checkout_path').notNull(),
    agentId: text('agent_id').notNull(),
    text: text('text').notNull(),
    modelId: text('model_id'),
    by: text('by_json', { mode: 'json' }).$type<ActingParty>().notNull(),
    /** `sending` is the intent: whether the agent has the prompt is then asked before it is sent again. */
    state: text('state', { enum: ['starting', 'sending', 'sent'] }).notNull(),
    /** Where the stream was before the prompt. */
    sinceEventId: integer('since_event_id').notNull(),
    cancelRequested: integer('cancel_requested', { mode: 'boolean' }).notNull(),
    /** When the agent was last asked to stop; null while it has not been. */
    cancelSentAtMs: integer('cancel_sent_at_ms'),
    /** Why the turn has to end although the agent said nothing of it. */
    abandonMessage: text('abandon_message'),
  },
  (table) => [check('turn_singleton', sql`${table.id} = 1`)],
);
