import type { AgentUpdate } from '@foundry/shared/transcript';
import { z } from 'zod';
import { nameOf } from './agent-names.ts';
import { readAgentExit, readPromptEnd } from './acp-messages.ts';
import type { AcpEvent } from './acp-messages.ts';
import { readModels } from './acp-models.ts';

/** Longer texts are cut, so that one update fits into a message between actors. */
export const maxFieldLength = 16_000;
/** Of lists that an agent makes, such as the parts of a tool's output or the steps of a plan. */
const maxListLength = 200;

const contentBlockSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('image') }),
  z.object({ type: z.literal('audio') }),
  z.object({ type: z.literal('resource_link'), uri: z.string() }),
  z.object({ type: z.literal('resource'), resource: z.object({ uri: z.string() }) }),
]);

const toolContentSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('content'), content: contentBlockSchema }),
  z.object({
    type: z.literal('diff'),
    path: z.string(),
    oldText: z.string().nullish(),
    newText: z.string(),
  }),
  z.object({ type: z.literal('terminal'), terminalId: z.string() }),
]);

/** An agent may add kinds that ACP does not know yet: a part that does not parse is left out. */
function listOf<T extends z.ZodType>(schema: T) {
  return z
    .array(z.unknown())
    .nullish()
    .transform((items) =>
      items?.flatMap((item) => {
        const parsed = schema.safeParse(item);
        return parsed.success ? [parsed.data] : [];
      }),
    );
}

const toolCallFields = z.object({
  toolCallId: z.string(),
  title: z.string().nullish(),
  kind: z.string().nullish(),
  status: z.enum(['pending', 'in_progress', 'completed', 'failed']).nullish().catch(undefined),
  content: listOf(toolContentSchema),
  locations: listOf(z.object({ path: z.string(), line: z.number().int().nullish() })),
});

const updateSchema = z.discriminatedUnion('sessionUpdate', [
  z.object({ sessionUpdate: z.literal('agent_message_chunk'), content: contentBlockSchema }),
  z.object({ sessionUpdate: z.literal('agent_thought_chunk'), content: contentBlockSchema }),
  toolCallFields.extend({ sessionUpdate: z.literal('tool_call') }),
  toolCallFields.extend({ sessionUpdate: z.literal('tool_call_update') }),
  z.object({
    sessionUpdate: z.literal('plan'),
    entries: listOf(z.object({ content: z.string(), status: z.string(), priority: z.string() })),
  }),
  z.object({ sessionUpdate: z.literal('config_option_update'), configOptions: z.unknown() }),
]);

const updateParamsSchema = z.object({ sessionId: z.string(), update: updateSchema });

const permissionParamsSchema = z.object({
  sessionId: z.string(),
  toolCall: toolCallFields,
  options: z.array(z.object({ optionId: z.string(), name: z.string(), kind: z.string() })),
});

/**
 * One message of the agent's stream as the transcript knows it, or null when it says nothing that
 * belongs there (answers to other requests, a repeat of the person's own words, unknown kinds).
 * `messageId` is the message whose turn runs; null outside turns. Pure.
 */
export function toAgentUpdate(
  { eventId, message }: AcpEvent,
  context: { agentSessionId: string; messageId: string | null },
): AgentUpdate | null {
  const update = readUpdate(message, context);
  return update && { streamId: eventId, update };
}

type Update = AgentUpdate['update'];

function readUpdate(
  message: AcpEvent['message'],
  context: { agentSessionId: string; messageId: string | null },
): Update | null {
  const exit = readAgentExit(message);
  if (exit !== undefined) return { type: 'agent_exited', message: exit };
  if (context.messageId !== null) {
    const end = readPromptEnd(message, context.messageId);
    if (end) return toTurnEnd(end);
  }
  if (message.method === 'session/update') {
    const parsed = updateParamsSchema.safeParse(message.params);
    if (!parsed.success || parsed.data.sessionId !== context.agentSessionId) return null;
    return fromSessionUpdate(parsed.data.update);
  }
  if (message.method === 'session/request_permission') {
    const parsed = permissionParamsSchema.safeParse(message.params);
    if (!parsed.success || parsed.data.sessionId !== context.agentSessionId) return null;
    return {
      type: 'permission_request',
      // JSON, because 1 and "1" are two different ids in JSON-RPC.
      requestId: JSON.stringify(message.id ?? null),
      toolCall: toToolCall(parsed.data.toolCall),
      options: parsed.data.options.slice(0, 20).map(({ optionId, name, kind }) => ({
        optionId,
        name: nameOf(name),
        kind: nameOf(kind),
      })),
    };
  }
  return null;
}

