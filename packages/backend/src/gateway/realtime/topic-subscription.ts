import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerFrame } from '@foundry/shared/realtime';
import type { Change, Topic } from '@foundry/shared/topics';
import type { Logger } from 'pino';
import { errorMessage } from '../../command-loop/errors.ts';
import { gatewayLimits } from '../../limits.ts';
import { toHttpError } from '../errors.ts';
import type { GatewayServices } from '../services.ts';
import type { FeedHold } from '../upstream/feed-pool.ts';
import { openTopic, type TopicSource } from './topic-source.ts';

/** More than this waiting means that this subscription fell behind: it catches up by versions instead. */
const maxWaiting = 500;

/** What a browser has of a topic; `visibility` came with its last snapshot. */
export interface BrowserState {
  readonly version: number;
  readonly visibility: string | undefined;
}

export interface TopicSubscriptionOptions {
  readonly gateway: GatewayServices;
  readonly userId: string;
  readonly topic: Topic;
  readonly send: (frame: ServerFrame) => void;
  /** The subscription has ended by itself; the browser has been told. */
  readonly onEnded: () => void;
  readonly log: Logger;
}

function isEmpty({ upserts, removes, reload }: Change): boolean {
  return upserts.length === 0 && removes.length === 0 && reload !== true;
}

/** Repeats what is refused with 503 for some time: an organization that is just being read, an engine that starts. */
async function whileUnavailable(work: () => Promise<void>): Promise<void> {
  const deadlineMs = Date.now() + gatewayLimits.topicStartBudgetMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (toHttpError(error).status !== 503 || Date.now() >= deadlineMs) throw error;
      await sleep(gatewayLimits.retryMaxBackoffMs);
    }
  }
}

/**
 * One topic of one browser. It knows the version that the browser has, and brings it from there to the actor's:
 * by the changes as they come, by those it missed, or by a snapshot. Work is done one piece after the other, so that
 * frames leave in order.
 */
export class TopicSubscription {
  readonly #options: TopicSubscriptionOptions;
  #source: TopicSource | null = null;
  #hold: FeedHold | null = null;
  /** Up to where the actor's changes have been looked at; null before the first answer. */
  #seenVersion: number | null = null;
  /** What the browser has: not the version of a change of which the person sees nothing, which would tell of it. */
  #sentVersion: number | null = null;
  #olderVersions = 0;
  #waiting = 0;
  #isEnded = false;
  #work: Promise<void> = Promise.resolve();

  constructor(options: TopicSubscriptionOptions) {
    this.#options = options;
  }

