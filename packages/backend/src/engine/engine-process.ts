import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { getEnginePath } from '@rivetkit/engine-cli';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';

export interface EngineSettings {
  readonly host: string;
  /** Clients and actors connect here. */
  readonly port: number;
  /** Folder of the engine's own database. */
  readonly databaseDir: string;
  readonly logFile: string;
  /** Of whoever may list, read and delete actors past their own doors, and run actors here. */
  readonly adminToken: string;
  readonly patience: EnginePatience;
}

/** How long the engine waits for a backend that may be dead, in milliseconds. */
export interface EnginePatience {
  /** Silence of a backend after which its actors run elsewhere. Noticed per actor, after once to twice this time. */
  readonly backendLostMs: number;
  /** How long an actor that was given to a backend may take to start. */
  readonly actorStartMs: number;
  /** How long an actor that goes to sleep may take to stop. Until then it cannot be woken. */
  readonly actorStopMs: number;
}

/** What each of the engine's three ports is for, by its distance from the first. */
export const enginePorts = [
  { offset: 0, purpose: 'engine' },
  { offset: 1, purpose: 'engine, between its own services' },
  { offset: 10, purpose: 'engine metrics' },
] as const;

/** The engine's whole configuration. Only what differs from its defaults, with why. */
function engineEnvironment(settings: EngineSettings): Record<string, string> {
  return {
    RIVET__GUARD__HOST: settings.host,
    RIVET__GUARD__PORT: String(settings.port),
    RIVET__API_PEER__HOST: settings.host,
    RIVET__API_PEER__PORT: String(settings.port + 1),
    RIVET__METRICS__HOST: settings.host,
    RIVET__METRICS__PORT: String(settings.port + 10),
    RIVET__FILE_SYSTEM__PATH: settings.databaseDir,
    RIVET__AUTH__ADMIN_TOKEN: settings.adminToken,
    // Its side of what tcp-nodelay.ts does on ours.
    RIVET__GUARD__TCP_NODELAY: 'true',
    RIVET__PEGBOARD__ENVOY_LOST_THRESHOLD: String(settings.patience.backendLostMs),
    RIVET__PEGBOARD__ACTOR_START_THRESHOLD: String(settings.patience.actorStartMs),
    RIVET__PEGBOARD__ACTOR_STOP_THRESHOLD: String(settings.patience.actorStopMs),
    RIVET__PEGBOARD__ENVOY_UPDATE_PING_INTERVAL: '500',
    // While no backend is there, each try to place an actor doubles the wait for the next one, by default from 2 s to
    // minutes: a backend that was killed twice in a row left its actors unreachable for 20 s and more.
    RIVET__PEGBOARD__BASE_RETRY_TIMEOUT: '200',
    RIVET__PEGBOARD__RESCHEDULE_BACKOFF_MAX_EXPONENT: '2',
    // The engine takes on less work, new actors above all, when the machine's CPU is busy, whoever keeps it busy: with
    // agents building and testing beside it, a new actor waited 15 s and failed. In thousandths of a core, far
    // more than there are: it never holds back.
    RIVET__RUNTIME__WORKER_CPU_MAX: '1000000',
    // No tracing to anywhere.
    RIVET_OTEL_ENABLED: '0',
    RUST_LOG: 'info',
  };
}

/**
 * Names everything that makes two engines interchangeable: an engine left behind with the same fingerprint may
 * be adopted, another one has to be replaced.
 */
export function engineFingerprint(settings: EngineSettings): string {
  const description = JSON.stringify([getEnginePath(), engineEnvironment(settings)]);
  return createHash('sha256').update(description).digest('hex');
}

/** Moves the log aside when it is too big. Only while no engine writes to it. */
function rotateLog(path: string, maxSizeBytes: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > maxSizeBytes) renameSync(path, `${path}.1`);
}

/** Bounds the log of a running engine: it appends, so that after truncating it goes on from the beginning. */
export function truncateLog(path: string, maxSizeBytes: number): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= maxSizeBytes) return;
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
}

export interface SpawnedEngine {
  readonly identity: ProcessIdentity;
  /** Resolves once the process is gone, with how it ended. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/**
 * Starts the engine's binary. It does not wait for readiness.
 * @throws Error when the binary is missing or cannot be executed.
 */
export async function spawnEngine(settings: EngineSettings, logMaxSizeBytes: number): Promise<SpawnedEngine> {
  mkdirSync(settings.databaseDir, { recursive: true, mode: 0o700 });
  // Whatever made it: the transcripts in it are nobody else's.
  chmodSync(settings.databaseDir, 0o700);
  rotateLog(settings.logFile, logMaxSizeBytes);
  // A file and not a pipe: an engine that outlives a killed backend must not die of writing to nobody.
  const log = openSync(settings.logFile, 'a', 0o600);
  try {
    const child = spawn(getEnginePath(), ['start'], {
      // Nothing of our own environment: it holds Foundry's secrets (R17).
      env: { PATH: process.env['PATH'] ?? '', HOME: settings.databaseDir, ...engineEnvironment(settings) },
      cwd: settings.databaseDir,
      stdio: ['ignore', log, log],
      // Its own process group: Ctrl-C in a terminal must reach the backend first, which still needs the engine
      // to put its actors to rest.
      detached: true,
    });
    const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    const { pid } = child;
    const identity = pid === undefined ? undefined : await identifyProcess(pid);
    if (identity === undefined) {
      const { code, signal } = await exited;
      throw new Error(
        `the engine ended at once (${signal ?? `code ${code}`}); its last words are in ${settings.logFile}`,
      );
    }
    return { identity, exited };
  } finally {
    closeSync(log);
  }
}

/** Where everything of the supervised engine lies inside the data folder. */
export function enginePaths(dataDir: string): {
  databaseDir: string;
  logFile: string;
  stateFile: string;
  lockFile: string;
  adminTokenFile: string;
} {
  const engineDir = join(dataDir, 'engine');
  return {
    databaseDir: join(engineDir, 'database'),
    logFile: join(engineDir, 'engine.log'),
    stateFile: join(engineDir, 'process.json'),
    lockFile: join(engineDir, 'supervisor.lock'),
    adminTokenFile: join(engineDir, 'admin-token'),
  };
}
