import { z } from 'zod';

/** JSON-RPC as it comes from an agent; what it carries is parsed by whoever uses it. */
const idSchema = z.union([z.string(), z.number(), z.null()]);
const errorSchema = z.object({
  code: z.number(),
  message: z.string(),
  data: z.unknown().optional(),
});

export const acpMessageSchema = z.object({
  jsonrpc: z.literal('2.0'),
  id: idSchema.optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: errorSchema.optional(),
});
export type AcpMessage = z.infer<typeof acpMessageSchema>;

/** One message of the event stream; `eventId` counts up from 1 in each agent connection. */
export interface AcpEvent {
  eventId: number;
  message: AcpMessage;
}

/** The JSON-RPC id of the prompt that carries a message: the same for every repeat of it. */
export function promptRequestId(messageId: string): string {
  return `prompt:${messageId}`;
}

const promptResultSchema = z.object({ stopReason: z.string() });

/** How a prompt ended, if this message is the answer to it. */
export function readPromptEnd(
  message: AcpMessage,
  messageId: string,
): { stopReason: string } | { error: string } | undefined {
  if (message.method !== undefined || message.id !== promptRequestId(messageId)) return undefined;
  if (message.error) return { error: describeRpcError(message.error) };
  const parsed = promptResultSchema.safeParse(message.result);
  return parsed.success ? parsed.data : { error: 'The agent ended the turn in an unknown form.' };
}

const agentExitedSchema = z.object({
  code: z.number().nullish(),
  success: z.boolean().optional(),
});

/** What there is to say when this message reports the end of the agent's process. */
export function readAgentExit(message: AcpMessage): string | undefined {
  if (message.method !== '_adapter/agent_exited') return undefined;
  const parsed = agentExitedSchema.safeParse(message.params);
  const code = parsed.success ? (parsed.data.code ?? null) : null;
  return code === null
    ? "The agent's process was ended by a signal."
    : `The agent's process ended with exit code ${code}.`;
}

const detailSchema = z.union([
  z.string(),
  z.object({ message: z.string() }).transform(({ message }) => message),
  z.object({ details: z.string() }).transform(({ details }) => details),
]);

export function describeRpcError(error: z.infer<typeof errorSchema>): string {
  const detail = detailSchema.safeParse(error.data);
  return detail.success && detail.data !== error.message ? `${error.message}: ${detail.data}` : error.message;
}

const activityKinds = new Set([
  'agent_message_chunk',
  'agent_thought_chunk',
  'tool_call',
  'tool_call_update',
  'plan',
]);
const activitySchema = z.object({ update: z.object({ sessionUpdate: z.string() }) });

/** Whether only a running turn can have sent this. */
export function isTurnActivity(message: AcpMessage): boolean {
  if (message.method === 'session/request_permission') return true;
  if (message.method !== 'session/update') return false;
  const parsed = activitySchema.safeParse(message.params);
  return parsed.success && activityKinds.has(parsed.data.update.sessionUpdate);
}
