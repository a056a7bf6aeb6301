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

export interface TopicSubscriptionOptions {
  readonly gateway: GatewayServices;
  readonly userId: string;
  readonly topic: Topic;
  readonly send: (frame: ServerFrame) => void;
  /** The subscription has ended by itself; the browser has been told. */
  readonly onEnded: () => void;
  readonly log: Logger;
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
  /** What the browser has; null before the first answer. */
  #sentVersion: number | null = null;
  #olderVersions = 0;
  #waiting = 0;
  #isEnded = false;
  #work: Promise<void> = Promise.resolve();

  constructor(options: TopicSubscriptionOptions) {
    this.#options = options;
  }

  /** Starts, or starts anew: `sinceVersion` is what the browser has, undefined asks for a snapshot. */
  start(sinceVersion: number | undefined): void {
    this.#enqueue(async () => {
      this.#sentVersion = null;
      await whileUnavailable(async () => {
        this.#source ??= await this.#open();
        this.#watch(this.#source);
        if (sinceVersion === undefined) await this.#sendSnapshot(this.#source);
        else await this.#resume(this.#source, sinceVersion);
      });
    }, 'end');
  }

  /** What the person may see has changed: the topic may be closed to them now, or look different. */
  accessChanged(): void {
    this.#enqueue(async () => {
      const source = await this.#open();
      if (this.#source === null) return;
      this.#source = source;
      if (source.isFiltered) await this.#sendSnapshot(source);
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
    if (source === null || this.#sentVersion === null || change.version <= this.#sentVersion) return;
    if (change.version === this.#sentVersion + 1) await this.#sendChanges(source, [change]);
    else await this.#resume(source, this.#sentVersion);
  }

  /** The actor's own version: behind it, something was missed; ahead of it, the actor began anew. */
  async #compare(version: number): Promise<void> {
    const source = this.#source;
    if (source === null || this.#sentVersion === null) return;
    if (version > this.#sentVersion) return await this.#resume(source, this.#sentVersion);
    if (version === this.#sentVersion) {
      this.#olderVersions = 0;
      this.#options.send({ type: 'heartbeat', topic: this.#options.topic, version });
      return;
    }
    // An answer may be overtaken by the change after it; twice in a row it means what it says.
    this.#olderVersions += 1;
    if (this.#olderVersions > 1) await this.#sendSnapshot(source);
  }

  async #resume(source: TopicSource, sinceVersion: number): Promise<void> {
    const changes = await this.#options.gateway.reads.changesSince(source.address, sinceVersion);
    if (changes === null) return await this.#sendSnapshot(source);
    this.#sentVersion = sinceVersion;
    if (changes.length > 0) return await this.#sendChanges(source, changes);
    this.#options.send({ type: 'heartbeat', topic: this.#options.topic, version: sinceVersion });
  }

  async #sendChanges(source: TopicSource, changes: readonly Change[]): Promise<void> {
    const visible: Change[] = [];
    for (const change of changes) visible.push(await source.visible(change));
    const last = changes.at(-1);
    if (last === undefined || this.#isEnded) return;
    this.#sentVersion = last.version;
    this.#options.send({ type: 'changes', topic: this.#options.topic, changes: visible });
  }

  async #sendSnapshot(source: TopicSource): Promise<void> {
    const snapshot = await source.snapshot();
    if (this.#isEnded) return;
    this.#olderVersions = 0;
    this.#sentVersion = snapshot.version;
    this.#options.send({ type: 'snapshot', topic: this.#options.topic, snapshot });
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
