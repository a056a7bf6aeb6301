import { expect, test } from 'vitest';
import { startIsolatedEngine } from '../../engine/testing.ts';
import { organizationAddress } from '../addresses.ts';
import { idOf, Killable } from './killable.ts';
import { startKillWorld } from './world.ts';

const recoveryMs = 60_000;

test('[CMD-11] an actor whose process died at work goes on without being called', async () => {
  const engine = await startIsolatedEngine();
  const killable = new Killable(engine.endpoint, () => world.environment());
  const world = await startKillWorld(
    async (address, action, args) => await killable.call(address, action, args),
  );
  try {
    const address = organizationAddress(`7${String(Date.now()).slice(-7)}00001`);
    const commandId = crypto.randomUUID();
    const moment = { actor: address.key.join('/'), commandId, step: 'apply' };
    const inside = idOf({ ...moment, moment: 'inside' });
    const after = idOf({ ...moment, moment: 'after' });
    await killable.start([inside]);
    const body = { actor: 'a', command: null, step: null, attempt: null, message: 'm', atMs: 1 };
    await world.send({ address, name: 'organization.command.reportRuntimeIssue', body }, commandId);
    await world.until('the command to be held', recoveryMs, async () =>
      killable.hasReached(inside) ? true : null,
    );
    // Ends the test's own connections as well: a client that is still there would call the actor when it connects again.
    await killable.kill();
    await killable.start();
    await world.until('the command to go on by itself', recoveryMs, async () =>
      killable.hasReached(after) ? true : null,
    );
    expect(killable.kills).toBe(1);
  } finally {
    await killable.dispose();
    await world.stop();
    await engine.stop();
    await killable.disposeConnections();
  }
}, 150_000);
