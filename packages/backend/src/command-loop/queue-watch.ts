import { setTimeout as sleep } from 'node:timers/promises';
import { commandLimits } from '../limits.ts';
import { errorMessage } from './errors.ts';
import { loopRuntimeIfAny } from './runtime.ts';
import { storageWatch } from './storage-watch.ts';

/*
 * RivetKit's queue looks for messages and only then begins to listen for new ones: one that is stored in between is
 * heard by nobody, and lies there until the next one comes. So whoever puts a message into a queue of this process says
 * so here, and a loop that has taken nothing a moment later is called with an empty message.
 */

interface Listener {
  /** Since when something has been waiting for the loop; null when it has looked since. */
  waitingSinceMs: number | null;
  watched: boolean;
  readonly call: () => Promise<void>;
}

/** The loops of this process, by their actors' keys. */
const listeners = new Map<string, Listener>();

function idOf(key: readonly string[]): string {
  return key.join('/');
}

/** A loop begins to listen; `call` puts an empty message into its queue. Returns how to say that the loop has ended. */
export function noteListening(key: readonly string[], call: () => Promise<void>): () => void {
  const id = idOf(key);
  const listener: Listener = { waitingSinceMs: null, watched: false, call };
  listeners.set(id, listener);
  return () => {
    if (listeners.get(id) === listener) {
      listeners.delete(id);
    }
  };
}

/** The loop has taken messages; whatever was stored meanwhile it looks for before it listens again. */
export function noteTaken(key: readonly string[]): void {
  const listener = listeners.get(idOf(key));
  if (listener !== undefined) {
    listener.waitingSinceMs = null;
  }
}

/** To be called after a message was stored. */
export function expectTaken(key: readonly string[]): void {
  const id = idOf(key);
  const listener = listeners.get(id);
  if (listener === undefined) {
    return;
  }
  listener.waitingSinceMs ??= performance.now();
  if (!listener.watched) {
    listener.watched = true;
    void watch(key, listener).finally(() => {
      listener.watched = false;
    });
  }
}

async function watch(key: readonly string[], listener: Listener): Promise<void> {
  const id = idOf(key);
  let delayMs: number = commandLimits.queueCallAfterMs;
  while (listener.waitingSinceMs !== null && listeners.get(id) === listener) {
    const leftMs = listener.waitingSinceMs + delayMs - performance.now();
    if (leftMs > 0) {
      await sleep(leftMs, undefined, { ref: false });
      continue;
    }
    try {
      // A loop that is at work takes the call together with what it is about.
      await storageWatch.around(key, listener.call);
    } catch (error) {
      // The actor may be stopping: its next life looks into the queue first, and this watch ends with the listener.
      loopRuntimeIfAny()?.log.debug({ actor: id, error: errorMessage(error) }, 'a loop could not be called');
    }
    delayMs = Math.min(delayMs * 2, commandLimits.watchdogMs);
  }
}
