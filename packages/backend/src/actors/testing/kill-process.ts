/*
 * The process that the kill test ends: every actor, on the engine and in the pool that its environment names.
 * Its parent arms moments of steps; a step that reaches one is held there until the process is killed.
 */
import { setup } from 'rivetkit';
import { z } from 'zod';
import { ActorConnections } from '../../command-loop/connections.ts';
import { stepObserver } from '../../command-loop/observer.ts';
import { registeredLoops } from '../../command-loop/registered.ts';
import { provideLoopRuntime } from '../../command-loop/runtime.ts';
import { storageLostExitCode, storageWatch } from '../../command-loop/storage-watch.ts';
import { commandLimits, connectionLimits, engineLimits, gitHubLimits, streamLimits } from '../../limits.ts';
import { createLogger } from '../../log.ts';
import { dumpable } from './dump.ts';
import { provideDoor } from '../../engine/door.ts';
import { provideEngine } from '../../engine/own-key.ts';
import { provideTestServices } from './test-services.ts';

const armedSchema = z.array(z.string());
const environment = z
  .object({
    RIVET_ENDPOINT: z.string(),
    TEST_DOOR: z.string(),
    RIVET_POOL: z.string(),
    KILL_TEST_DATA_DIR: z.string(),
    KILL_TEST_USER_TOKEN: z.string(),
  })
  .parse(process.env);

provideDoor(environment.TEST_DOOR);
provideEngine(environment.RIVET_ENDPOINT);

let armed = new Set<string>();
const armMessage = z.object({ armed: armedSchema });
/** The first moments arrive before anything runs: an actor may wake by its own alarm as soon as it can. */
const firstArmed = new Promise<void>((resolve) => {
  process.on('message', (message) => {
    armed = new Set(armMessage.parse(message).armed);
    process.send?.({ type: 'armed' });
    resolve();
  });
});
await firstArmed;

const log = createLogger(process.env['FOUNDRY_TEST_LOG_LEVEL'] ?? 'fatal');
/** Tells the test who is sent commands: it waits until they have dealt with them. */
class ToldConnections extends ActorConnections {
  override async call(...[address, action, ...rest]: Parameters<ActorConnections['call']>): Promise<unknown> {
    if (action === 'enqueue' || action === 'enqueueAndWait') {
      process.send?.({ type: 'addressed', kind: address.kind, key: address.key });
    }
    return await super.call(address, action, ...rest);
  }
}

const connections = new ToldConnections({
  endpoint: environment.RIVET_ENDPOINT,
  poolName: environment.RIVET_POOL,
  log,
});
provideLoopRuntime({ connections, log });
provideTestServices({
  dataDir: environment.KILL_TEST_DATA_DIR,
  log,
  environment: process.env,
  userToken: environment.KILL_TEST_USER_TOKEN,
});

/** While one step is held, others are waited for: it must not time out, which would be another end than a kill. */
const heldTimeoutMs = 300_000;
for (const definition of registeredLoops().flatMap(({ catalog }) => Object.values(catalog))) {
  Object.assign(definition, { timeoutMs: heldTimeoutMs });
}
Object.assign(connectionLimits, { idleMs: 3_000 });
Object.assign(streamLimits, { cancelReadGraceMs: heldTimeoutMs });
Object.assign(commandLimits, { stepTimeoutMs: heldTimeoutMs, transactionTimeoutMs: heldTimeoutMs });

// The test takes longer than this chain's interval on a busy machine; and how many batches a sync takes must not depend
// on how busy it is.
Object.assign(gitHubLimits, { repairIntervalMs: 3_600_000, stepBudgetMs: heldTimeoutMs });

// As a backend does, without its farewells.
storageWatch.listen(() => process.exit(storageLostExitCode));

stepObserver.listen(async ({ commandId, key, step, moment }) => {
  const actor = key.join('/');
  process.send?.({ type: 'reached', actor, commandId, step, moment });
  if (armed.has([actor, commandId, step, moment].join(' '))) {
    await new Promise(() => {
      // Never resolves: the process ends here.
    });
  }
});

const registry = setup({
  use: dumpable(),
  endpoint: environment.RIVET_ENDPOINT,
  maxIncomingMessageSize: engineLimits.messageSizeBytes,
  startServices: false,
  noWelcome: true,
  envoy: { poolName: environment.RIVET_POOL },
  logging: { baseLogger: log, level: 'error' },
  shutdown: { disableSignalHandlers: true, gracePeriodMs: 1_000 },
});
await registry.startAndWait();
process.send?.({ type: 'ready' });
