import type { AgentUpdate, TranscriptItem } from '@foundry/shared/transcript';
import { describe, expect, test } from 'vitest';
import { endOfTurn, mayBecome, refuseChange, statusOf } from '../decisions.ts';
import { closeOpenItems, reduceUpdates, type TurnTranscript } from './transcript.ts';

const options = { nowMs: 7, textItemLength: 10, isStopping: false };
const empty: TurnTranscript = { messageId: 'message-1', nextSequence: 2, last: null, known: [] };

function updates(...list: AgentUpdate['update'][]): AgentUpdate[] {
  return list.map((update, index) => ({ streamId: index + 1, update }));
}

/** As the database gives them back for the next batch. */
function after(before: TurnTranscript, items: readonly TranscriptItem[]): TurnTranscript {
  const all = new Map([...before.known, ...items].map((item) => [item.sequence, item]));
  const sorted = [...all.values()].sort((a, b) => a.sequence - b.sequence);
  const last = sorted.at(-1) ?? before.last;
  return { ...before, known: sorted, last, nextSequence: (last?.sequence ?? 1) + 1 };
}

describe('reduceUpdates', () => {
  test('neighbouring texts become one item, also across batches, until it is long', () => {
    const first = reduceUpdates(
      empty,
      updates({ type: 'text', text: 'abc' }, { type: 'text', text: 'def' }),
      options,
    );
    expect(first.items).toEqual([
      { sequence: 2, atMs: 7, messageId: 'message-1', body: { kind: 'agent_text', text: 'abcdef' } },
    ]);
    const state = after(empty, first.items);
    const second = reduceUpdates(state, updates({ type: 'text', text: 'gh' }), options);
    expect(second.items).toMatchObject([{ sequence: 2, body: { text: 'abcdefgh' } }]);
    const third = reduceUpdates(state, updates({ type: 'text', text: 'too long' }), options);
    expect(third.items).toMatchObject([{ sequence: 3, body: { text: 'too long' } }]);
  });

  test('a thought or a tool call between two texts keeps them apart', () => {
    const { items } = reduceUpdates(
      empty,
      updates({ type: 'text', text: 'a' }, { type: 'thought', text: 'hm' }, { type: 'text', text: 'b' }),
      options,
    );
    expect(items.map(({ sequence, body }) => [sequence, body.kind])).toEqual([
      [2, 'agent_text'],
      [3, 'agent_thought'],
      [4, 'agent_text'],
    ]);
  });

  test('what was lost before it could be read is said where it is missing', () => {
    const { items } = reduceUpdates(
      empty,
      updates(
        { type: 'text', text: 'before' },
        { type: 'missed', count: 8_977 },
        { type: 'text', text: 'after' },
      ),
      options,
    );
    expect(items.map(({ body }) => body.kind)).toEqual(['agent_text', 'notice', 'agent_text']);
    expect(items[1]?.body).toMatchObject({ text: expect.stringContaining('8,977') });
  });

  test('a tool that ends while the turn is being stopped was stopped, and did not fail', () => {
    const ended = updates({ type: 'tool_call', toolCall: { toolCallId: 'call', status: 'failed' } });
    const statusOfTool = (isStopping: boolean) =>
      reduceUpdates(empty, ended, { ...options, isStopping }).items[0]?.body;
    expect(statusOfTool(true)).toMatchObject({ toolCall: { status: 'cancelled' } });
    expect(statusOfTool(false)).toMatchObject({ toolCall: { status: 'failed' } });
  });

  test('updates of a tool call change the fields they name; a plan replaces the plan', () => {
    const first = reduceUpdates(
      empty,
      updates(
        { type: 'plan', entries: [{ content: 'one', status: 'pending', priority: 'medium' }] },
        { type: 'tool_call', toolCall: { toolCallId: 'call', title: 'Edit', kind: 'edit' } },
      ),
      options,
    );
    const { items } = reduceUpdates(
      after(empty, first.items),
      updates(
        { type: 'plan', entries: [] },
        { type: 'tool_call', toolCall: { toolCallId: 'call', status: 'completed' } },
      ),
      options,
    );
    expect(items).toMatchObject([
      { sequence: 2, body: { kind: 'plan', entries: [] } },
      {
        sequence: 3,
        body: { toolCall: { title: 'Edit', kind: 'edit', status: 'completed', content: [] } },
      },
    ]);
  });

  test('a permission request is one item, with the title of its tool call', () => {
    const request: AgentUpdate['update'] = {
      type: 'permission_request',
      requestId: '0',
      toolCall: { toolCallId: 'call', title: 'Run it' },
      options: [{ optionId: 'yes', name: 'Yes', kind: 'allow_once' }],
    };
    const { items } = reduceUpdates(empty, updates(request, request), options);
    expect(items).toMatchObject([
      { sequence: 2, body: { kind: 'tool_call' } },
      { sequence: 3, body: { kind: 'permission_request', title: 'Run it', answer: null } },
    ]);
    const closed = closeOpenItems(items, { status: 'cancelled', nowMs: 9 });
    expect(closed).toMatchObject([
      { body: { toolCall: { status: 'cancelled' } } },
      { body: { answer: { optionId: null, by: 'system', atMs: 9 } } },
    ]);
    expect(closeOpenItems(closed, { status: 'failed', nowMs: 9 })).toEqual([]);
  });

  test('a text does not run on into the next turn', () => {
    const old: TranscriptItem = {
      sequence: 5,
      atMs: 1,
      messageId: 'message-0',
      body: { kind: 'agent_text', text: 'a' },
    };
    const { items } = reduceUpdates(
      { ...empty, last: old, nextSequence: 6 },
      updates({ type: 'text', text: 'b' }),
      options,
    );
    expect(items).toMatchObject([{ sequence: 6, body: { text: 'b' } }]);
  });
});

describe('receipts', () => {
  test('go forward only; a failed message may be accepted again', () => {
    expect(mayBecome('accepted', 'delivered')).toBe(true);
    expect(mayBecome('delivered', 'done')).toBe(true);
    expect(mayBecome('done', 'failed')).toBe(false);
    expect(mayBecome('cancelled', 'accepted')).toBe(false);
    expect(mayBecome('failed', 'accepted')).toBe(true);
  });

  test('the end of a turn is done, cancelled, or failed with words and a retry', () => {
    expect(endOfTurn('max_tokens', null)).toEqual({ state: 'done', failure: null });
    expect(endOfTurn('cancelled', null)).toEqual({ state: 'cancelled', failure: null });
    expect(endOfTurn('error', 'it broke')).toEqual({
      state: 'failed',
      failure: { code: 'turn_failed', message: 'it broke', retryable: true },
    });
    expect(endOfTurn('error', null).failure?.message).toMatch(/again/);
  });

  test('only a waiting message may be changed', () => {
    expect(refuseChange('accepted')).toBeNull();
    expect(refuseChange('working')?.message).toMatch(/Stop the turn/);
    expect(refuseChange('done')?.code).toBe('message_not_waiting');
  });

  test('the status of a session', () => {
    const facts = {
      isTurnRunning: true,
      isStopping: false,
      isTurnRequested: false,
      hasOpenPermission: false,
    };
    expect(statusOf(facts)).toBe('working');
    expect(statusOf({ ...facts, hasOpenPermission: true })).toBe('waiting_for_permission');
    expect(statusOf({ ...facts, hasOpenPermission: true, isStopping: true })).toBe('stopping');
    expect(statusOf({ ...facts, isTurnRunning: false, isTurnRequested: true })).toBe('waiting');
    expect(statusOf({ ...facts, isTurnRunning: false })).toBe('idle');
  });
});
