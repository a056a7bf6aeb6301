import { z } from 'zod';
import { messageIdSchema, userIdSchema } from './ids.ts';

export const toolCallStatusSchema = z.enum(['pending', 'in_progress', 'completed', 'failed', 'cancelled']);
export const toolCallContentSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({
    type: z.literal('diff'),
    path: z.string(),
    oldText: z.string().nullable(),
    newText: z.string(),
  }),
]);
export const toolCallSchema = z.object({
  toolCallId: z.string(),
  title: z.string(),
  /** ACP's tool kind: read, edit, delete, move, search, execute, think, fetch, other. */
  kind: z.string(),
  status: toolCallStatusSchema,
  locations: z.array(z.object({ path: z.string(), line: z.number().int().nullable() })),
  content: z.array(toolCallContentSchema),
});
export type ToolCall = z.infer<typeof toolCallSchema>;
export type ToolCallContent = z.infer<typeof toolCallContentSchema>;

export const permissionOptionSchema = z.object({
  optionId: z.string(),
  name: z.string(),
  /** ACP's kinds: allow_once, allow_always, reject_once, reject_always. */
  kind: z.string(),
});
export const planEntrySchema = z.object({ content: z.string(), status: z.string(), priority: z.string() });
export const stopReasonSchema = z.enum([
  'end_turn',
  'cancelled',
  'max_tokens',
  'max_turn_requests',
  'refusal',
  /** Foundry was stopped meanwhile, and the agent with it. */
  'interrupted',
  'error',
]);
export type StopReason = z.infer<typeof stopReasonSchema>;

/** One thing that an agent's stream said, already normalised from ACP. `streamId` orders and identifies it within a turn. */
export const agentUpdateSchema = z.object({
  /** The sandbox-agent's event id: a repeat of the same id is dropped. */
  streamId: z.number().int().nonnegative(),
  update: z.discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: z.string() }),
    z.object({ type: z.literal('thought'), text: z.string() }),
    /** A new tool call, or the changed fields of a known one. */
    z.object({
      type: z.literal('tool_call'),
      toolCall: toolCallSchema.partial().required({ toolCallId: true }),
    }),
    z.object({ type: z.literal('plan'), entries: z.array(planEntrySchema) }),
    z.object({
      type: z.literal('permission_request'),
      /** The JSON-RPC id of the agent's request, needed for the answer. */
      requestId: z.string(),
      toolCall: toolCallSchema.partial().required({ toolCallId: true }),
      options: z.array(permissionOptionSchema),
    }),
    z.object({ type: z.literal('model'), modelId: z.string() }),
    /** So many things that the agent said were lost before they could be read. */
    z.object({ type: z.literal('missed'), count: z.number().int().positive() }),
    z.object({ type: z.literal('turn_end'), stopReason: stopReasonSchema, error: z.string().nullable() }),
    z.object({ type: z.literal('agent_exited'), message: z.string() }),
  ]),
});
export type AgentUpdate = z.infer<typeof agentUpdateSchema>;

const authorSchema = z.object({ userId: userIdSchema, login: z.string(), avatarUrl: z.string().nullable() });

const itemBody = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('user_message'),
    messageId: messageIdSchema,
    text: z.string(),
    author: authorSchema,
  }),
  z.object({ kind: z.literal('agent_text'), text: z.string() }),
  z.object({ kind: z.literal('agent_thought'), text: z.string() }),
  z.object({ kind: z.literal('tool_call'), toolCall: toolCallSchema }),
  z.object({ kind: z.literal('plan'), entries: z.array(planEntrySchema) }),
  z.object({
    kind: z.literal('permission_request'),
    requestId: z.string(),
    title: z.string(),
    toolCallId: z.string(),
    options: z.array(permissionOptionSchema),
    answer: z.object({ optionId: z.string().nullable(), by: z.string(), atMs: z.number() }).nullable(),
  }),
  z.object({ kind: z.literal('turn_end'), stopReason: stopReasonSchema, error: z.string().nullable() }),
  /** Something that Foundry itself has to say in the conversation, e.g. that the owner changed. */
  z.object({ kind: z.literal('notice'), level: z.enum(['info', 'warning', 'error']), text: z.string() }),
]);

/** One entry of a session's transcript. `sequence` is its place (from 1, without gaps); an upsert with a known sequence replaces it. */
export const transcriptItemSchema = z.object({
  sequence: z.number().int().positive(),
  atMs: z.number(),
  /** The message whose turn this belongs to. */
  messageId: messageIdSchema.nullable(),
  body: itemBody,
});
export type TranscriptItem = z.infer<typeof transcriptItemSchema>;
export type TranscriptItemBody = z.infer<typeof itemBody>;
