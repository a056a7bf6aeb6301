/**
 * For tests that run real actors on a real engine. Each test file has an engine of its own; keys must still be unique
 * per test, because state persists on it.
 *
 * ```ts
 * const actors = await startTestRegistry({ use: { organization, auditLog } });
 * afterAll(() => actors.stop());
 *
 * test('[CMD-1] …', async () => {
 *   const organization = actors.client.organization.getOrCreate(['org', crypto.randomUUID()]);
 *   …
 * });
 * ```
 * A test that kills the whole backend process runs its registry in a child process on `startIsolatedEngine()`.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Registry, RegistryActors, RegistryConfigInput } from 'rivetkit';
import { createClient, type Client } from 'rivetkit/client';
import { createLogger } from '../log.ts';
import { startActors } from './actor-host.ts';
import { enginePorts, type EnginePatience } from './engine-process.ts';
import { findFreePorts, PortTakenError } from './ports.ts';
import { superviseEngine, type Engine } from './supervisor.ts';
import { keepTcpNoDelay } from './tcp-nodelay.ts';

/** A supervised engine on free ports with its own temporary data folder. */
export async function startIsolatedEngine(options?: {
  readonly dataDir?: string;
  readonly onRestart?: (restarts: number) => void;
  readonly patience?: Partial<EnginePatience>;
}): Promise<Engine & { readonly dataDir: string }> {
  const ownDir = options?.dataDir === undefined;
  const dataDir = options?.dataDir ?? (await mkdtemp(join(tmpdir(), 'foundry-engine-')));
  const logger = createLogger(process.env['FOUNDRY_TEST_LOG_LEVEL'] ?? 'silent');
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePorts(enginePorts.map(({ offset }) => offset));
    try {
      const engine = await superviseEngine({
        dataDir,
        port,
        logger,
        ...(options?.patience === undefined ? {} : { patience: options.patience }),
        ...(options?.onRestart === undefined ? {} : { onRestart: options.onRestart }),
      });
      return {
        endpoint: engine.endpoint,
        port: engine.port,
        dataDir,
        pid: () => engine.pid(),
        restarts: () => engine.restarts(),
        isReady: () => engine.isReady(),
        stop: async () => {
          await engine.stop();
          if (ownDir) await rm(dataDir, { recursive: true, force: true });
        },
      };
    } catch (error) {
      // Another test run took one of the ports between the look and the start.
      if (!(error instanceof PortTakenError) || attempt === 5) throw error;
    }
  }
}

export interface TestRegistry<A extends RegistryActors> {
  readonly registry: Registry<A>;
  /** Typed client on the test's own pool, e.g. `client.organization.getOrCreate(['org', id])`. */
  readonly client: Client<Registry<A>>;
  readonly endpoint: string;
  readonly pool: string;
  /** Closes the client's connections and drains the registry. */
  readonly stop: () => Promise<void>;
}

let registryRuns = false;

/**
 * Starts a registry for one test file on an engine of its own (or on the one at `endpoint`), ready for calls. Not on
 * the shared one: an actor's key is unique on an engine, whatever the pool, and several files have an App.
 * One at a time per process (vitest gives each test file its own): the native runtime serves only one pool, and
 * calls to a second one would hang.
 * @param config what rivetkit's `setup` takes: `use` and, where needed, message sizes.
 * @throws Error while another registry of this process is not stopped.
 */
export async function startTestRegistry<A extends RegistryActors>(
  config: RegistryConfigInput<A>,
  options?: { readonly endpoint?: string; readonly pool?: string },
): Promise<TestRegistry<A>> {
  if (registryRuns)
    throw new Error('one registry per process: stop the other one, or start it in a child process');
  registryRuns = true;
  const ownEngine = options?.endpoint === undefined ? await startIsolatedEngine() : null;
  const endpoint = options?.endpoint ?? ownEngine?.endpoint ?? '';
  const pool = options?.pool ?? `test-${randomUUID()}`;
  const logger = createLogger(process.env['FOUNDRY_TEST_LOG_LEVEL'] ?? 'error');
  const host = await startActors(config, { endpoint, pool, logger });
  const noDelay = keepTcpNoDelay({ port: Number(new URL(endpoint).port), logger, intervalMs: 200 });
  const client = createClient<Registry<A>>({ endpoint, poolName: pool });
  return {
    registry: host.registry,
    client,
    endpoint,
    pool,
    stop: async () => {
      await client.dispose();
      await host.stop();
      noDelay.stop();
      await ownEngine?.stop();
      registryRuns = false;
    },
  };
}
