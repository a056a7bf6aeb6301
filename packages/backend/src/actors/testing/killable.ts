import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { addressText, type ActorAddress } from '../../command-loop/catalog.ts';
import { ActorConnections, UnknownOutcomeError } from '../../command-loop/connections.ts';
import { storageLostExitCode } from '../../command-loop/storage-watch.ts';
import { doorParams } from '../../engine/door.ts';
import { connectionLimits } from '../../limits.ts';
import { createLogger } from '../../log.ts';

const ipcSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('armed') }),
  z.object({ type: z.literal('addressed'), kind: z.string(), key: z.array(z.string()) }),
  z.object({
    type: z.literal('reached'),
    actor: z.string(),
    commandId: z.string(),
    step: z.string(),
    moment: z.enum(['before', 'inside', 'after']),
  }),
]);
export type Reached = Omit<Extract<z.infer<typeof ipcSchema>, { type: 'reached' }>, 'type'>;

export function idOf({ actor, commandId, step, moment }: Reached): string {
  return [actor, commandId, step, moment].join(' ');
}

// An actor with a connection does not sleep.
Object.assign(connectionLimits, { idleMs: 3_000 });

/** While the process restarts, calls fail; they are made again for this long, then there is a new process. */
const recoveryMs = 100_000;
const callTimeoutMs = 15_000;
/** An actor that is woken answers in this time, or its transaction is held. */
const pokeTimeoutMs = 3_000;
/** More than a busy engine's bad luck. */
const lossesMax = 5;

/** The process that the test ends and starts again, and the test's own way to its actors. */
export class Killable {
  readonly #pool = `kill-${crypto.randomUUID()}`;
  readonly #endpoint: string;
  readonly #environment: () => Record<string, string>;
  #child: ChildProcess | null = null;
  /** The next life of the process: everything is loaded, nothing runs. Half of a restart is loading. */
  #spare: ChildProcess | null = null;
  #connections: ActorConnections;
  readonly #closing: Promise<void>[] = [];
  /** What the present life of the process reached, in order. */
  reached: Reached[] = [];
  #reachedIds = new Set<string>();
  /** Who was sent commands, by the test or by actors in any life of the process; by name. */
  readonly addressed = new Map<string, ActorAddress>();
  kills = 0;
  /** How often the process ended itself because the engine had lost an actor, and was started again, as a backend is. */
  losses = 0;
  #armed: readonly string[] = [];
  #comingBack: Promise<void> = Promise.resolve();
  #replacedAtMs = Number.NEGATIVE_INFINITY;
  #problem: Error | null = null;

  /** `endpoint`: of an engine of its own, since an App exists once per engine. */
  constructor(endpoint: string, environment: () => Record<string, string>) {
    this.#endpoint = endpoint;
    this.#environment = environment;
    this.#connections = this.newConnections();
  }

  newConnections(): ActorConnections {
    return new ActorConnections({
      endpoint: this.#endpoint,
      poolName: this.#pool,
      log: createLogger(process.env['FOUNDRY_TEST_LOG_LEVEL'] ?? 'fatal'),
    });
  }

