import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isEngineReady } from '../../packages/backend/src/engine/engine-health.ts';
import { enginePaths, enginePorts } from '../../packages/backend/src/engine/engine-process.ts';
import { findFreePorts, isPortFree, PortTakenError } from '../../packages/backend/src/engine/ports.ts';
import { isAlive, signalProcess } from '../../packages/backend/src/engine/process-identity.ts';
import { loadDemoSecrets } from './demo-secrets.ts';
import { endLeftovers, ProcessRecord, readEngineIdentity } from './leftovers.ts';
import { ManagedProcess } from './managed-process.ts';

const readyTimeoutMs = 60_000;
const stopGraceMs = 20_000;
const engineOffset = 2;

/** What each port of the stack is for, by its distance from the gateway's. */
const stackPorts = [
  { offset: 0, purpose: 'gateway' },
  { offset: 1, purpose: 'GitHub double' },
  ...enginePorts.map(({ offset, purpose }) => ({ offset: engineOffset + offset, purpose })),
] as const;

/** A part of the running stack, for tests that kill and restart it. */
export interface PartHandle {
  /** Process id; undefined while it is down. */
  readonly pid: () => number | undefined;
  /** Sends a signal (SIGKILL unless told) and resolves when that process is gone. */
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>;
  /** Ends it if it runs, starts it again and resolves when it is ready. The engine is restarted by the backend. */
  readonly restart: () => Promise<void>;
}

export interface Stack {
  /** Address of the web app and the API. */
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** The GitHub double: web pages and git at `webUrl`, REST at `apiUrl`. */
  readonly github: PartHandle & { readonly webUrl: string; readonly apiUrl: string };
  readonly backend: PartHandle;
  readonly engine: PartHandle & { readonly url: string };
  /** Log files of the parts, for messages about a failure. */
  readonly logFiles: { readonly backend: string; readonly github: string; readonly engine: string };
  /** Stops everything in order. Sandboxes are ended too; their data stays. Repeated calls share one stop. */
  readonly stop: () => Promise<void>;
}

export interface StackOptions {
  /** Root of the checkout. */
  readonly root: string;
  /** Gateway; the double takes the next port, the engine +2, +3 and +12. Free ones are found when left out. */
  readonly port?: number;
  /** Everything the stack keeps. Found again at the next start. */
  readonly dataDir: string;
  readonly seed?: 'small' | 'large';
  /** Restart the backend or the double when it dies unasked. Default: true. */
  readonly autoRestart?: boolean;
  /** Receives progress, one line at a time. */
  readonly say?: (line: string) => void;
  /** Further environment of the backend, such as LOG_LEVEL. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A base port so that every port of the stack is free. */
export async function findFreeStackPort(): Promise<number> {
  return findFreePorts(stackPorts.map(({ offset }) => offset));
}

async function answers(url: string, accept: (status: number) => boolean): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000), redirect: 'manual' });
    await response.arrayBuffer();
    return accept(response.status);
  } catch {
    // Refused or not answered yet.
    return false;
  }
}

async function requireFreePorts(port: number, dataDir: string): Promise<void> {
  const engine = readEngineIdentity(dataDir);
  const engineLives = engine !== undefined && (await isAlive(engine));
  for (const { offset, purpose } of stackPorts) {
    // An engine left behind is adopted, or ended, by the backend.
    if (engineLives && offset >= engineOffset) continue;
    if (await isPortFree(port + offset)) continue;
    throw new PortTakenError(
      port + offset,
      purpose,
      `Stop that program, or choose other ports: FOUNDRY_PORT=${port + 100} scripts/start (everything moves with it)`,
    );
  }
}

const commandLine = (values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).map(([name, value]) => `--${name}=${value}`);

function partHandle(part: ManagedProcess): PartHandle {
  return {
    pid: () => part.pid(),
    kill: async (signal = 'SIGKILL') => {
      await part.kill(signal);
    },
    restart: () => part.restart(),
  };
}

/** The engine belongs to the backend: it is killed here, and replaced there. */
function engineHandle(dataDir: string, url: string): Stack['engine'] {
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    const identity = readEngineIdentity(dataDir);
    if (identity === undefined) return;
    await signalProcess(identity, signal);
    while (await isAlive(identity)) await sleep(10);
  };
  return {
    url,
    pid: () => readEngineIdentity(dataDir)?.pid,
    kill,
    restart: async () => {
      await kill('SIGTERM');
      const deadline = Date.now() + readyTimeoutMs;
      while (!(await isEngineReady(url, 1_000))) {
        if (Date.now() > deadline) throw new Error('the engine did not come back');
        await sleep(25);
      }
    },
  };
}

