import type { AgentUpdate } from '@foundry/shared/transcript';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { UnknownOutcomeError } from '../../command-loop/connections.ts';
import { createLogger } from '../../log.ts';
import { loadConfig } from '../../config.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideServices } from '../services.ts';
import { endOf, fitUpdate, takeBatch } from './decisions.ts';
import { Forwarder } from './workflow/forwarder.ts';

function text(streamId: number, value: string): AgentUpdate {
  return { streamId, update: { type: 'text', text: value } };
}

describe('endOf', () => {
  const exit: AgentUpdate = { streamId: 1, update: { type: 'agent_exited', message: 'Exit code 70.' } };

  test('an agent that dies is a failure, unless it was to stop', () => {
    expect(endOf(exit, { cancelRequested: false })).toMatchObject({
      stopReason: 'error',
      agentExited: true,
      error: expect.stringContaining('Exit code 70.'),
    });
    expect(endOf(exit, { cancelRequested: true })).toMatchObject({
      stopReason: 'cancelled',
      error: null,
      agentExited: true,
    });
    expect(endOf(text(1, 'a'), { cancelRequested: false })).toBeNull();
  });
});

describe('takeBatch', () => {
  test('takes what fits, in order, and joins neighbouring texts', () => {
    const waiting = [text(1, 'a'), text(2, 'b'), text(3, 'c')];
    expect(takeBatch(waiting, { maxUpdates: 2, maxSizeBytes: 10_000 })).toEqual({
      batch: [text(2, 'ab')],
      count: 2,
    });
    const large = [text(1, 'x'.repeat(600)), text(2, 'y'.repeat(600))];
    expect(takeBatch(large, { maxUpdates: 10, maxSizeBytes: 1_000 }).count).toBe(1);
  });

  test('a tool call too large for a message is cut, never lost', () => {
    const diff = {
      type: 'diff' as const,
      path: 'a',
      oldText: 'o'.repeat(30_000),
      newText: 'n'.repeat(30_000),
    };
    const huge: AgentUpdate = {
      streamId: 1,
      update: { type: 'tool_call', toolCall: { toolCallId: 'call', content: [diff, diff, diff] } },
    };
    const fitting = fitUpdate(huge, 10_000);
    expect(JSON.stringify(fitting).length).toBeLessThanOrEqual(10_000);
    expect(fitting.update).toMatchObject({ toolCall: { content: [{ path: 'a' }, {}, {}] } });
  });
});

describe('Forwarder', () => {
  test('an agent that speaks much faster than the session writes is read without a pause, and nothing is missing', async () => {
    const received: AgentUpdate[] = [];
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const forwarder = new Forwarder({
      append: async (updates) => {
        await released;
        received.push(...updates);
        return { accepted: true, lastStreamId: updates.at(-1)?.streamId ?? 0 };
      },
      acknowledged: () => Promise.resolve(),
      signal: new AbortController().signal,
    });
    const words = Array.from({ length: 10_000 }, (_, index) => `${index} `);
    // The session answers nothing until all of it was read: reading does not wait for it.
    for (const [index, word] of words.entries()) await forwarder.push(text(index + 1, word));
    release();
    await forwarder.flush();
    const said = received.map(({ update }) => (update.type === 'text' ? update.text : '')).join('');
    expect(said).toBe(words.join(''));
    expect(received.at(-1)?.streamId).toBe(10_000);
    expect(received.length).toBeLessThan(100);
  });

  test('[R5] sends again what did not arrive, in order, and acknowledges only what did', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'foundry-forwarder-'));
    provideServices({
      config: loadConfig({ FOUNDRY_DATA_DIR: dataDir, FOUNDRY_SECRET: 'x'.repeat(40) }),
      log: createLogger('silent'),
      gitHubTokenFor: async () => ({ token: 'none', expiresAtMs: null }),
      gitHubIdentityFor: async () => ({ githubId: '1', login: 'ada', name: 'ada' }),
      sandboxProviders: new Map(),
      defaultSandboxProviderId: 'none',
      defaultAgentId: 'mock',
    });
    const arrived: string[] = [];
    const acknowledged: number[] = [];
    let attempts = 0;
    const forwarder = new Forwarder({
      append: async (batch) => {
        attempts += 1;
        await sleep(1);
        if (attempts === 1) {
          throw new UnknownOutcomeError({ kind: 'taskSession', key: [] }, 'appendEvents', 'lost');
        }
        arrived.push(...batch.map(({ update }) => (update.type === 'text' ? update.text : '')));
        return { accepted: true, lastStreamId: batch.at(-1)?.streamId ?? 0 };
      },
      acknowledged: async (lastEventId) => {
        acknowledged.push(lastEventId);
      },
      signal: new AbortController().signal,
    });
    await forwarder.push(text(1, 'a'));
    await forwarder.push(text(2, 'b'));
    await forwarder.flush();
    await forwarder.push(text(3, 'c'));
    await forwarder.flush();
    expect(arrived.join('')).toBe('abc');
    expect(acknowledged.at(-1)).toBe(3);
    expect(acknowledged).toEqual(acknowledged.toSorted((left, right) => left - right));
    await rm(dataDir, { recursive: true, force: true });
  });

  test('[R5] begins with asking for the last event that the session has', async () => {
    const batches: number[] = [];
    const forwarder = new Forwarder({
      append: async (batch) => {
        batches.push(batch.length);
        return { accepted: true, lastStreamId: 6 };
      },
      acknowledged: async () => undefined,
      signal: new AbortController().signal,
    });
    expect(await forwarder.begin()).toBe(6);
    expect(batches).toEqual([0]);
  });

  test('stops when the session no longer takes the turn', async () => {
    const forwarder = new Forwarder({
      append: async () => ({ accepted: false, lastStreamId: 0 }),
      acknowledged: async () => undefined,
      signal: new AbortController().signal,
    });
    await forwarder.push(text(1, 'a'));
    await forwarder.flush();
    expect(forwarder.refused).toBe(true);
  });
});
