import { agentUpdateSchema } from '@foundry/shared/transcript';
import type { AgentUpdate } from '@foundry/shared/transcript';
import { describe, expect, test } from 'vitest';
import { coalesceUpdates, maxFieldLength, toAgentUpdate } from './acp-events.ts';
import { acpMessageSchema, promptRequestId } from './acp-messages.ts';
import { readModels } from './acp-models.ts';

const context = { agentSessionId: 'agent-session', messageId: 'message-1' };

function read(message: Record<string, unknown>): AgentUpdate['update'] | null {
  const parsed = acpMessageSchema.parse({ jsonrpc: '2.0', ...message });
  const update = toAgentUpdate({ eventId: 7, message: parsed }, context);
  return update && agentUpdateSchema.strict().parse(update).update;
}

function readSessionUpdate(update: Record<string, unknown>, sessionId = 'agent-session') {
  return read({ method: 'session/update', params: { sessionId, update } });
}

describe('toAgentUpdate', () => {
  test('what an agent gives names to is bounded, and stands in one line', () => {
    const long = `${'\n'.repeat(50)}x${'y'.repeat(100_000)}`;
    const asked = read({
      id: 0,
      method: 'session/request_permission',
      params: {
        sessionId: 'agent-session',
        toolCall: { toolCallId: 'c1', title: long, kind: long },
        options: Array.from({ length: 500 }, () => ({ optionId: 'o', name: long, kind: 'allow_once' })),
      },
    });
    expect(JSON.stringify(asked).length).toBeLessThan(20_000);
    expect(asked).toMatchObject({
      options: expect.arrayContaining([expect.objectContaining({ name: expect.stringMatching(/^xy+…$/) })]),
    });
    const plan = readSessionUpdate({
      sessionUpdate: 'plan',
      entries: Array.from({ length: 5_000 }, () => ({ content: 'a', status: 'b', priority: 'c' })),
    });
    expect(plan).toMatchObject({ type: 'plan', entries: { length: 200 } });
    const { models } = readModels({
      models: {
        currentModelId: 'm',
        availableModels: Array.from({ length: 1_000 }, () => ({ modelId: 'm', name: long })),
      },
    });
    expect(models).toHaveLength(300);
    expect(models[0]?.name.length).toBeLessThan(310);
  });

  test('text and thoughts', () => {
    const content = { type: 'text', text: 'Hello' };
    expect(readSessionUpdate({ sessionUpdate: 'agent_message_chunk', content })).toEqual({
      type: 'text',
      text: 'Hello',
    });
    expect(readSessionUpdate({ sessionUpdate: 'agent_thought_chunk', content })).toEqual({
      type: 'thought',
      text: 'Hello',
    });
    const image = { type: 'image', data: 'AAAA', mimeType: 'image/png' };
    expect(readSessionUpdate({ sessionUpdate: 'agent_message_chunk', content: image })).toEqual({
      type: 'text',
      text: '[image]',
    });
  });

  test("the person's own words, other sessions, unknown kinds and broken updates say nothing", () => {
    const content = { type: 'text', text: 'Hello' };
    expect(readSessionUpdate({ sessionUpdate: 'user_message_chunk', content })).toBeNull();
    const chunk = { sessionUpdate: 'agent_message_chunk', content };
    expect(readSessionUpdate(chunk, 'another-session')).toBeNull();
    expect(readSessionUpdate({ sessionUpdate: 'something_new', content })).toBeNull();
    expect(readSessionUpdate({ sessionUpdate: 'agent_message_chunk' })).toBeNull();
    expect(read({ method: 'session/update' })).toBeNull();
    expect(read({ method: 'anything/else', params: {} })).toBeNull();
  });

  test('a tool call is whole, its updates hold only what changed', () => {
    expect(readSessionUpdate({ sessionUpdate: 'tool_call', toolCallId: 'c1', title: 'Edit' })).toEqual({
      type: 'tool_call',
      toolCall: {
        toolCallId: 'c1',
        title: 'Edit',
        kind: 'other',
        status: 'pending',
        locations: [],
        content: [],
      },
    });
    expect(
      readSessionUpdate({
        sessionUpdate: 'tool_call_update',
        toolCallId: 'c1',
        title: null,
        status: 'completed',
        locations: [{ path: '/a', line: 3 }, { path: '/b' }, 'nonsense'],
        content: [
          { type: 'diff', path: '/a', newText: 'new' },
          { type: 'content', content: { type: 'text', text: 'output' } },
          { type: 'unheard-of' },
        ],
      }),
    ).toEqual({
      type: 'tool_call',
      toolCall: {
        toolCallId: 'c1',
        status: 'completed',
        locations: [
          { path: '/a', line: 3 },
          { path: '/b', line: null },
        ],
        content: [
          { type: 'diff', path: '/a', oldText: null, newText: 'new' },
          { type: 'text', text: 'output' },
        ],
      },
    });
  });

  test('plan, permission and model', () => {
    const entry = { content: 'Look', status: 'pending', priority: 'high' };
    expect(readSessionUpdate({ sessionUpdate: 'plan', entries: [entry] })).toEqual({
      type: 'plan',
      entries: [entry],
    });
    const option = { optionId: 'yes', name: 'Yes', kind: 'allow_once' };
    const params = {
      sessionId: 'agent-session',
      toolCall: { toolCallId: 'c1', title: 'Run' },
      options: [option],
    };
    const asked = { type: 'permission_request', toolCall: { toolCallId: 'c1', title: 'Run' } };
    const method = 'session/request_permission';
    expect(read({ id: 0, method, params })).toMatchObject({ ...asked, requestId: '0' });
    expect(read({ id: '0', method, params })).toMatchObject({ ...asked, requestId: '"0"' });
    expect(
      readSessionUpdate({
        sessionUpdate: 'config_option_update',
        configOptions: [
          { type: 'select', id: 'mode', category: 'mode', currentValue: 'ask', options: [] },
          { type: 'select', id: 'm', category: 'model', currentValue: 'fast', options: [] },
        ],
      }),
    ).toEqual({ type: 'model', modelId: 'fast' });
  });

  test('the end of the turn is the answer to its own prompt', () => {
    const id = promptRequestId('message-1');
    const end = { type: 'turn_end', error: null };
    expect(read({ id, result: { stopReason: 'end_turn' } })).toEqual({
      ...end,
      stopReason: 'end_turn',
    });
    expect(read({ id, result: { stopReason: 'cancelled' } })).toMatchObject({
      stopReason: 'cancelled',
    });
    expect(read({ id, result: { stopReason: 'bored' } })).toMatchObject({
      stopReason: 'error',
      error: expect.stringContaining('bored'),
    });
    expect(
      read({ id, error: { code: -32603, message: 'Internal error', data: { details: 'no key' } } }),
    ).toEqual({ type: 'turn_end', stopReason: 'error', error: 'Internal error: no key' });
    expect(read({ id: promptRequestId('message-2'), result: { stopReason: 'end_turn' } })).toBeNull();
    expect(read({ id: 'new:1', result: { sessionId: 'agent-session' } })).toBeNull();
  });

  test("the end of the agent's process", () => {
    const method = '_adapter/agent_exited';
    expect(read({ method, params: { code: 70, success: false } })).toEqual({
      type: 'agent_exited',
      message: "The agent's process ended with exit code 70.",
    });
    expect(read({ method, params: { code: null, success: false } })).toMatchObject({
      message: expect.stringContaining('signal'),
    });
  });

  test('long texts are cut', () => {
    const content = { type: 'text', text: 'x'.repeat(maxFieldLength + 1) };
    const update = readSessionUpdate({ sessionUpdate: 'agent_message_chunk', content });
    expect(update?.type === 'text' && update.text).toMatch(/x\n… \(cut\)$/);
  });
});

