import { setTimeout as sleep } from 'node:timers/promises';
import { changeSchema, type Change } from '@foundry/shared/topics';
import type { Logger } from 'pino';
import { z } from 'zod';
import { addressText, type ActorAddress } from '../../command-loop/catalog.ts';
import type { ActorConnections } from '../../command-loop/connections.ts';
import { errorMessage } from '../../command-loop/errors.ts';
import { connectionLimits, gatewayLimits } from '../../limits.ts';

export interface FeedListener {
  /** A change was committed. Versions may repeat or leave a gap after a reconnect. */
  readonly onChange?: (change: Change) => void;
  /** What the actor says its version is, every few seconds, and at once after each (re)connect. */
  readonly onVersion?: (version: number) => void;
  /** The connection is there, for the first time or again: what was broadcast before is not known. */
  readonly onConnected?: () => void;
  /** Any other event of the actor, by name. */
  readonly onEvent?: (name: string, payload: unknown) => void;
}

type Connection = ReturnType<ActorConnections['connect']>;
const versionSchema = z.number().int();

/**
 * One kept connection to one actor, shared by everybody in this gateway who watches it. Its heartbeat asks for the
 * topic's version: a connection that does not answer is replaced (after a crash of the other side RivetKit's client
 * believes itself connected for good), and listeners learn from the first version after that what they missed.
 */
export class ActorFeed {
  readonly address: ActorAddress;
  readonly #connections: ActorConnections;
  readonly #log: Logger;
  readonly #events: readonly string[];
  readonly #listeners = new Set<FeedListener>();
  readonly #closed = new AbortController();
  /** Replaced with every connection; aborted when that one is lost. */
  #lost = new AbortController();
  #version: number | null = null;

  /** `events`: names of the actor's events beside `change`. */
  constructor(options: {
    connections: ActorConnections;
    address: ActorAddress;
    events: readonly string[];
    log: Logger;
  }) {
    this.address = options.address;
    this.#connections = options.connections;
    this.#events = options.events;
    this.#log = options.log.child({ actor: addressText(options.address) });
    void this.#run();
  }

  /** The last version heard of while connected; null before the first answer and while the connection is lost. */
  get version(): number | null {
    return this.#version;
  }

  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed.abort();
    this.#lost.abort();
    this.#listeners.clear();
  }

  async #run(): Promise<void> {
    let backoffMs: number = gatewayLimits.feedReconnectInitialMs;
    while (!this.#closed.signal.aborted) {
      this.#lost = new AbortController();
      let connection: Connection | null = null;
      try {
        // The connection that all calls share goes first: two first contacts at once with an actor that does not exist
        // yet cost the engine several times as much as one after the other.
        await this.#connections.call(this.address, 'version', []);
        if (this.#closed.signal.aborted) return;
        connection = this.#open();
        await this.#beat(connection, () => {
          backoffMs = gatewayLimits.feedReconnectInitialMs;
        });
      } catch (error) {
        if (!this.#closed.signal.aborted) {
          this.#log.debug({ reason: errorMessage(error) }, 'upstream connection replaced');
        }
      }
      this.#version = null;
      if (connection !== null) this.#dispose(connection);
      if (this.#closed.signal.aborted) return;
      await sleep(backoffMs, undefined, { ref: false });
      backoffMs = Math.min(backoffMs * 2, gatewayLimits.feedReconnectMaxMs);
    }
  }

  #open(): Connection {
    const connection = this.#connections.connect(this.address);
    const lost = this.#lost;
    connection.onClose(() => lost.abort());
    connection.on('change', (payload) => this.#receive(payload));
    for (const name of this.#events) {
      connection.on(name, (payload) => {
        for (const listener of this.#listeners) listener.onEvent?.(name, payload);
      });
    }
    return connection;
  }

  #receive(payload: unknown): void {
    const change = changeSchema.safeParse(payload);
    if (!change.success) {
      this.#log.error({ reason: change.error.message }, 'an actor broadcast something that is no change');
      return;
    }
    this.#version = Math.max(this.#version ?? 0, change.data.version);
    for (const listener of this.#listeners) listener.onChange?.(change.data);
  }

  /** Asks for the version until the connection is lost. @throws when there is no answer. */
  async #beat(connection: Connection, alive: () => void): Promise<never> {
    let isNew = true;
    for (;;) {
      const version = versionSchema.parse(await this.#ask(connection));
      alive();
      if (isNew) for (const listener of this.#listeners) listener.onConnected?.();
      isNew = false;
      this.#version = version;
      for (const listener of this.#listeners) listener.onVersion?.(version);
      await sleep(connectionLimits.heartbeatMs, undefined, { signal: this.#lost.signal, ref: false });
    }
  }

  async #ask(connection: Connection): Promise<unknown> {
    const timeout = new AbortController();
    try {
      return await Promise.race([
        connection.call('version', []),
        sleep(connectionLimits.heartbeatTimeoutMs, undefined, {
          signal: AbortSignal.any([timeout.signal, this.#lost.signal]),
          ref: false,
        }).then(() => {
          throw new Error('no answer to a heartbeat');
        }),
      ]);
    } finally {
      timeout.abort();
    }
  }

  #dispose(connection: Connection): void {
    connection
      .dispose()
      .catch((error: unknown) =>
        this.#log.debug({ reason: errorMessage(error) }, 'connection did not close cleanly'),
      );
  }
}
