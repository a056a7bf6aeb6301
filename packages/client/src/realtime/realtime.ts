import type { CommandOutcome } from '@foundry/shared/envelope';
import type { ServerFrame } from '@foundry/shared/realtime';
import { topicKey } from '@foundry/shared/topics';
import type { Topic } from '@foundry/shared/topics';
import type { StateByTopic, TopicKind } from '../reducers/topic-state.ts';
import type { ConnectionState } from './connection-state.ts';
import { TopicEntry } from './topic-entry.ts';
import type { Resubscribe, TopicView } from './topic-entry.ts';
import { Transport } from './transport.ts';
import type { TransportOptions } from './transport.ts';

export type TopicOf<K extends TopicKind> = Extract<Topic, { kind: K }>;

export interface RealtimeOptions extends TransportOptions {
  /** How long a topic stays subscribed after its last listener left, so that going back is instant. In milliseconds. */
  lingerMs?: number;
  /** A subscription without an answer for this long is sent again. In milliseconds. */
  answerTimeoutMs?: number;
}

/** All topics of a tab over one connection. Screens subscribe and read; reference counts decide what the gateway sends. */
export class Realtime {
  readonly #transport: Transport;
  readonly #entries = new Map<string, TopicEntry>();
  readonly #stateListeners = new Set<() => void>();
  readonly #outcomeListeners = new Set<(outcome: CommandOutcome) => void>();
  readonly #lingerMs: number;
  readonly #answerTimeoutMs: number;
  #overdueCheck: ReturnType<typeof setInterval> | undefined;

  constructor(options: RealtimeOptions) {
    this.#lingerMs = options.lingerMs ?? 20_000;
    this.#answerTimeoutMs = options.answerTimeoutMs ?? 10_000;
    this.#transport = new Transport(options, {
      onState: (state) => this.#stateChanged(state),
      onFrame: (frame) => this.#receive(frame),
    });
  }

  get connectionState(): ConnectionState {
    return this.#transport.state;
  }

  subscribeConnection(listener: () => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /** Outcomes of this tab's commands, as the gateway reports them. */
  onOutcome(listener: (outcome: CommandOutcome) => void): () => void {
    this.#outcomeListeners.add(listener);
    return () => this.#outcomeListeners.delete(listener);
  }

  /** Watches a topic until the returned function is called. */
  subscribe<K extends TopicKind>(topic: TopicOf<K>, listener: () => void): () => void {
    const entry = this.#entry(topic);
    clearTimeout(entry.lingerTimer);
    const isNew = entry.listeners.size === 0 && entry.lingerTimer === undefined;
    entry.lingerTimer = undefined;
    entry.listeners.add(listener);
    if (isNew) this.#ask(entry, 'resume');
    this.#transport.start();
    return () => {
      entry.listeners.delete(listener);
      if (entry.listeners.size > 0) return;
      entry.lingerTimer = setTimeout(() => this.#forget(entry), this.#lingerMs);
    };
  }

  view<K extends TopicKind>(topic: TopicOf<K>): TopicView<K> {
    return this.#entry(topic).view;
  }

  /** Changes a topic's state outside the stream. */
  update<K extends TopicKind>(topic: TopicOf<K>, change: (state: StateByTopic[K]) => StateByTopic[K]): void {
    this.#entry(topic).update(change);
  }

  /** Asks for a topic again, for example after its error was dealt with. */
  refresh(topic: Topic): void {
    const entry = this.#entries.get(topicKey(topic));
    if (entry !== undefined) this.#ask(entry, 'fresh');
  }

  /** Asks for a displaced tab's place again. */
  takeBack(): void {
    this.#transport.takeBack();
  }

  /** To be called when the network or the tab comes back. */
  wake(): void {
    this.#transport.wake();
  }

  dispose(): void {
    for (const entry of this.#entries.values()) clearTimeout(entry.lingerTimer);
    this.#entries.clear();
    this.#transport.dispose();
  }

  #entry<K extends TopicKind>(topic: TopicOf<K>): TopicEntry<K> {
    const key = topicKey(topic);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      // Both the topic's type parameter and the entry's come from the same `kind`, which TypeScript cannot follow.
      entry = new TopicEntry<TopicKind>(topic.kind, topic, this.#answerTimeoutMs);
      this.#entries.set(key, entry);
    }
    return entry as TopicEntry<K>; // the key begins with the kind
  }

  #forget(entry: TopicEntry): void {
    this.#entries.delete(topicKey(entry.topic));
    this.#transport.send({ type: 'unsubscribe', topic: entry.topic });
    if (this.#entries.size === 0) this.#transport.stop();
  }

  #ask(entry: TopicEntry, how: Exclude<Resubscribe, null>): void {
    const held = how === 'resume' ? entry.held : {};
    const sent = this.#transport.send({ type: 'subscribe', topic: entry.topic, ...held });
    if (sent) entry.asked(Date.now());
  }

  #stateChanged(state: ConnectionState): void {
    const open = state.state === 'open';
    for (const entry of this.#entries.values()) {
      entry.setConnected(open);
      if (open) this.#ask(entry, 'resume');
    }
    clearInterval(this.#overdueCheck);
    if (open) this.#overdueCheck = setInterval(() => this.#askOverdue(), this.#answerTimeoutMs);
    for (const listener of this.#stateListeners) listener();
  }

  #askOverdue(): void {
    const nowMs = Date.now();
    for (const entry of this.#entries.values()) if (entry.isOverdue(nowMs)) this.#ask(entry, 'fresh');
  }

  #receive(frame: ServerFrame): void {
    if (frame.type === 'pong') return;
    if (frame.type === 'outcome') {
      for (const listener of this.#outcomeListeners) listener(frame.outcome);
      return;
    }
    const entry = this.#entries.get(topicKey(frame.topic));
    if (entry === undefined) return;
    const resubscribe = entry.receive(frame, Date.now());
    if (resubscribe !== null) this.#ask(entry, resubscribe);
  }
}