  /** Starts, or starts anew: `has` is what the browser has, undefined asks for a snapshot. */
  start(has: BrowserState | undefined): void {
    this.#enqueue(async () => {
      this.#seenVersion = null;
      await whileUnavailable(async () => {
        this.#source ??= await this.#open();
        this.#watch(this.#source);
        const isSameView = has?.visibility === (this.#source.visibility ?? undefined);
        if (has !== undefined && isSameView) await this.#resume(this.#source, has.version);
        else await this.#sendSnapshot(this.#source);
      });
    }, 'end');
  }

  /** What the person may see has changed: the topic may be closed to them now, or look different. */
  accessChanged(): void {
    this.#enqueue(async () => {
      const source = await this.#open();
      if (this.#source === null) return;
      const isSameView = source.visibility === this.#source.visibility;
      this.#source = source;
      if (!isSameView) await this.#sendSnapshot(source);
    }, 'end');
  }

  close(): void {
    this.#isEnded = true;
    this.#hold?.release();
    this.#hold = null;
  }

  async #open(): Promise<TopicSource> {
    return await openTopic(this.#options.gateway, this.#options.userId, this.#options.topic);
  }

  #watch(source: TopicSource): void {
    if (this.#isEnded) return;
    this.#hold ??= this.#options.gateway.feeds.hold(source.address, {
      onChange: (change) => this.#later(() => this.#receive(change)),
      onVersion: (version) => this.#later(() => this.#compare(version)),
    });
  }

  async #receive(change: Change): Promise<void> {
    const source = this.#source;
    if (source === null || this.#seenVersion === null || change.version <= this.#seenVersion) return;
    if (change.version === this.#seenVersion + 1) await this.#sendChanges(source, [change]);
    else await this.#catchUp(source, this.#seenVersion);
  }

  /** The actor's own version: behind it, something was missed; ahead of it, the actor began anew. */
  async #compare(version: number): Promise<void> {
    const source = this.#source;
    if (source === null || this.#seenVersion === null) return;
    if (version > this.#seenVersion) return await this.#catchUp(source, this.#seenVersion);
    if (version === this.#seenVersion) {
      this.#olderVersions = 0;
      return this.#sendHeartbeat();
    }
    // An answer may be overtaken by the change after it; twice in a row it means what it says.
    this.#olderVersions += 1;
    if (this.#olderVersions > 1) await this.#sendSnapshot(source);
  }

  /** The browser has `sinceVersion`, from this connection or an earlier one. */
  async #resume(source: TopicSource, sinceVersion: number): Promise<void> {
    this.#sentVersion = sinceVersion;
    await this.#catchUp(source, sinceVersion);
  }

  /** Everything up to `seenVersion` has been looked at. */
  async #catchUp(source: TopicSource, seenVersion: number): Promise<void> {
    const changes = await this.#options.gateway.reads.changesSince(source.address, seenVersion);
    if (changes === null) return await this.#sendSnapshot(source);
    this.#seenVersion = seenVersion;
    if (!(await this.#sendChanges(source, changes))) this.#sendHeartbeat();
  }

  /** Whether there was anything that the person sees. */
  async #sendChanges(source: TopicSource, changes: readonly Change[]): Promise<boolean> {
    const visible: Change[] = [];
    for (const change of changes) {
      const seen = await source.visible(change);
      if (!isEmpty(seen) || isEmpty(change)) visible.push(seen);
    }
    this.#seenVersion = changes.at(-1)?.version ?? this.#seenVersion;
    const sinceVersion = this.#sentVersion;
    const lastVisible = visible.at(-1);
    if (lastVisible === undefined || sinceVersion === null || this.#isEnded) return false;
    this.#sentVersion = lastVisible.version;
    this.#options.send({ type: 'changes', topic: this.#options.topic, sinceVersion, changes: visible });
    return true;
  }

  #sendHeartbeat(): void {
    if (this.#sentVersion === null) return;
    this.#options.send({ type: 'heartbeat', topic: this.#options.topic, version: this.#sentVersion });
  }

  async #sendSnapshot(source: TopicSource): Promise<void> {
    const snapshot = await source.snapshot();
    if (this.#isEnded) return;
    this.#olderVersions = 0;
    this.#seenVersion = snapshot.version;
    this.#sentVersion = snapshot.version;
    this.#options.send({
      type: 'snapshot',
      topic: this.#options.topic,
      snapshot,
      ...(source.visibility === null ? {} : { visibility: source.visibility }),
    });
  }

  /** Work that may be dropped when too much waits: the next heartbeat makes up for it. */
  #later(work: () => Promise<void>): void {
    if (this.#waiting < maxWaiting) this.#enqueue(work, 'go on');
  }

  #enqueue(work: () => Promise<void>, onFailure: 'end' | 'go on'): void {
    this.#waiting += 1;
    this.#work = this.#afterEarlierWork(this.#work, work, onFailure);
  }

  async #afterEarlierWork(
    earlier: Promise<void>,
    work: () => Promise<void>,
    onFailure: 'end' | 'go on',
  ): Promise<void> {
    await earlier;
    this.#waiting -= 1;
    if (this.#isEnded) return;
    try {
      await work();
    } catch (error) {
      if (onFailure === 'end') this.#end(error);
      else this.#options.log.debug({ reason: errorMessage(error) }, 'a topic fell behind; it catches up');
    }
  }

  #end(error: unknown): void {
    if (this.#isEnded) return;
    const httpError = toHttpError(error);
    if (httpError.status >= 500) {
      this.#options.log.warn({ topic: this.#options.topic, reason: errorMessage(error) }, 'topic failed');
    }
    this.close();
    this.#options.send({
      type: 'topicError',
      topic: this.#options.topic,
      error: {
        code: httpError.code,
        message: httpError.message,
        ...(httpError.retryAfterMs === undefined ? {} : { retryAfterMs: httpError.retryAfterMs }),
      },
    });
    this.#options.onEnded();
  }
}