test('coalesceUpdates joins neighbours only, keeps the last id, and respects the length', () => {
  const text = (streamId: number, value: string): AgentUpdate => ({
    streamId,
    update: { type: 'text', text: value },
  });
  const thought: AgentUpdate = { streamId: 3, update: { type: 'thought', text: 'hm' } };
  expect(coalesceUpdates([text(1, 'a'), text(2, 'b'), thought, text(4, 'c')])).toEqual([
    text(2, 'ab'),
    thought,
    text(4, 'c'),
  ]);
  expect(coalesceUpdates([text(1, 'aaa'), text(2, 'bbb')], 5)).toHaveLength(2);
  expect(coalesceUpdates([])).toEqual([]);
});

describe('readModels', () => {
  test('options in groups', () => {
    const option = { value: 'a', name: 'A', description: null };
    expect(
      readModels({
        configOptions: [
          {
            type: 'select',
            id: 'model',
            category: 'model',
            currentValue: 'a',
            options: [{ group: 'g', name: 'G', options: [option] }],
          },
        ],
      }),
    ).toEqual({
      models: [{ id: 'a', name: 'A', description: null }],
      currentModelId: 'a',
      configId: 'model',
    });
  });

  test('the older model state, and none at all', () => {
    const availableModels = [{ modelId: 'b', name: 'B', description: 'Big' }];
    expect(readModels({ models: { currentModelId: 'b', availableModels } })).toEqual({
      models: [{ id: 'b', name: 'B', description: 'Big' }],
      currentModelId: 'b',
      configId: null,
    });
    expect(readModels({})).toEqual({ models: [], currentModelId: null, configId: null });
  });
});
