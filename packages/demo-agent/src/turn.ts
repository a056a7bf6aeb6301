import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  AgentContext,
  PlanEntry,
  SessionUpdate,
  ToolCallContent,
  ToolCallLocation,
  ToolKind,
} from '@agentclientprotocol/sdk';

/** Thrown inside a turn when the client cancelled it; the agent answers `cancelled`. */
export class TurnCancelled extends Error {
  override name = 'TurnCancelled';
}

/** Chunks leave at this pace: a reader sees text grow, and a turn stays short. */
const chunkIntervalMs = 12;
const chunkLength = 28;

/** What one prompt does towards the client: text in chunks, tool calls, plan, permission. */
export class Turn {
  readonly sessionId: string;
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly #client: AgentContext;
  #spoken = '';

  constructor(options: { client: AgentContext; sessionId: string; cwd: string; signal: AbortSignal }) {
    this.#client = options.client;
    this.sessionId = options.sessionId;
    this.cwd = options.cwd;
    this.signal = options.signal;
  }

  /** Everything said so far in this turn. */
  get spoken(): string {
    return this.#spoken;
  }

  throwIfCancelled(): void {
    if (this.signal.aborted) throw new TurnCancelled();
  }

  /** Waits, or throws TurnCancelled the moment the turn is cancelled. */
  async wait(durationMs: number): Promise<void> {
    try {
      await sleep(durationMs, undefined, { signal: this.signal });
    } catch (error) {
      if (this.signal.aborted) throw new TurnCancelled();
      throw error;
    }
  }

  /** Streams text word by word. */
  async say(text: string): Promise<void> {
    for (const chunk of chunksOf(text)) {
      this.throwIfCancelled();
      await this.sayAtOnce(chunk);
      await this.wait(chunkIntervalMs);
    }
  }

  /** Sends one chunk as it is. */
  async sayAtOnce(text: string): Promise<void> {
    this.#spoken += text;
    await this.#update({
      sessionUpdate: 'agent_message_chunk',
      content: { type: 'text', text },
    });
  }

  async think(text: string): Promise<void> {
    this.throwIfCancelled();
    await this.#update({ sessionUpdate: 'agent_thought_chunk', content: { type: 'text', text } });
  }

  async plan(entries: PlanEntry[]): Promise<void> {
    this.throwIfCancelled();
    await this.#update({ sessionUpdate: 'plan', entries });
  }

  /** Announces a tool call; the returned object reports how it goes on. */
  async startToolCall(call: {
    title: string;
    kind: ToolKind;
    locations?: ToolCallLocation[];
    rawInput?: unknown;
  }): Promise<ToolCallReport> {
    this.throwIfCancelled();
    const toolCallId = `call_${randomUUID()}`;
    await this.#update({
      sessionUpdate: 'tool_call',
      toolCallId,
      status: 'pending',
      locations: [],
      ...call,
    });
    const report = async (
      status: 'in_progress' | 'completed' | 'failed',
      content?: ToolCallContent[],
    ): Promise<void> => {
      await this.#update({
        sessionUpdate: 'tool_call_update',
        toolCallId,
        status,
        ...(content ? { content } : {}),
      });
    };
    return { toolCallId, title: call.title, kind: call.kind, report };
  }

  /**
   * Asks the person for leave. Returns which kind of answer came; a turn that is cancelled
   * meanwhile throws TurnCancelled at once instead of waiting for the answer.
   */
  async askPermission(call: ToolCallReport): Promise<'once' | 'always' | 'rejected'> {
    this.throwIfCancelled();
    const cancelled = new Promise<never>((_, reject) => {
      this.signal.addEventListener('abort', () => reject(new TurnCancelled()), { once: true });
    });
    const answer = this.#client.request('session/request_permission', {
      sessionId: this.sessionId,
      toolCall: { toolCallId: call.toolCallId, title: call.title, kind: call.kind },
      options: [
        { optionId: 'allow', name: 'Allow', kind: 'allow_once' },
        { optionId: 'allow_always', name: 'Always allow this command', kind: 'allow_always' },
        { optionId: 'reject', name: 'Reject', kind: 'reject_once' },
      ],
    });
    const { outcome } = await Promise.race([answer, cancelled]);
    if (outcome.outcome === 'cancelled') throw new TurnCancelled();
    if (outcome.optionId === 'allow_always') return 'always';
    return outcome.optionId === 'allow' ? 'once' : 'rejected';
  }

  async #update(update: SessionUpdate): Promise<void> {
    await this.#client.notify('session/update', { sessionId: this.sessionId, update });
  }
}

export interface ToolCallReport {
  toolCallId: string;
  title: string;
  kind: ToolKind;
  report: (status: 'in_progress' | 'completed' | 'failed', content?: ToolCallContent[]) => Promise<void>;
}

/** Text as a tool call's content. */
export function textContent(text: string): ToolCallContent[] {
  return text === '' ? [] : [{ type: 'content', content: { type: 'text', text } }];
}

function chunksOf(text: string): string[] {
  const chunks: string[] = [];
  let chunk = '';
  for (const word of text.split(/(?<=\s)/)) {
    chunk += word;
    if (chunk.length >= chunkLength) {
      chunks.push(chunk);
      chunk = '';
    }
  }
  if (chunk !== '') chunks.push(chunk);
  return chunks;
}
