import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { engineLimits } from '../limits.ts';
import type { Logger } from '../log.ts';
import { isEngineReady } from './engine-health.ts';
import {
  engineFingerprint,
  enginePaths,
  enginePorts,
  spawnEngine,
  truncateLog,
  type EnginePatience,
  type EngineSettings,
} from './engine-process.ts';
import { acquireLock, LockedError } from './lock-file.ts';
import { isPortFree, PortTakenError } from './ports.ts';
import { endProcess, isAlive, processIdentitySchema, type ProcessIdentity } from './process-identity.ts';

/** Thrown when no engine could be made ready. The message says what to look at. */
export class EngineError extends Error {
  readonly code = 'engine_unavailable';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EngineError';
  }
}

export interface Engine {
  /** For rivetkit: `http://namespace:token@host:port`. */
  readonly endpoint: string;
  /** TCP port of that endpoint. */
  readonly port: number;
  /** Process id of the supervised engine; undefined while it is down, or when it is not ours. */
  pid: () => number | undefined;
  /** How often a dead engine has been replaced. */
  restarts: () => number;
  /** True when the engine answers a real request now. */
  isReady: () => Promise<boolean>;
  /** Ends the supervised engine; leaves one that is not ours alone. Repeated calls share one end. */
  stop: () => Promise<void>;
}

/** An engine somebody else runs (RIVET_ENDPOINT): waited for, never started, watched or stopped. */
export async function useExternalEngine(
  endpoint: string,
  logger: Logger,
  options?: { readonly readyTimeoutMs?: number },
): Promise<Engine> {
  const url = new URL(endpoint);
  await waitUntilReady({
    endpoint,
    timeoutMs: options?.readyTimeoutMs ?? engineLimits.readyTimeoutMs,
    lives: async () => true,
    hint: 'RIVET_ENDPOINT is set. Is that engine running?',
  });
  logger.info({ host: url.host }, 'using the engine that RIVET_ENDPOINT names');
  return {
    endpoint,
    port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    pid: () => undefined,
    restarts: () => 0,
    isReady: () => isEngineReady(endpoint, engineLimits.healthTimeoutMs),
    stop: async () => undefined,
  };
}

/**
 * Polls until the engine answers a real request.
 * @throws EngineError when time is up, or when `lives` turns false before.
 */
async function waitUntilReady(wait: {
  readonly endpoint: string;
  readonly timeoutMs: number;
  readonly lives: () => Promise<boolean>;
  readonly hint: string;
}): Promise<void> {
  const { endpoint, timeoutMs, lives, hint } = wait;
  const deadline = Date.now() + timeoutMs;
  const { host } = new URL(endpoint);
  for (;;) {
    const answerTimeoutMs = Math.min(engineLimits.healthTimeoutMs, Math.max(1, deadline - Date.now()));
    if (await isEngineReady(endpoint, answerTimeoutMs)) return;
    if (!(await lives())) throw new EngineError(`The engine at ${host} ended before it was ready. ${hint}`);
    if (Date.now() >= deadline) {
      throw new EngineError(`The engine at ${host} did not answer within ${timeoutMs / 1000} s. ${hint}`);
    }
    await sleep(engineLimits.readyPollMs);
  }
}

/** Written at each start, so that the next supervisor recognises an engine that this one left behind. */
const stateSchema = z.object({ identity: processIdentitySchema, fingerprint: z.string() });

function readState(path: string): z.infer<typeof stateSchema> | undefined {
  try {
    return stateSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data;
  } catch {
    // Missing or half written: then there is no engine that we could know.
    return undefined;
  }
}

/** Made at the first start and kept, so that an engine left behind can be adopted. */
function loadAdminToken(path: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(path, 'utf8').trim();
}

interface RunningEngine {
  readonly identity: ProcessIdentity;
  /** Resolves with a description when the process is gone. */
  readonly gone: Promise<string>;
}

export interface SupervisorOptions {
  /** Foundry's data folder; the engine keeps everything in `<dataDir>/engine`. */
  readonly dataDir: string;
  /** The engine takes this port, the next one and the one ten above, on `host`. */
  readonly port: number;
  readonly host?: string;
  readonly logger: Logger;
  /** What differs from `engineLimits.patience`. */
  readonly patience?: Partial<EnginePatience>;
  /** How long an engine left behind may take to answer before it is ended. */
  readonly adoptTimeoutMs?: number;
  /** Time between SIGTERM and SIGKILL. */
  readonly stopTimeoutMs?: number;
  /** Called each time a dead engine has been replaced and answers again. */
  readonly onRestart?: (restarts: number) => void;
}

