import type { AgentUpdate, StopReason, ToolCallContent } from '@foundry/shared/transcript';
import { coalesceUpdates } from '../../sandbox/acp-events.ts';

/** How a turn ended. */
export interface TurnEnd {
  readonly stopReason: StopReason;
  readonly error: string | null;
  /** Nobody answered at the sandbox: it has to be looked at. */
  readonly sandboxSuspect: boolean;
  /** The agent's process is gone: the next turn needs another one. */
  readonly agentExited: boolean;
}

/** The end that one update of the stream means; null when the turn goes on. */
export function endOf({ update }: AgentUpdate, options: { cancelRequested: boolean }): TurnEnd | null {
  switch (update.type) {
    case 'turn_end':
      return {
        stopReason: update.stopReason,
        error: update.error,
        sandboxSuspect: false,
        agentExited: false,
      };
    case 'agent_exited':
      // Ending the agent is how a cancel is enforced.
      return options.cancelRequested
        ? { stopReason: 'cancelled', error: null, sandboxSuspect: false, agentExited: true }
        : {
            stopReason: 'error',
            error: `${update.message} Try the message again: a new agent takes the conversation up.`,
            sandboxSuspect: false,
            agentExited: true,
          };
    case 'text':
    case 'thought':
    case 'tool_call':
    case 'plan':
    case 'permission_request':
    case 'model':
    case 'missed':
      return null;
  }
}

function sizeOf(update: AgentUpdate): number {
  return Buffer.byteLength(JSON.stringify(update));
}

function cutContent(content: ToolCallContent, maxLength: number): ToolCallContent {
  const cut = (text: string): string =>
    text.length > maxLength ? `${text.slice(0, maxLength)}\n… (cut)` : text;
  return content.type === 'text'
    ? { type: 'text', text: cut(content.text) }
    : {
        ...content,
        oldText: content.oldText === null ? null : cut(content.oldText),
        newText: cut(content.newText),
      };
}

/** A tool call may carry several long texts: they are cut until the update fits into one message. */
export function fitUpdate(update: AgentUpdate, maxSizeBytes: number): AgentUpdate {
  let fitting = update;
  for (let maxLength = 8_000; sizeOf(fitting) > maxSizeBytes && maxLength > 50; maxLength /= 2) {
    const { update: inner } = fitting;
    if (inner.type !== 'tool_call' && inner.type !== 'permission_request') {
      return fitting;
    }
    const content = (inner.toolCall.content ?? []).map((part) => cutContent(part, maxLength)).slice(0, 50);
    fitting = { ...fitting, update: { ...inner, toolCall: { ...inner.toolCall, content } } };
  }
  return fitting;
}

/** The next updates that fit into one message, neighbouring texts joined, and how many of the given ones they are. */
export function takeBatch(
  waiting: readonly AgentUpdate[],
  limits: { maxUpdates: number; maxSizeBytes: number },
): { batch: AgentUpdate[]; count: number } {
  const taken: AgentUpdate[] = [];
  let sizeBytes = 0;
  for (const update of waiting.slice(0, limits.maxUpdates)) {
    const fitting = fitUpdate(update, limits.maxSizeBytes);
    sizeBytes += sizeOf(fitting);
    if (taken.length > 0 && sizeBytes > limits.maxSizeBytes) {
      break;
    }
    taken.push(fitting);
  }
  return { batch: coalesceUpdates(taken), count: taken.length };
}