function toTurnEnd(end: { stopReason: string } | { error: string }): Update {
  if ('error' in end) return { type: 'turn_end', stopReason: 'error', error: cut(end.error) };
  switch (end.stopReason) {
    case 'end_turn':
    case 'cancelled':
    case 'max_tokens':
    case 'max_turn_requests':
    case 'refusal':
      return { type: 'turn_end', stopReason: end.stopReason, error: null };
    default:
      return {
        type: 'turn_end',
        stopReason: 'error',
        error: `The agent ended the turn for an unknown reason: ${cut(end.stopReason)}.`,
      };
  }
}

function fromSessionUpdate(update: z.infer<typeof updateSchema>): Update | null {
  switch (update.sessionUpdate) {
    case 'agent_message_chunk':
      return { type: 'text', text: cut(textOf(update.content)) };
    case 'agent_thought_chunk':
      return { type: 'thought', text: cut(textOf(update.content)) };
    case 'tool_call':
      return {
        type: 'tool_call',
        toolCall: {
          title: update.toolCallId,
          kind: 'other',
          status: 'pending',
          locations: [],
          content: [],
          ...toToolCall(update),
        },
      };
    case 'tool_call_update':
      return { type: 'tool_call', toolCall: toToolCall(update) };
    case 'plan':
      return {
        type: 'plan',
        entries: (update.entries ?? []).slice(0, maxListLength).map((entry) => ({
          content: cut(entry.content, 2_000),
          status: nameOf(entry.status),
          priority: nameOf(entry.priority),
        })),
      };
    case 'config_option_update': {
      const { currentModelId } = readModels({ configOptions: update.configOptions });
      return currentModelId === null ? null : { type: 'model', modelId: currentModelId };
    }
  }
}

type ToolCallChange = Extract<Update, { type: 'tool_call' }>['toolCall'];

/** Only the fields that were given: an update must not blank the others. */
function toToolCall(fields: z.infer<typeof toolCallFields>): ToolCallChange {
  const change: ToolCallChange = { toolCallId: fields.toolCallId };
  // A command that somebody is asked to allow stands in the title: it is cut late.
  if (typeof fields.title === 'string') change.title = cut(fields.title, 4_000);
  if (typeof fields.kind === 'string') change.kind = nameOf(fields.kind);
  if (fields.status) change.status = fields.status;
  if (fields.locations) {
    change.locations = fields.locations
      .slice(0, maxListLength)
      .map(({ path, line }) => ({ path: cut(path, 4_096), line: line ?? null }));
  }
  if (fields.content) {
    change.content = fields.content.slice(0, maxListLength).map((part) => {
      switch (part.type) {
        case 'content':
          return { type: 'text', text: cut(textOf(part.content)) };
        case 'terminal':
          return { type: 'text', text: `[terminal ${part.terminalId}]` };
        case 'diff':
          return {
            type: 'diff',
            path: part.path,
            oldText: typeof part.oldText === 'string' ? cut(part.oldText) : null,
            newText: cut(part.newText),
          };
      }
    });
  }
  return change;
}

function textOf(block: z.infer<typeof contentBlockSchema>): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image':
      return '[image]';
    case 'audio':
      return '[audio]';
    case 'resource_link':
      return block.uri;
    case 'resource':
      return block.resource.uri;
  }
}

function cut(text: string, maxLength = maxFieldLength): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}\n… (cut)` : text;
}

/**
 * Two neighbours as one update, or null when they cannot be: texts and thoughts of up to `maxLength` characters
 * together, and changes of the same tool call, of which the later one counts where both name a field.
 */
export function joinUpdates(
  first: AgentUpdate,
  second: AgentUpdate,
  maxLength = maxFieldLength,
): AgentUpdate | null {
  const { streamId, update } = second;
  if (update.type === 'text' || update.type === 'thought') {
    if (first.update.type !== update.type) return null;
    const text = first.update.text + update.text;
    return text.length > maxLength ? null : { streamId, update: { type: update.type, text } };
  }
  if (update.type === 'tool_call' && first.update.type === 'tool_call') {
    const before = first.update.toolCall;
    return before.toolCallId === update.toolCall.toolCallId
      ? { streamId, update: { type: 'tool_call', toolCall: { ...before, ...update.toolCall } } }
      : null;
  }
  return null;
}

/**
 * Joins neighbours where that is possible. The joined update has the id of its last part: whoever stores it must resume
 * the stream after that id.
 */
export function coalesceUpdates(updates: readonly AgentUpdate[], maxLength = maxFieldLength): AgentUpdate[] {
  const joined: AgentUpdate[] = [];
  for (const { streamId, update } of updates) {
    const last = joined.at(-1);
    const both = last === undefined ? null : joinUpdates(last, { streamId, update }, maxLength);
    if (both === null) joined.push({ streamId, update });
    else joined[joined.length - 1] = both;
  }
  return joined;
}
