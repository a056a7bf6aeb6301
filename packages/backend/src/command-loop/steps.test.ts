import { randomUUID } from 'node:crypto';
import type { CommandOutcome } from '@foundry/shared/envelope';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestRegistry } from '../engine/testing.ts';
import { createLogger } from '../log.ts';
import { ActorConnections } from './connections.ts';
import { systemEnvelope } from './envelopes.ts';
import { provideLoopRuntime } from './runtime.ts';
import { outside, probe, probeAddress } from './testing/probe.ts';

const log = createLogger('silent');
let connections: ActorConnections;
let stop: () => Promise<void>;

beforeAll(async () => {
  const registry = await startTestRegistry({ use: { probe } });
  connections = new ActorConnections({ endpoint: registry.endpoint, poolName: registry.pool, log });
  provideLoopRuntime({ connections, log });
  stop = registry.stop;
});
afterAll(async () => {
  await connections.dispose();
  await stop();
});

type Behaviour = 'works' | 'failsOnce' | 'failsAlways' | 'refuses' | 'later' | 'finishes' | 'hangs';

async function steps(
  id: string,
  behaviour: Behaviour,
  commandId: string = randomUUID(),
): Promise<CommandOutcome> {
  return await connections.sendAndWait(
    probeAddress(id),
    'probe.command.steps',
    { behaviour },
    systemEnvelope(commandId, null),
    8_000,
  );
}

async function marksOf(id: string): Promise<unknown> {
  return await connections.call(probeAddress(id), 'marks', []);
}

function callsOf(id: string): { repeated: boolean }[] {
  return outside.calls.get(`probe/${id}`) ?? [];
}

describe('steps', () => {
  test('[CMD-6] steps run in order, each once, and later ones read the results of earlier ones', async () => {
    const id = randomUUID();
    expect(await steps(id, 'works')).toMatchObject({ status: 'done', result: 'answer' });
    expect(await marksOf(id)).toEqual(['first', 'last']);
    expect(callsOf(id)).toEqual([{ repeated: false }]);
  });

  test('[CMD-6] a step may end its command early', async () => {
    const id = randomUUID();
    expect(await steps(id, 'finishes')).toMatchObject({ status: 'done', result: 'early' });
    expect(await marksOf(id)).toEqual(['first']);
  });

  test('[CMD-8] a passing fault is retried, and the handler learns that it runs again', async () => {
    const id = randomUUID();
    expect(await steps(id, 'failsOnce')).toMatchObject({ status: 'done', result: 'answer' });
    expect(callsOf(id)).toEqual([{ repeated: false }, { repeated: true }]);
    expect(await marksOf(id)).toEqual(['first', 'last']);
  });

  test('[CMD-8] a lasting fault ends the command as failed, says it where its user looks, and the loop goes on', async () => {
    const id = randomUUID();
    expect(await steps(id, 'failsAlways')).toMatchObject({
      status: 'failed',
      failure: { code: 'step_failed', retryable: true },
    });
    expect(callsOf(id)).toHaveLength(3);
    expect(await steps(id, 'works')).toMatchObject({ status: 'done' });
    expect(await marksOf(id)).toEqual(['first', 'failed: step_failed', 'first', 'last']);
  });

  test('[CMD-3] a refusal is not retried; sent again, finished steps keep their results and the refused one runs again', async () => {
    const id = randomUUID();
    const commandId = randomUUID();
    expect(await steps(id, 'refuses', commandId)).toMatchObject({
      status: 'failed',
      failure: { code: 'refused' },
    });
    expect(callsOf(id)).toHaveLength(1);
    expect(await steps(id, 'works', commandId)).toMatchObject({ status: 'done', result: 'answer' });
    expect(await marksOf(id)).toEqual(['first', 'failed: refused', 'last']);
  });

  test('[CMD-9] a rate limit runs the same command again later, and other commands meanwhile', async () => {
    const id = randomUUID();
    const commandId = randomUUID();
    await connections.send(
      probeAddress(id),
      'probe.command.steps',
      { behaviour: 'later' },
      systemEnvelope(commandId, null),
    );
    await vi.waitFor(() => expect(callsOf(id)).toHaveLength(1), 5_000);
    await connections.sendAndWait(
      probeAddress(id),
      'probe.command.mark',
      { mark: 'meanwhile' },
      systemEnvelope(randomUUID(), null),
      5_000,
    );
    await vi.waitFor(async () => {
      expect(await connections.call(probeAddress(id), 'outcome', [commandId])).toMatchObject({
        status: 'done',
        result: 'answer',
      });
    }, 5_000);
    expect(await marksOf(id)).toEqual(['first', 'meanwhile', 'last']);
  });

  test('[CMD-13] an effect that outlives its timeout is aborted, and its command fails', async () => {
    const id = randomUUID();
    expect(await steps(id, 'hangs')).toMatchObject({ status: 'failed' });
    expect(outside.aborted.has(`probe/${id}`)).toBe(true);
  });

  test('[CMD-2] a batch with a refused command applies the others, once', async () => {
    const id = randomUUID();
    const names = ['a', 'refused', 'b'];
    await connections.enqueue(
      probeAddress(id),
      names.map((mark) => ({
        name: 'probe.command.mark',
        body: { mark },
        envelope: systemEnvelope(`${id}/${mark}`, null),
      })),
    );
    await vi.waitFor(async () => expect(await marksOf(id)).toEqual(['a', 'b']), 5_000);
    expect(await connections.call(probeAddress(id), 'outcome', [`${id}/refused`])).toMatchObject({
      status: 'failed',
    });
  });

  test('[CMD-5] messages to several targets arrive at each, once and in order', async () => {
    const id = randomUUID();
    const targets = [`${id}-1`, `${id}-2`, id];
    const marks = Array.from({ length: 40 }, (_, index) => `m${index}`);
    await connections.send(
      probeAddress(id),
      'probe.command.forward',
      { targets, marks },
      systemEnvelope(randomUUID(), null),
    );
    for (const target of targets) {
      await vi.waitFor(async () => expect(await marksOf(target)).toEqual(marks), 10_000);
    }
  });
});
