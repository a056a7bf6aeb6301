import type { Logger } from 'pino';
import { addressText, type ActorAddress } from '../../command-loop/catalog.ts';
import type { ActorConnections } from '../../command-loop/connections.ts';
import { gatewayLimits } from '../../limits.ts';
import { ActorFeed, type FeedListener } from './actor-feed.ts';

interface Entry {
  readonly feed: ActorFeed;
  users: number;
  lingerTimer: NodeJS.Timeout | undefined;
}

/** Somebody's hold on a feed. */
export interface FeedHold {
  readonly feed: ActorFeed;
  /** Lets go; the connection closes some seconds after the last one did. Calling it again does nothing. */
  readonly release: () => void;
}

/** The upstream connections of this gateway: one per watched actor, however many browsers watch it. */
export class FeedPool {
  readonly #connections: ActorConnections;
  readonly #log: Logger;
  readonly #onEvent: (address: ActorAddress, name: string, payload: unknown) => void;
  readonly #entries = new Map<string, Entry>();

  /** `onEvent` hears every event beside `change` of every watched actor, once. */
  constructor(options: {
    connections: ActorConnections;
    log: Logger;
    onEvent: (address: ActorAddress, name: string, payload: unknown) => void;
  }) {
    this.#connections = options.connections;
    this.#log = options.log;
    this.#onEvent = options.onEvent;
  }

  /** How many actors are watched now. */
  get size(): number {
    return this.#entries.size;
  }

  /** Watches an actor until released. Creates the actor if it does not exist: check the person's access first. */
  hold(address: ActorAddress, listener: FeedListener, events: readonly string[] = ['outcome']): FeedHold {
    const key = addressText(address);
    const entry = this.#entries.get(key) ?? this.#open(key, address, events);
    clearTimeout(entry.lingerTimer);
    entry.users += 1;
    const stop = entry.feed.listen(listener);
    let isHeld = true;
    return {
      feed: entry.feed,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        stop();
        entry.users -= 1;
        if (entry.users > 0) return;
        entry.lingerTimer = setTimeout(() => this.#forget(key, entry), gatewayLimits.feedLingerMs);
        entry.lingerTimer.unref();
      },
    };
  }

  close(): void {
    for (const entry of this.#entries.values()) {
      clearTimeout(entry.lingerTimer);
      entry.feed.close();
    }
    this.#entries.clear();
  }

  #open(key: string, address: ActorAddress, events: readonly string[]): Entry {
    const feed = new ActorFeed({ connections: this.#connections, address, events, log: this.#log });
    feed.listen({ onEvent: (name, payload) => this.#onEvent(address, name, payload) });
    const entry: Entry = { feed, users: 0, lingerTimer: undefined };
    this.#entries.set(key, entry);
    return entry;
  }

  #forget(key: string, entry: Entry): void {
    if (entry.users > 0 || this.#entries.get(key) !== entry) return;
    this.#entries.delete(key);
    entry.feed.close();
  }
}
