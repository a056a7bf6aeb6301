/*
 * A backend's actors in a process of their own, so that a test can end it with SIGKILL while an agent works. The
 * engine, the pool and the services come from its environment.
 */
import { setup } from 'rivetkit';
import { z } from 'zod';
import { ActorConnections } from '../../../command-loop/connections.ts';
import { provideLoopRuntime } from '../../../command-loop/runtime.ts';
import { provideDoor } from '../../../engine/door.ts';
import { provideEngine } from '../../../engine/own-key.ts';
import { engineLimits } from '../../../limits.ts';
import { createLogger } from '../../../log.ts';
import { actors } from '../../registry.ts';
import { provideWorkspaceServices, workspaceOptionsSchema } from './services.ts';

const environment = z
  .object({
    RIVET_ENDPOINT: z.string(),
    RIVET_POOL: z.string(),
    TEST_DOOR: z.string(),
    WORKSPACE_OPTIONS: z.string(),
  })
  .parse(process.env);
provideDoor(environment.TEST_DOOR);
provideEngine(environment.RIVET_ENDPOINT);
const log = createLogger('error');
provideLoopRuntime({
  connections: new ActorConnections({
    endpoint: environment.RIVET_ENDPOINT,
    poolName: environment.RIVET_POOL,
    log,
  }),
  log,
});
provideWorkspaceServices(workspaceOptionsSchema.parse(JSON.parse(environment.WORKSPACE_OPTIONS)), log);
const registry = setup({
  use: actors,
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