/**
 * Starts the engine and keeps it running: adopts a healthy one that an earlier crash of ours left behind, ends
 * one that differs, restarts it at once when it dies and with growing delays when it keeps dying, kills one
 * that no longer answers. Resolves when it answers real requests.
 * @throws PortTakenError, EngineError
 */
export async function superviseEngine(options: SupervisorOptions): Promise<Engine> {
  const supervisor = new EngineSupervisor(options);
  await supervisor.start();
  return supervisor;
}

class EngineSupervisor implements Engine {
  readonly endpoint: string;
  readonly port: number;
  readonly #options: SupervisorOptions;
  readonly #logger: Logger;
  readonly #settings: EngineSettings;
  readonly #paths: ReturnType<typeof enginePaths>;
  readonly #fingerprint: string;
  readonly #stopTimeoutMs: number;
  readonly #stopping = new AbortController();
  #current: RunningEngine | undefined;
  #restarts = 0;
  #watching: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;
  #releaseLock: () => void = () => undefined;
  #logTimer: NodeJS.Timeout | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ part: 'engine' });
    this.#paths = enginePaths(options.dataDir);
    this.port = options.port;
    this.#stopTimeoutMs = options.stopTimeoutMs ?? engineLimits.stopTimeoutMs;
    const host = options.host ?? '127.0.0.1';
    this.#settings = {
      host,
      port: options.port,
      adminToken: loadAdminToken(this.#paths.adminTokenFile),
      patience: { ...engineLimits.patience, ...options.patience },
      databaseDir: this.#paths.databaseDir,
      logFile: this.#paths.logFile,
    };
    this.#fingerprint = engineFingerprint(this.#settings);
    this.endpoint = `http://default:${this.#settings.adminToken}@${host}:${options.port}`;
  }

  pid(): number | undefined {
    return this.#current?.identity.pid;
  }

  restarts(): number {
    return this.#restarts;
  }

  async isReady(): Promise<boolean> {
    return this.#current !== undefined && isEngineReady(this.endpoint, engineLimits.healthTimeoutMs);
  }

  async start(): Promise<void> {
    try {
      this.#releaseLock = await acquireLock(this.#paths.lockFile);
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      throw new EngineError(
        `Another Foundry (process ${error.holder.pid}) already runs an engine on ${this.#options.dataDir}. ` +
          'Stop it, choose another FOUNDRY_DATA_DIR, or share its engine by setting RIVET_ENDPOINT',
        { cause: error },
      );
    }
    try {
      const leftBehind = await this.#adopt();
      this.#current =
        leftBehind === 'none'
          ? await this.#launch(0)
          : leftBehind === 'ended'
            ? await this.#launch(engineLimits.portReleaseMs)
            : leftBehind;
    } catch (error) {
      this.#releaseLock();
      throw error;
    }
    this.#watching = this.#watch();
    this.#logTimer = setInterval(() => this.#boundLog(), engineLimits.logCheckIntervalMs);
    this.#logTimer.unref();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#logTimer);
    const running = this.#current;
    if (running !== undefined) await endProcess(running.identity, this.#stopTimeoutMs);
    // A restart that was under way when the stop came ends its own engine.
    await this.#watching;
    rmSync(this.#paths.stateFile, { force: true });
    this.#releaseLock();
  }

  /** Takes over, or ends, what an earlier supervisor left behind. */
  async #adopt(): Promise<RunningEngine | 'none' | 'ended'> {
    const state = readState(this.#paths.stateFile);
    if (state === undefined) return 'none';
    if (!(await isAlive(state.identity))) return 'ended';
    const { identity } = state;
    const { pid } = identity;
    if (state.fingerprint !== this.#fingerprint) {
      this.#logger.info({ pid }, 'ending an engine left behind with another configuration');
    } else {
      try {
        await waitUntilReady({
          endpoint: this.endpoint,
          timeoutMs: this.#options.adoptTimeoutMs ?? engineLimits.adoptTimeoutMs,
          lives: () => isAlive(identity),
          hint: 'It was left behind by an earlier run.',
        });
        this.#logger.info({ pid }, 'adopted the engine that an earlier run left behind');
        return { identity, gone: this.#pollUntilGone(identity) };
      } catch (error) {
        this.#logger.warn({ pid, error }, 'ending an engine left behind that does not answer');
      }
    }
    await endProcess(identity, this.#stopTimeoutMs);
    return 'ended';
  }

  /** Starts a new engine and waits until it is ready. Leaves none behind when that fails. */
  async #launch(portsWaitMs: number): Promise<RunningEngine> {
    await this.#requireFreePorts(portsWaitMs);
    const startedAt = Date.now();
    const { identity, exited } = await spawnEngine(this.#settings, engineLimits.logMaxSizeBytes);
    const gone = exited.then(({ code, signal }) => signal ?? `exit code ${code}`);
    try {
      await writeState(this.#paths.stateFile, { identity, fingerprint: this.#fingerprint });
      await waitUntilReady({
        endpoint: this.endpoint,
        timeoutMs: engineLimits.readyTimeoutMs,
        lives: async () => !this.#stopping.signal.aborted && (await isAlive(identity)),
        hint: `Its own words are in ${this.#paths.logFile}`,
      });
    } catch (error) {
      await endProcess(identity, this.#stopTimeoutMs);
      throw error;
    }
    this.#logger.info(
      { pid: identity.pid, port: this.port, tookMs: Date.now() - startedAt },
      'engine is ready',
    );
    return { identity, gone };
  }

  /**
   * A process that died by signal counts as dead a moment before its last thread lets go of its ports: after a
   * death they are waited for, at a first start a taken port is an error at once.
   */
  async #requireFreePorts(waitMs: number): Promise<void> {
    const deadline = Date.now() + waitMs;
    for (const { offset, purpose } of enginePorts) {
      const port = this.port + offset;
      while (!(await isPortFree(port, this.#settings.host))) {
        if (Date.now() >= deadline) {
          throw new PortTakenError(
            port,
            purpose,
            'Stop that program, or set FOUNDRY_PORT (which moves everything) or FOUNDRY_ENGINE_PORT',
          );
        }
        await sleep(engineLimits.readyPollMs);
      }
    }
  }

  /** Replaces the engine whenever it dies, until stopped. Never rejects. */
  async #watch(): Promise<void> {
    let delayMs = 0;
    while (!this.#stopping.signal.aborted) {
      const running = this.#current;
      if (running !== undefined) {
        const livedSince = Date.now();
        const health = this.#killWhenHung(running);
        const how = await running.gone;
        health.stop();
        this.#current = undefined;
        if (this.#stopping.signal.aborted) return;
        if (Date.now() - livedSince > engineLimits.restartResetAfterMs) delayMs = 0;
        this.#logger.error({ pid: running.identity.pid, how, delayMs }, 'the engine died; restarting it');
      }
      if (delayMs > 0) await this.#pause(delayMs);
      delayMs = Math.min(
        Math.max(delayMs * 2, engineLimits.restartInitialDelayMs),
        engineLimits.restartMaxDelayMs,
      );
      if (this.#stopping.signal.aborted) return;
      try {
        const replacement = await this.#launch(engineLimits.portReleaseMs);
        if (this.#stopping.signal.aborted) {
          await endProcess(replacement.identity, this.#stopTimeoutMs);
          return;
        }
        this.#current = replacement;
        this.#restarts += 1;
        this.#options.onRestart?.(this.#restarts);
      } catch (error) {
        this.#logger.error({ error, nextTryMs: delayMs }, 'the engine could not be restarted; trying again');
      }
    }
  }

  /** A process that lives but no longer answers is as bad as a dead one: kill it, the watch restarts it. */
  #killWhenHung(running: RunningEngine): { stop: () => void } {
    let failures = 0;
    let asking = false;
    const ask = async (): Promise<void> => {
      failures = (await isEngineReady(this.endpoint, engineLimits.healthTimeoutMs)) ? 0 : failures + 1;
      if (failures < engineLimits.healthFailuresUntilKill || this.#current !== running) return;
      this.#logger.error({ pid: running.identity.pid, failures }, 'the engine no longer answers; killing it');
      await endProcess(running.identity, 0);
    };
    const timer = setInterval(() => {
      if (asking) return;
      asking = true;
      ask()
        .catch((error: unknown) => this.#logger.error({ error }, 'the health check of the engine failed'))
        .finally(() => {
          asking = false;
        });
    }, engineLimits.healthIntervalMs);
    timer.unref();
    return { stop: () => clearInterval(timer) };
  }

  /** An adopted engine is not our child: no exit event tells of its end. */
  async #pollUntilGone(identity: ProcessIdentity): Promise<string> {
    while (await isAlive(identity)) await sleep(engineLimits.adoptedPollMs);
    return 'an adopted process ended';
  }

  async #pause(delayMs: number): Promise<void> {
    try {
      await sleep(delayMs, undefined, { signal: this.#stopping.signal });
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error;
    }
  }

  #boundLog(): void {
    try {
      truncateLog(this.#paths.logFile, engineLimits.logMaxSizeBytes);
    } catch (error) {
      this.#logger.warn({ error }, 'the log of the engine could not be shortened');
    }
  }
}

async function writeState(path: string, state: z.infer<typeof stateSchema>): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify(state), { mode: 0o600 });
}
