import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestRegistry } from '../engine/testing.ts';
import { commandLimits } from '../limits.ts';
import { createLogger } from '../log.ts';
import { ActorConnections } from './connections.ts';
import { systemEnvelope } from './envelopes.ts';
import { provideLoopRuntime } from './runtime.ts';
import { probe, probeAddress } from './testing/probe.ts';

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

async function forwardTo(id: string, target: { kind: string; key: string[]; name: string }): Promise<void> {
  await connections.sendAndWait(
    probeAddress(id),
    'probe.command.forwardTo',
    target,
    systemEnvelope(randomUUID(), null),
    8_000,
  );
}

test('[CMD-5] a target that does not answer holds up nobody else, and its message stays', async () => {
  const id = randomUUID();
  await forwardTo(id, { kind: 'nobody', key: [id], name: 'x' });
  await connections.send(
    probeAddress(id),
    'probe.command.forward',
    { targets: [`${id}-other`], marks: ['arrived'] },
    systemEnvelope(randomUUID(), null),
  );
  await vi.waitFor(async () => {
    expect(await connections.call(probeAddress(`${id}-other`), 'marks', [])).toEqual(['arrived']);
  }, 15_000);
  await vi.waitFor(async () => {
    expect(await connections.call(probeAddress(id), 'outbox', [])).toMatchObject([
      { targetKind: 'nobody', attempts: expect.any(Number), lastError: expect.stringContaining('nobody') },
    ]);
  }, 15_000);
});

test('[CMD-5] a message that its target refuses is parked at once, and says why; those behind it go on', async () => {
  const id = randomUUID();
  const target = probeAddress(`${id}-target`);
  await forwardTo(id, { kind: target.kind, key: [...target.key], name: 'probe.command.unknown' });
  await connections.send(
    probeAddress(id),
    'probe.command.forward',
    { targets: [`${id}-target`], marks: ['behind it'] },
    systemEnvelope(randomUUID(), null),
  );
  await vi.waitFor(async () => {
    expect(await connections.call(target, 'marks', [])).toEqual(['behind it']);
    expect(await connections.call(probeAddress(id), 'outbox', [])).toEqual([
      {
        command: 'probe.command.unknown',
        targetKind: 'probe',
        attempts: commandLimits.outboxParkAfterAttempts,
        lastError: 'probe has no command probe.command.unknown',
      },
    ]);
  }, 15_000);
});
