import { commandOutcomeSchema, type CommandOutcome, type Envelope } from '@foundry/shared/envelope';
import type { Logger } from 'pino';
import { createClient } from 'rivetkit/client';
import { doorParams } from '../engine/door.ts';
import { connectionLimits } from '../limits.ts';
import type { ActorAddress, Catalog, CommandInput, CommandName } from './catalog.ts';
import { addressText } from './catalog.ts';
import { errorMessage } from './errors.ts';

/** A message as an actor's `enqueue` action takes it. */
export interface CommandMessage {
  readonly name: string;
  readonly body: unknown;
  readonly envelope: Envelope;
}

/** The part of RivetKit's connection that is used here: actions by name, events, and its end. */
interface KeptConnection {
  call(action: string, args: readonly unknown[]): Promise<unknown>;
  on(event: string, listener: (payload: unknown) => void): () => void;
  onClose(listener: () => void): void;
  isOpen(): boolean;
  dispose(): Promise<void>;
}

interface Entry {
  connection: KeptConnection;
  /** Aborted when the connection is given up: calls on it need not wait any longer. */
  readonly gone: AbortController;
  openedAtMs: number;
  lastUsedMs: number;
  users: number;
}

/** The call may or may not have had its effect: send the same command again with the same id. */
export class UnknownOutcomeError extends Error {
  constructor(address: ActorAddress, action: string, cause: unknown) {
    super(`No answer from ${addressText(address)} to ${action}: ${errorMessage(cause)}`, { cause });
    this.name = 'UnknownOutcomeError';
  }
}

/** The actor answered with an error of its own: repeating the call will not help. */
export class ActorRefusedError extends Error {
  readonly code: string;
  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'ActorRefusedError';
    this.code = code;
  }
}

/**
 * Kept connections to actors, one per actor and process: an action on one costs the engine a tenth of an HTTP call.
 * A connection that stays silent is replaced (after a crash of the other side RivetKit's client believes itself
 * connected for good); one that nobody used for a while is closed, because an actor with a connection never sleeps.
 */
export class ActorConnections {
  readonly #client: ReturnType<typeof createClient>;
  readonly #log: Logger;
  readonly #entries = new Map<string, Entry>();
  /** Who wants to know when a connection of `connect` is lost. */
  readonly #kept = new Set<ReadonlySet<() => void>>();
  readonly #sweeper: NodeJS.Timeout;

