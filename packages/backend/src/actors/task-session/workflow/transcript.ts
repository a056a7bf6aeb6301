import type { AgentUpdate, ToolCall, TranscriptItem, TranscriptItemBody } from '@foundry/shared/transcript';

/** What a turn's transcript looks like before a batch, as far as a batch can change it. */
export interface TurnTranscript {
  readonly messageId: string;
  readonly nextSequence: number;
  /** The last item of the whole transcript: a text that goes on is added to it. */
  readonly last: TranscriptItem | null;
  /** The turn's tool calls, plan and unanswered permission requests. */
  readonly known: readonly TranscriptItem[];
}

export interface Reduction {
  /** New and changed items, each once, by sequence. */
  readonly items: TranscriptItem[];
  readonly modelId: string | null;
}

type ToolCallChange = Extract<AgentUpdate['update'], { type: 'tool_call' }>['toolCall'];

/** Fields that a change leaves out stay as they were. */
function mergeToolCall(known: ToolCall | null, change: ToolCallChange): ToolCall {
  return {
    toolCallId: change.toolCallId,
    title: change.title ?? known?.title ?? change.toolCallId,
    kind: change.kind ?? known?.kind ?? 'other',
    status: change.status ?? known?.status ?? 'pending',
    locations: change.locations ?? known?.locations ?? [],
    content: change.content ?? known?.content ?? [],
  };
}

/**
 * What a batch of an agent's updates makes of a turn's transcript: neighbouring texts run together into one item,
 * updates of a tool call change its item, a new plan replaces the turn's plan. Pure.
 */
export function reduceUpdates(
  before: TurnTranscript,
  updates: readonly AgentUpdate[],
  options: {
    nowMs: number;
    textItemLength: number;
    /** The turn was asked to stop: a tool that ends now was stopped, even when its agent calls that a failure. */
    isStopping: boolean;
  },
): Reduction {
  const changed = new Map<number, TranscriptItem>();
  const known = [...before.known];
  let { nextSequence, last } = before;
  let modelId: string | null = null;

  const put = (item: TranscriptItem): void => {
    changed.set(item.sequence, item);
    if (last === null || item.sequence >= last.sequence) {
      last = item;
    }
    const at = known.findIndex(({ sequence }) => sequence === item.sequence);
    if (at === -1) {
      known.push(item);
    } else {
      known[at] = item;
    }
  };
  const add = (body: TranscriptItemBody): void => {
    put({ sequence: nextSequence, atMs: options.nowMs, messageId: before.messageId, body });
    nextSequence += 1;
  };
  const toolCall = (said: ToolCallChange): ToolCall => {
    const change: ToolCallChange =
      options.isStopping && said.status === 'failed' ? { ...said, status: 'cancelled' } : said;
    const item = known.find(
      ({ body }) => body.kind === 'tool_call' && body.toolCall.toolCallId === change.toolCallId,
    );
    const merged = mergeToolCall(item?.body.kind === 'tool_call' ? item.body.toolCall : null, change);
    if (item === undefined) {
      add({ kind: 'tool_call', toolCall: merged });
    } else {
      put({ ...item, body: { kind: 'tool_call', toolCall: merged } });
    }
    return merged;
  };
  const text = (kind: 'agent_text' | 'agent_thought', more: string): void => {
    const isOpen =
      last !== null &&
      last.messageId === before.messageId &&
      last.body.kind === kind &&
      last.body.text.length + more.length <= options.textItemLength;
    if (isOpen && last !== null && last.body.kind === kind) {
      put({ ...last, body: { kind, text: last.body.text + more } });
    } else {
      add({ kind, text: more });
    }
  };

  for (const { update } of updates) {
    switch (update.type) {
      case 'text':
        text('agent_text', update.text);
        break;
      case 'thought':
        text('agent_thought', update.text);
        break;
      case 'tool_call':
        toolCall(update.toolCall);
        break;
      case 'plan': {
        const plan = known.find(({ body }) => body.kind === 'plan');
        const body: TranscriptItemBody = { kind: 'plan', entries: update.entries };
        if (plan === undefined) {
          add(body);
        } else {
          put({ ...plan, body });
        }
        break;
      }
      case 'permission_request': {
        const { toolCallId, title } = toolCall(update.toolCall);
        const isKnown = known.some(
          ({ body }) =>
            body.kind === 'permission_request' && body.requestId === update.requestId && body.answer === null,
        );
        if (!isKnown) {
          add({
            kind: 'permission_request',
            requestId: update.requestId,
            title,
            toolCallId,
            options: update.options,
            answer: null,
          });
        }
        break;
      }
      case 'model':
        ({ modelId } = update);
        break;
      case 'missed':
        add({
          kind: 'notice',
          level: 'warning',
          text: `The agent said ${update.count.toLocaleString('en')} more things here than could be read in time. They are missing above; what it did to the files is complete.`,
        });
        break;
      case 'turn_end':
      case 'agent_exited':
        // The end of a turn is a command of its own, which comes after all of its events.
        break;
    }
  }
  return { items: [...changed.values()].sort((a, b) => a.sequence - b.sequence), modelId };
}

/** What is left open when a turn ends: nobody will answer or finish it any more. */
export function closeOpenItems(
  known: readonly TranscriptItem[],
  ending: { status: 'cancelled' | 'failed'; nowMs: number },
): TranscriptItem[] {
  return known.flatMap((item): TranscriptItem[] => {
    const { body } = item;
    if (
      body.kind === 'tool_call' &&
      (body.toolCall.status === 'pending' || body.toolCall.status === 'in_progress')
    ) {
      return [{ ...item, body: { ...body, toolCall: { ...body.toolCall, status: ending.status } } }];
    }
    if (body.kind === 'permission_request' && body.answer === null) {
      return [{ ...item, body: { ...body, answer: { optionId: null, by: 'system', atMs: ending.nowMs } } }];
    }
    return [];
  });
}
