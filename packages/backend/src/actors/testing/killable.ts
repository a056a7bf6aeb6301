import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ActorAddress } from '../../command-loop/catalog.ts';
import { ActorConnections, UnknownOutcomeError } from '../../command-loop/connections.ts';
import { createLogger } from '../../log.ts';

const ipcSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('armed') }),
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

/** While the process restarts, calls fail; they are made again for this long. */
const recoveryMs = 60_000;

/** The process that the test ends and starts again, and the test's own way to its actors. */
export class Killable {
  readonly #pool = `kill-${crypto.randomUUID()}`;
  readonly #endpoint: string;
  readonly #environment: () => Record<string, string>;
  #child: ChildProcess | null = null;
  #connections: ActorConnections;
  /** What the present life of the process reached, in order. */
  reached: Reached[] = [];
  #reachedIds = new Set<string>();
  kills = 0;

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

  /** Starts the process; steps that reach one of `armed` are held. */
  async start(armed: readonly string[] = []): Promise<void> {
    this.reached = [];
    this.#reachedIds = new Set();
    const child = fork(new URL('kill-process.ts', import.meta.url), {
      env: {
        ...process.env,
        RIVET_ENDPOINT: this.#endpoint,
        RIVET_POOL: this.#pool,
        RIVET_RUN_SERVICES: '0',
        ...this.#environment(),
      },
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    const ready = new Promise<void>((resolve, reject) => {
      child.on('message', (message) => {
        const parsed = ipcSchema.parse(message);
        if (parsed.type === 'ready') {
          resolve();
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
  }

  async arm(armed: readonly string[]): Promise<void> {
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
    const child = this.#child;
    if (child === null) {
      return;
    }
    this.#child = null;
    this.kills += 1;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    // As after a restart of all of Foundry: a client that was connected to the dead process would first have to notice.
    await this.#connections.dispose();
    this.#connections = this.newConnections();
  }

  /** Calls an action until it answers. @throws what the actor refuses with, and after a minute without an answer. */
  async call(address: ActorAddress, action: string, args: readonly unknown[]): Promise<unknown> {
    const endAtMs = Date.now() + recoveryMs;
    for (;;) {
      try {
        return await this.#connections.call(address, action, args, { timeoutMs: 15_000 });
      } catch (error) {
        if (!(error instanceof UnknownOutcomeError) || Date.now() > endAtMs) {
          throw error;
        }
        await sleep(50);
      }
    }
  }

  /** Wakes an actor; whether it answers does not matter, its transaction may be held. */
  async poke(address: ActorAddress): Promise<void> {
    try {
      await this.#connections.call(address, 'version', [], { timeoutMs: 1_000 });
    } catch (error) {
      if (!(error instanceof UnknownOutcomeError)) {
        throw error;
      }
    }
  }

  async dispose(): Promise<void> {
    await this.kill();
    await this.#connections.dispose();
  }
}
