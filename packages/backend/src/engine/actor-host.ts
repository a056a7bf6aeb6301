import { setup, type Registry, type RegistryActors, type RegistryConfigInput } from 'rivetkit';
import { engineLimits, processLimits } from '../limits.ts';
import type { Logger } from '../log.ts';
import { requireDoor } from './door.ts';
import { provideEngine, requireOwnKey } from './own-key.ts';

/** Actors running in this process. */
export interface ActorHost<A extends RegistryActors> {
  readonly registry: Registry<A>;
  /** Lets every actor save and stop, for a bounded time. */
  readonly stop: () => Promise<void>;
}

/**
 * Runs actors in this process, on an engine that is ready. Resolves when the engine sends actors here. One at a time
 * per process: the native runtime serves only one pool, and calls to a second one would hang.
 * @param config what rivetkit's `setup` takes: `use` and, where needed, message sizes.
 * @throws Error for an actor without a door or with a key that may be another's, and when the engine does not accept this process.
 */
export async function startActors<A extends RegistryActors>(
  config: RegistryConfigInput<A>,
  options: { readonly endpoint: string; readonly pool: string; readonly logger: Logger },
): Promise<ActorHost<A>> {
  for (const [kind, { config: definition }] of Object.entries(config.use)) {
    if (definition.onBeforeConnect !== requireDoor) {
      throw new Error(`the actor ${kind} lets everybody in: give it \`onBeforeConnect: requireDoor\``);
    }
    if (definition.onCreate !== requireOwnKey) {
      throw new Error(`of the actor ${kind} there could be two: give it \`onCreate: requireOwnKey\``);
    }
  }
  provideEngine(options.endpoint);
  const registry = setup<A>({
    maxIncomingMessageSize: engineLimits.messageSizeBytes,
    ...config,
    endpoint: options.endpoint,
    // A process that does nothing for us and stays behind on a fixed port, where the next start would fail.
    startServices: false,
    noWelcome: true,
    envoy: { poolName: options.pool },
    logging: { baseLogger: options.logger, level: 'warn' },
    // The order in which parts stop is main's; rivetkit would end the process by itself.
    shutdown: { disableSignalHandlers: true, gracePeriodMs: processLimits.actorDrainTimeoutMs },
  });
  await registry.startAndWait();
  return { registry, stop: () => registry.shutdown() };
}