  /** `endpoint` as in RIVET_ENDPOINT; `poolName` as in RIVET_POOL. */
  constructor(options: { endpoint: string; poolName?: string | undefined; log: Logger }) {
    this.#client = createClient({
      endpoint: options.endpoint,
      ...(options.poolName === undefined ? {} : { poolName: options.poolName }),
    });
    this.#log = options.log;
    this.#sweeper = setInterval(() => this.#closeIdle(), connectionLimits.idleMs / 2);
    this.#sweeper.unref();
  }

  /**
   * Calls an action. Creates the actor if it does not exist.
   * @throws {ActorRefusedError} the actor answered with an error.
   * @throws {UnknownOutcomeError} no answer in time, or the connection broke.
   */
  async call(
    address: ActorAddress,
    action: string,
    args: readonly unknown[],
    options: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<unknown> {
    const entry = this.#entry(address);
    entry.users += 1;
    let timer: NodeJS.Timeout | undefined;
    try {
      const timeout = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(
          () => reject(new Error('timed out')),
          options.timeoutMs ?? connectionLimits.callTimeoutMs,
        );
        options.signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
        entry.gone.signal.addEventListener('abort', () => reject(new Error('connection lost')), {
          once: true,
        });
      });
      return await Promise.race([entry.connection.call(action, args), timeout]);
    } catch (error) {
      const refused = refusal(error);
      if (refused !== null) {
        throw refused;
      }
      this.#dropIfDead(address, entry);
      throw new UnknownOutcomeError(address, action, error);
    } finally {
      clearTimeout(timer);
      entry.users -= 1;
      entry.lastUsedMs = Date.now();
    }
  }

  /** Hands commands to an actor. Returns when the actor has them durably; throws as `call`. */
  async enqueue(
    address: ActorAddress,
    messages: readonly CommandMessage[],
    options: { timeoutMs?: number } = {},
  ): Promise<void> {
    await this.call(address, 'enqueue', [messages], options);
  }

  /** Hands one typed command to an actor; as `enqueue`. */
  async send<C extends Catalog, N extends CommandName<C>>(
    address: ActorAddress<C>,
    name: N,
    body: CommandInput<C, N>,
    envelope: Envelope,
  ): Promise<void> {
    await this.enqueue(address, [{ name, body, envelope }]);
  }

  /** Hands over one command and waits for its outcome; `accepted` when it is not finished in time (R3: 10 s at most). */
  async sendAndWait<C extends Catalog, N extends CommandName<C>>(
    address: ActorAddress<C>,
    name: N,
    body: CommandInput<C, N>,
    envelope: Envelope,
    timeoutMs: number,
  ): Promise<CommandOutcome> {
    const answer = await this.call(address, 'enqueueAndWait', [{ name, body, envelope }, timeoutMs], {
      timeoutMs: timeoutMs + 2_000,
    });
    return commandOutcomeSchema.parse(answer);
  }

  /**
   * Opens a connection of its own that stays until disposed; for topic subscriptions.
   * The caller watches it (`version` action as heartbeat) and replaces it when it is dead, and has had an answer by
   * `call` before: two first contacts at once with an actor that does not exist yet cost much more than one.
   */
  connect(address: ActorAddress): KeptConnection {
    const connection = this.#open(address);
    const lost = new Set<() => void>();
    this.#kept.add(lost);
    return {
      ...connection,
      onClose: (listener) => {
        lost.add(listener);
        connection.onClose(listener);
      },
      dispose: async () => {
        this.#kept.delete(lost);
        await connection.dispose();
      },
    };
  }

  /**
   * Gives up every connection: the engine has been replaced, and none of them will notice by itself in good time. Calls
   * in flight end with an unknown outcome at once, so that their callers can repeat them.
   */
  dropAll(): void {
    for (const [id, entry] of this.#entries) {
      this.#entries.delete(id);
      this.#dispose(entry, id);
    }
    for (const lost of this.#kept) for (const listener of lost) listener();
  }

  /** Closes everything. */
  async dispose(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#entries.clear();
    await this.#client.dispose();
  }

  #entry(address: ActorAddress): Entry {
    const id = addressText(address);
    const known = this.#entries.get(id);
    if (known !== undefined) {
      return known;
    }
    const nowMs = Date.now();
    const entry: Entry = {
      connection: this.#open(address),
      gone: new AbortController(),
      openedAtMs: nowMs,
      lastUsedMs: nowMs,
      users: 0,
    };
    entry.connection.onClose(() => this.#drop(address, entry));
    this.#entries.set(id, entry);
    return entry;
  }

  #open(address: ActorAddress): KeptConnection {
    const accessor = this.#client[address.kind];
    if (accessor === undefined) {
      throw new Error(`${address.kind} is no actor`);
    }
    const raw = accessor.getOrCreate([...address.key], { params: doorParams() }).connect();
    return {
      call: async (action, args): Promise<unknown> => {
        const method = raw[action];
        if (method === undefined) {
          throw new Error(`${address.kind} has no action ${action}`);
        }
        return await method(...args);
      },
      on: (event, listener) => raw.on(event, listener),
      onClose: (listener) => {
        raw.onClose(listener);
      },
      isOpen: () => raw.connStatus === 'connected',
      dispose: async () => await raw.dispose(),
    };
  }

  /**
   * After a call without an answer. One that is still being opened is left to finish: its actor is being created or
   * woken, which takes seconds on a busy machine, and a new connection would begin that anew, and fail again.
   */
  #dropIfDead(address: ActorAddress, entry: Entry): void {
    const opening =
      !entry.connection.isOpen() && Date.now() - entry.openedAtMs < connectionLimits.openTimeoutMs;
    if (!opening) {
      this.#drop(address, entry);
    }
  }

  #drop(address: ActorAddress, entry: Entry): void {
    const id = addressText(address);
    if (this.#entries.get(id) !== entry) {
      return;
    }
    this.#entries.delete(id);
    this.#dispose(entry, id);
  }

  #dispose(entry: Entry, id: string): void {
    entry.gone.abort();
    entry.connection
      .dispose()
      .catch((error: unknown) =>
        this.#log.debug({ actor: id, err: error }, 'connection did not close cleanly'),
      );
  }

  #closeIdle(): void {
    const before = Date.now() - connectionLimits.idleMs;
    for (const [id, entry] of this.#entries) {
      if (entry.users === 0 && entry.lastUsedMs < before) {
        this.#entries.delete(id);
        this.#dispose(entry, id);
      }
    }
  }
}

/** RivetKit's errors carry group and code; those of transport and engine say nothing about the call itself. */
function refusal(error: unknown): ActorRefusedError | null {
  if (typeof error !== 'object' || error === null || !('group' in error) || !('code' in error)) {
    return null;
  }
  const { group, code } = error;
  if (group === 'queue' && code === 'message_too_large') {
    const words = 'This is more than can be sent at once. Make it shorter, or put long texts into files.';
    return new ActorRefusedError('too_large', words, error);
  }
  if (group !== 'user' || typeof code !== 'string') {
    return null;
  }
  return new ActorRefusedError(code, errorMessage(error), error);
}
