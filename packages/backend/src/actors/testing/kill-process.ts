/*
 * The process that the kill test ends: every actor, on the engine and in the pool that its environment names.
 * Its parent arms moments of steps; a step that reaches one is held there until the process is killed.
 */
import { setup } from 'rivetkit';
import { z } from 'zod';
import { ActorConnections } from '../../command-loop/connections.ts';
import { stepObserver } from '../../command-loop/observer.ts';
import { provideLoopRuntime } from '../../command-loop/runtime.ts';
import { createLogger } from '../../log.ts';
import { dumpable } from './dump.ts';
import { provideTestServices } from './test-services.ts';

const environment = z
  .object({ RIVET_ENDPOINT: z.string(), RIVET_POOL: z.string(), KILL_TEST_DATA_DIR: z.string() })
  .parse(process.env);
const armSchema = z.object({ armed: z.array(z.string()) });

const log = createLogger('error');
const connections = new ActorConnections({
  endpoint: environment.RIVET_ENDPOINT,
  poolName: environment.RIVET_POOL,
  log,
});
provideLoopRuntime({ connections, log });
provideTestServices({ dataDir: environment.KILL_TEST_DATA_DIR, log });

let armed = new Set<string>();
process.on('message', (message) => {
  armed = new Set(armSchema.parse(message).armed);
  process.send?.({ type: 'armed' });
});
stepObserver.listen(async ({ commandId, key, step, moment }) => {
  const id = `${key.join('/')} ${commandId} ${step} ${moment}`;
  process.send?.({ type: 'reached', id });
  if (armed.has(id)) {
    await new Promise(() => {
      // Never resolves: the process ends here.
    });
  }
});

const registry = setup({
  use: dumpable(),
  endpoint: environment.RIVET_ENDPOINT,
  startServices: false,
  noWelcome: true,
  envoy: { poolName: environment.RIVET_POOL },
  logging: { baseLogger: log, level: 'error' },
  shutdown: { disableSignalHandlers: true, gracePeriodMs: 1_000 },
});
await registry.startAndWait();
process.send?.({ type: 'ready' });
