import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentUpdate } from '@foundry/shared/transcript';
import { ActorRefusedError } from '../../../command-loop/connections.ts';
import { errorMessage } from '../../../command-loop/errors.ts';
import { streamLimits } from '../../../limits.ts';
import { joinUpdates } from '../../../sandbox/acp-events.ts';
import { services } from '../../services.ts';
import { takeBatch } from '../decisions.ts';

export interface ForwarderOptions {
  /** Hands a batch to the session. Not accepted: it has no such turn any more. */
  readonly append: (updates: AgentUpdate[]) => Promise<{ accepted: boolean; lastStreamId: number }>;
  /** Told after the session has everything up to this event. */
  readonly acknowledged: (lastEventId: number) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Forwards updates in order and in batches. What has not been acknowledged is sent again for as long as it takes: the
 * session recognises what it has. Nothing is acknowledged before the session has it, so a crash loses nothing.
 */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #waiting: AgentUpdate[] = [];
  /** How many of the first ones are being sent: nothing is added to those. */
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();
  #failure: unknown = null;
  #refused = false;

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  /** The session no longer takes anything of this turn. */
  get refused(): boolean {
    return this.#refused;
  }

  /**
   * Asks the session for the last event that it has. An earlier process may have handed over more than it lived to
   * record; what the session has must not come again, because texts may be joined differently this time.
   */
  async begin(): Promise<number> {
    return await this.#sendOne([]);
  }

  /** Takes an update; waits when too many are on their way. @throws what forwarding failed with. */
  async push(update: AgentUpdate): Promise<void> {
    this.#throwIfFailed();
    this.#add(update);
    if (this.#waiting.length >= streamLimits.batchUpdates) {
      this.#start();
    } else {
      this.#timer ??= setTimeout(() => this.#start(), streamLimits.batchIntervalMs);
    }
    if (this.#waiting.length >= streamLimits.waitingUpdates) {
      await this.flush();
    }
  }

  /**
   * An agent may speak faster than the session writes, and its server keeps only the last 1,000 things it said: what
   * waits is joined at once, so that reading need not pause.
   */
  #add(update: AgentUpdate): void {
    const last = this.#waiting.length > this.#inFlight ? this.#waiting.at(-1) : undefined;
    const both = last === undefined ? null : joinUpdates(last, update);
    if (both === null) {
      this.#waiting.push(update);
    } else {
      this.#waiting[this.#waiting.length - 1] = both;
    }
  }

  /** Returns when the session has everything. @throws what forwarding failed with. */
  async flush(): Promise<void> {
    this.#start();
    await this.#sending;
    this.#throwIfFailed();
  }

  #throwIfFailed(): void {
    if (this.#failure !== null) {
      throw this.#failure;
    }
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending = this.#sending
      .then(() => this.#sendWaiting())
      .catch((error: unknown) => {
        this.#failure ??= error;
      });
  }

  async #sendWaiting(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#refused) {
      const { batch, count } = takeBatch(this.#waiting, {
        maxUpdates: streamLimits.waitingUpdates,
        maxSizeBytes: streamLimits.batchSizeBytes,
      });
      const lastEventId = this.#waiting[count - 1]?.streamId ?? 0;
      this.#inFlight = count;
      await this.#sendOne(batch);
      this.#waiting.splice(0, count);
      this.#inFlight = 0;
      await this.#options.acknowledged(lastEventId);
    }
  }

  async #sendOne(batch: AgentUpdate[]): Promise<number> {
    let delayMs: number = streamLimits.retryInitialMs;
    for (;;) {
      try {
        const { accepted, lastStreamId } = await this.#options.append(batch);
        this.#refused = !accepted;
        return lastStreamId;
      } catch (error) {
        if (error instanceof ActorRefusedError || this.#options.signal.aborted) {
          throw error;
        }
        services().log.warn({ error: errorMessage(error) }, 'a batch of events did not arrive; sent again');
        await sleep(delayMs, undefined, { signal: this.#options.signal });
        delayMs = Math.min(delayMs * 2, streamLimits.retryMaxMs);
      }
    }
  }
}
