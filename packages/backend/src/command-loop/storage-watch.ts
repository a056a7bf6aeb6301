import { commandLimits } from '../limits.ts';

/*
 * With many actors starting at once on a busy machine, the engine may drop what an actor says of itself, take its life
 * for dead and give its storage to the next one, while this process goes on with the old one and is sent everybody's
 * calls. Whatever that life stores is refused then, for good. RivetKit ends an actor that lost a race for its storage, but
 * not one that is refused before any race. What helps is a new process.
 */

/** How RivetKit words a refusal of the engine's storage: the text is SQLite's, in the error or its metadata. */
const refusal = 'disk I/O error';

function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) {
    return false;
  }
  const metadata = 'metadata' in error ? JSON.stringify(error.metadata ?? null) : '';
  return error.message.includes(refusal) || metadata.includes(refusal) || isRefusal(error.cause);
}

/** With which a process ends whose actors lost their storage (sysexits' "try again"). */
export const storageLostExitCode = 75;

interface Refused {
  readonly sinceMs: number;
  count: number;
}

/** Called once, with the actor whose storage is lost. */
type Listener = (actor: string) => void;

/** Tells an actor whose storage is lost from an engine that is away: then all actors are refused alike. */
export class StorageWatch {
  readonly #nowMs: () => number;
  readonly #refused = new Map<string, Refused>();
  #lastStoredMs = Number.NEGATIVE_INFINITY;
  #listener: Listener | null = null;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  listen(listener: Listener | null): void {
    this.#listener = listener;
  }

  /** Does work that stores something of the actor. */
  async around<T>(key: readonly string[], store: () => Promise<T>): Promise<T> {
    try {
      const result = await store();
      this.stored(key);
      return result;
    } catch (error) {
      this.failed(key, error);
      throw error;
    }
  }

  /** Something of the actor was stored. */
  stored(key: readonly string[]): void {
    this.#lastStoredMs = this.#nowMs();
    this.#refused.delete(key.join('/'));
  }

  /** Work on the actor's storage failed with `error`; most errors mean nothing here. */
  failed(key: readonly string[], error: unknown): void {
    if (!isRefusal(error)) {
      return;
    }
    const id = key.join('/');
    const nowMs = this.#nowMs();
    if (nowMs - this.#lastStoredMs >= commandLimits.storageLostAfterMs) {
      // Nobody stores: the engine is away. What it refused meanwhile says nothing once it is back.
      this.#refused.delete(id);
      return;
    }
    const refused = this.#refused.get(id) ?? { sinceMs: nowMs, count: 0 };
    refused.count += 1;
    this.#refused.set(id, refused);
    const isLong = nowMs - refused.sinceMs >= commandLimits.storageLostAfterMs;
    const isOften = refused.count >= commandLimits.storageLostAfterRefusals;
    const othersStore = this.#lastStoredMs > refused.sinceMs;
    if (isLong && isOften && othersStore && this.#listener !== null) {
      const listener = this.#listener;
      this.#listener = null;
      listener(id);
    }
  }
}

/** Of this process. */
export const storageWatch = new StorageWatch();