  #fork(): ChildProcess {
    return fork(new URL('kill-process.ts', import.meta.url), {
      env: {
        ...process.env,
        RIVET_ENDPOINT: this.#endpoint,
        RIVET_POOL: this.#pool,
        RIVET_RUN_SERVICES: '0',
        TEST_DOOR: doorParams().door,
        // Every life loads the same modules.
        NODE_COMPILE_CACHE: join(tmpdir(), 'foundry-kill-compile-cache'),
        ...this.#environment(),
      },
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  /** Starts the process; steps that reach one of `armed` are held. */
  async start(armed: readonly string[] = []): Promise<void> {
    this.reached = [];
    this.#reachedIds = new Set();
    await this.#launch(armed);
  }

  async #launch(armed: readonly string[]): Promise<void> {
    this.#armed = armed;
    const child = this.#spare ?? this.#fork();
    this.#spare = null;
    this.#child = child;
    const ready = new Promise<void>((resolve, reject) => {
      child.on('message', (message) => {
        const parsed = ipcSchema.parse(message);
        if (parsed.type === 'ready') {
          resolve();
        } else if (parsed.type === 'addressed') {
          this.addressed.set(addressText(parsed), parsed);
        } else if (parsed.type === 'reached') {
          this.reached.push(parsed);
          this.#reachedIds.add(idOf(parsed));
        }
      });
      child.once('exit', (code) =>
        reject(new Error(`the process under test ended with ${code} before it was ready`)),
      );
    });
    child.send({ armed });
    await ready;
    child.once('exit', (code) => this.#ended(child, code));
    this.#spare = this.#fork();
  }

  /** The process ended, unless it was killed: by itself. */
  #ended(child: ChildProcess, code: number | null): void {
    if (this.#child !== child) {
      return;
    }
    this.#child = null;
    this.losses += 1;
    if (code !== storageLostExitCode || this.losses > lossesMax) {
      this.#problem = new Error(`the process under test ended with ${code}, after ${this.losses - 1} losses`);
      return;
    }
    this.#renewConnections();
    // What was reached stays reached: it was stopped at, by the process itself.
    this.#comingBack = this.#launch(this.#armed).catch((error: unknown) => {
      this.#problem = new Error('the process under test did not start again', { cause: error });
    });
  }

  async arm(armed: readonly string[]): Promise<void> {
    await this.#comingBack;
    this.#armed = armed;
    const child = this.#child;
    if (child === null) {
      throw new Error('the process under test does not run');
    }
    const answered = new Promise<void>((resolve) => {
      const listen = (message: unknown): void => {
        if (ipcSchema.parse(message).type === 'armed') {
          child.off('message', listen);
          resolve();
        }
      };
      child.on('message', listen);
    });
    child.send({ armed });
    await answered;
  }

  hasReached(id: string): boolean {
    return this.#reachedIds.has(id);
  }

  async kill(): Promise<void> {
    await this.#comingBack;
    const child = this.#child;
    if (child === null) {
      return;
    }
    this.#child = null;
    this.kills += 1;
    await end(child);
    this.#renewConnections();
  }

  /** As after a restart of all of Foundry: a client that was connected to the dead process would first have to notice. */
  #renewConnections(): void {
    // Not waited for: RivetKit's client waits half a minute for the dead to say goodbye.
    this.#closing.push(this.#connections.dispose());
    this.#connections = this.newConnections();
  }

  /**
   * On a busy machine the engine may drop what an actor says of itself, that it falls asleep too, and lead everybody to
   * one that is not there. Nothing of it is lost, but it is out of reach until there is a new process.
   */
  async #replace(address: ActorAddress): Promise<void> {
    // Others may have waited for the same process.
    if (this.#child !== null && Date.now() - this.#replacedAtMs > recoveryMs) {
      this.#replacedAtMs = Date.now();
      process.stdout.write(`kill test: ${addressText(address)} is out of reach, the process is replaced\n`);
      this.losses += 1;
      const child = this.#child;
      this.#child = null;
      const replace = async (): Promise<void> => {
        await end(child);
        this.#renewConnections();
        await this.#launch(this.#armed);
      };
      this.#comingBack = replace();
    }
    await this.#comingBack;
  }

  /**
   * Calls an action until it answers; when it has not for long there is a new process, once.
   * @throws what the actor refuses with, and when the new process does not answer either.
   */
  async call(address: ActorAddress, action: string, args: readonly unknown[]): Promise<unknown> {
    if (action === 'enqueue') {
      this.addressed.set(addressText(address), address);
    }
    let endAtMs = Date.now() + recoveryMs;
    let isReplaced = false;
    for (;;) {
      try {
        return await this.#connections.call(address, action, args, { timeoutMs: callTimeoutMs });
      } catch (error) {
        if (this.#problem !== null) {
          throw this.#problem;
        }
        if (!(error instanceof UnknownOutcomeError)) {
          throw error;
        }
        if (Date.now() > endAtMs) {
          if (isReplaced || this.losses >= lossesMax) {
            throw error;
          }
          isReplaced = true;
          await this.#replace(address);
          endAtMs = Date.now() + recoveryMs;
        }
        await sleep(50);
      }
    }
  }

  /** Wakes an actor; whether it answers does not matter, its transaction may be held. */
  async poke(address: ActorAddress): Promise<void> {
    try {
      await this.#connections.call(address, 'version', [], { timeoutMs: pokeTimeoutMs });
    } catch (error) {
      if (!(error instanceof UnknownOutcomeError)) {
        throw error;
      }
    }
  }

  /** What the engine and the inspector say of an actor that does not do what it should. */
  async describe({ kind, key }: ActorAddress): Promise<string> {
    const { origin: engine, password: adminToken } = new URL(this.#endpoint);
    const ask = async (path: string, token = adminToken): Promise<unknown> => {
      try {
        const answer = await fetch(`${engine}${path}`, {
          headers: { authorization: `Bearer ${token}` },
          signal: AbortSignal.timeout(5_000),
        });
        return await answer.json();
      } catch (error) {
        return String(error);
      }
    };
    const query = new URLSearchParams({ namespace: 'default', name: kind, key: key.join('/') });
    const listed = await ask(`/actors?${query.toString()}`);
    const [actor] = z
      .object({ actors: z.array(z.object({ actor_id: z.string() })) })
      .catch({ actors: [] })
      .parse(listed).actors;
    if (actor === undefined) {
      return JSON.stringify(listed);
    }
    const kv = z
      .object({ value: z.string() })
      .catch({ value: '' })
      .parse(await ask(`/actors/${actor.actor_id}/kv/keys/Aw==?namespace=default`));
    const token = Buffer.from(kv.value, 'base64').toString('utf8');
    const inspector = `/gateway/${actor.actor_id}/inspector`;
    const queue = await ask(`${inspector}/queue?limit=10`, token);
    const history = JSON.stringify(await ask(`${inspector}/workflow-history`, token));
    return JSON.stringify({ listed, queue, historyEnd: history.slice(-3_000) });
  }

  /** Ends the processes. */
  async dispose(): Promise<void> {
    await this.kill();
    if (this.#spare !== null) {
      await end(this.#spare);
    }
  }

  /** Once the engine has stopped: what it kept open for the dead is closed then. */
  async disposeConnections(): Promise<void> {
    await Promise.all([...this.#closing, this.#connections.dispose()]);
  }
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
