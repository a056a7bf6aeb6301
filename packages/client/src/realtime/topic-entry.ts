import type { ServerFrame } from '@foundry/shared/realtime';
import type { Topic } from '@foundry/shared/topics';
import { ApiError } from '../api-error.ts';
import { applyChanges, topicReducers } from '../reducers/topic-state.ts';
import type { StateByTopic, TopicKind } from '../reducers/topic-state.ts';

type SnapshotFrame = Extract<ServerFrame, { type: 'snapshot' }>;

/** What a screen sees of a topic. `data` stays readable while the connection is away. */
export type TopicView<K extends TopicKind> =
  | { status: 'loading'; data: null; error: null }
  | { status: 'live'; data: StateByTopic[K]; error: null }
  | { status: 'reconnecting'; data: StateByTopic[K]; error: null }
  | { status: 'error'; data: StateByTopic[K] | null; error: ApiError };

/** `resume` asks for the changes after the known version, `fresh` for a new snapshot. */
export type Resubscribe = 'resume' | 'fresh' | null;

/** One watched topic: its state, who listens, and what has been asked of the gateway. */
export class TopicEntry<K extends TopicKind = TopicKind> {
  readonly kind: K;
  readonly topic: Topic;
  readonly #answerTimeoutMs: number;
  readonly listeners = new Set<() => void>();
  #view: TopicView<K> = { status: 'loading', data: null, error: null };
  #data: StateByTopic[K] | null = null;
  #visibility: string | undefined;
  /** A subscription was sent whose answer has not arrived. */
  #askedAtMs: number | null = null;
  #behindHeartbeats = 0;
  lingerTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(kind: K, topic: Topic, answerTimeoutMs: number) {
    this.kind = kind;
    this.topic = topic;
    this.#answerTimeoutMs = answerTimeoutMs;
  }

  get view(): TopicView<K> {
    return this.#view;
  }
  /** What is here already, as the gateway is told it when the topic is resumed. */
  get held(): { sinceVersion?: number; visibility?: string } {
    if (this.#data === null) return {};
    const visibility = this.#visibility === undefined ? {} : { visibility: this.#visibility };
    return { sinceVersion: this.#data.version, ...visibility };
  }

  asked(nowMs: number): void {
    this.#askedAtMs = nowMs;
  }

  /** The connection is away (or back): keeps the data and says so. */
  setConnected(connected: boolean): void {
    if (connected || this.#data === null || this.#view.status !== 'live') return;
    this.#setView({ status: 'reconnecting', data: this.#data, error: null });
  }

  /** Changes the state outside the stream, for example by a further page read over HTTP. */
  update(change: (state: StateByTopic[K]) => StateByTopic[K]): void {
    if (this.#data === null) return;
    const next = change(this.#data);
    if (next === this.#data) return;
    this.#data = next;
    this.#setView({ ...this.#view, data: next } as TopicView<K>); // the same status with newer data
  }

  fail(error: ApiError): void {
    this.#askedAtMs = null;
    this.#setView({ status: 'error', data: this.#data, error });
  }

  /** Takes a frame for this topic; the answer says whether the gateway must be asked again. */
  receive(frame: Extract<ServerFrame, { topic: Topic }>, nowMs: number): Resubscribe {
    switch (frame.type) {
      case 'snapshot':
        return this.#receiveSnapshot(frame);
      case 'changes':
        return this.#receiveChanges(frame, nowMs);
      case 'heartbeat':
        return this.#receiveHeartbeat(frame.version, nowMs);
      case 'topicError':
        this.fail(new ApiError({ ...frame.error, status: 422 }));
        return null;
    }
  }

  #receiveSnapshot({ snapshot, visibility }: SnapshotFrame): Resubscribe {
    this.#askedAtMs = null;
    this.#behindHeartbeats = 0;
    try {
      this.#live(topicReducers[this.kind].fromSnapshot(snapshot, this.#data ?? undefined));
      this.#visibility = visibility;
    } catch (cause) {
      const message = 'The server sent data that this page does not understand. Reload the page.';
      this.fail(new ApiError({ code: 'unexpected_answer', message, status: 422, cause }));
    }
    return null;
  }

  #receiveChanges(frame: Parameters<typeof applyChanges>[2], nowMs: number): Resubscribe {
    if (this.#data === null) return null;
    const result = applyChanges(this.kind, this.#data, frame);
    if (result.outcome === 'applied') {
      this.#askedAtMs = null;
      this.#behindHeartbeats = 0;
      this.#live(result.state);
      return null;
    }
    this.#data = result.state;
    if (result.outcome === 'reload') return 'fresh';
    // A change that overtook the answer to our question is no second reason to ask.
    return this.#isWaiting(nowMs) ? null : 'resume';
  }

  #receiveHeartbeat(version: number, nowMs: number): Resubscribe {
    if (this.#data === null) return null;
    if (version === this.#data.version) {
      this.#behindHeartbeats = 0;
      this.#askedAtMs = null;
      this.#live(this.#data);
      return null;
    }
    if (this.#isWaiting(nowMs)) return null;
    // One heartbeat may cross a change on its way; a lower version twice means that the server began anew.
    this.#behindHeartbeats += 1;
    if (version > this.#data.version) return this.#behindHeartbeats > 3 ? 'fresh' : 'resume';
    return this.#behindHeartbeats > 1 ? 'fresh' : null;
  }

  /** Asked, and the answer may still come. */
  #isWaiting(nowMs: number): boolean {
    return this.#askedAtMs !== null && !this.isOverdue(nowMs);
  }

  /** Asked so long ago that the question or its answer must have been lost. */
  isOverdue(nowMs: number): boolean {
    return this.#askedAtMs !== null && nowMs - this.#askedAtMs >= this.#answerTimeoutMs;
  }

  #live(data: StateByTopic[K]): void {
    if (data === this.#data && this.#view.status === 'live') return;
    this.#data = data;
    this.#setView({ status: 'live', data, error: null });
  }

  #setView(view: TopicView<K>): void {
    this.#view = view;
    for (const listener of this.listeners) listener();
  }
}