/**
 * Starts the whole demo: GitHub double, backend with its engine, gateway and web app (build it before). Resolves
 * when `/readyz` says that everything is ready; leaves nothing running when it fails.
 * @throws PortTakenError, ProcessFailedError
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { root, dataDir } = options;
  const say = options.say ?? (() => undefined);
  const autoRestart = options.autoRestart ?? true;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  await endLeftovers(dataDir, { engine: false, graceMs: stopGraceMs });
  const port = options.port ?? (await findFreeStackPort());
  await requireFreePorts(port, dataDir);

  const secrets = loadDemoSecrets(dataDir);
  const record = new ProcessRecord(dataDir);
  const url = `http://127.0.0.1:${port}`;
  const webUrl = `http://127.0.0.1:${port + 1}`;
  const apiUrl = `${webUrl}/api/v3`;
  const logFiles = {
    backend: join(dataDir, 'logs/backend.log'),
    github: join(dataDir, 'logs/github-double.log'),
    engine: join(dataDir, 'engine/engine.log'),
  };
  const common = { workingDir: root, readyTimeoutMs, autoRestart, say } as const;
  const double = new ManagedProcess({
    ...common,
    name: 'GitHub double',
    script: join(root, 'packages/github-double/src/main.ts'),
    args: commandLine({
      port: String(port + 1),
      data: join(dataDir, 'github'),
      seed: options.seed ?? 'small',
      'webhook-url': `${url}/webhooks/github`,
      'app-id': secrets.appId,
      'app-slug': secrets.appSlug,
      'app-private-key-file': secrets.appPrivateKeyFile,
      'client-id': secrets.clientId,
    }),
    // Not arguments: those can be read by every user of the machine (R17).
    environment: {
      GITHUB_DOUBLE_WEBHOOK_SECRET: secrets.webhookSecret,
      GITHUB_DOUBLE_CLIENT_SECRET: secrets.clientSecret,
    },
    logFile: logFiles.github,
    isReady: async (output) => output.includes('github-double is ready at'),
    onStarted: (identity) => record.add('double', identity),
  });
  const backend = new ManagedProcess({
    ...common,
    name: 'Foundry backend',
    script: join(root, 'packages/backend/src/main.ts'),
    args: [],
    environment: {
      FOUNDRY_PORT: String(port),
      FOUNDRY_HOST: '127.0.0.1',
      FOUNDRY_PUBLIC_URL: url,
      FOUNDRY_DATA_DIR: dataDir,
      FOUNDRY_ENGINE_PORT: String(port + engineOffset),
      FOUNDRY_SECRET: secrets.foundrySecret,
      GITHUB_API_URL: apiUrl,
      GITHUB_WEB_URL: webUrl,
      GITHUB_APP_ID: secrets.appId,
      GITHUB_APP_PRIVATE_KEY: secrets.appPrivateKey,
      GITHUB_APP_SLUG: secrets.appSlug,
      GITHUB_CLIENT_ID: secrets.clientId,
      GITHUB_CLIENT_SECRET: secrets.clientSecret,
      GITHUB_WEBHOOK_SECRET: secrets.webhookSecret,
      ...options.environment,
    },
    logFile: logFiles.backend,
    isReady: () => answers(`${url}/readyz`, (status) => status === 200),
    onStarted: (identity) => record.add('backend', identity),
  });

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      await backend.stop(stopGraceMs);
      await double.stop(stopGraceMs);
      // Sandboxes, and the engine of a backend that was killed: nothing may stay.
      await endLeftovers(dataDir, { engine: true, graceMs: stopGraceMs });
    })();
    return stopped;
  };
  const onAbort = (): void => void stop();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    options.signal?.throwIfAborted();
    say('Starting the GitHub double');
    await double.start();
    options.signal?.throwIfAborted();
    say('Starting the engine and the backend');
    await backend.start();
    options.signal?.throwIfAborted();
  } catch (error) {
    await stop();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
  }

  return {
    url,
    port,
    dataDir,
    github: { ...partHandle(double), webUrl, apiUrl },
    backend: partHandle(backend),
    engine: engineHandle(
      dataDir,
      `http://default:${readFileSync(enginePaths(dataDir).adminTokenFile, 'utf8').trim()}@127.0.0.1:${port + engineOffset}`,
    ),
    logFiles,
    stop,
  };
}
