import type { MessageId } from '@foundry/shared/ids';
import { topicKey } from '@foundry/shared/topics';
import type { Api, SessionAddress } from '../api.ts';
import { toApiError } from '../api-error.ts';
import type { ApiError } from '../api-error.ts';
import { randomId } from '../random-id.ts';
import { backoffMs } from '../realtime/backoff.ts';

/** A message that this tab has sent and the session has not shown yet. */
export interface OutgoingMessage {
  messageId: MessageId;
  text: string;
  sentAtMs: number;
  /** `sending` includes repeats after a lost answer; `refused` is a definite no; `unconfirmed` may have arrived. */
  state: 'sending' | 'refused' | 'unconfirmed' | 'accepted';
  error: ApiError | null;
}

const maxAttempts = 4;
const none: readonly OutgoingMessage[] = [];

/** Sends messages at once on the screen, and to the server as often as needed under the same id. */
export class OutgoingMessages {
  readonly #api: Pick<Api, 'sendMessage'>;
  readonly #backoffMs: (attempt: number) => number;
  readonly #bySession = new Map<string, readonly OutgoingMessage[]>();
  readonly #listeners = new Set<() => void>();

  constructor(api: Pick<Api, 'sendMessage'>, wait: (attempt: number) => number = backoffMs) {
    this.#api = api;
    this.#backoffMs = wait;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stable between changes, as useSyncExternalStore wants it. */
  of(at: SessionAddress): readonly OutgoingMessage[] {
    return this.#bySession.get(keyOf(at)) ?? none;
  }

  /** Resolves once the message is accepted, refused, or given up on for now; never throws, the list has the error. */
  async send(at: SessionAddress, text: string): Promise<MessageId> {
    const messageId = randomId();
    const message: OutgoingMessage = { messageId, text, sentAtMs: Date.now(), state: 'sending', error: null };
    this.#set(at, [...this.of(at), message]);
    await this.#deliver(at, message);
    return messageId;
  }

  /** Sends an unconfirmed or refused message again, with the id it already has. */
  async retry(at: SessionAddress, messageId: MessageId): Promise<void> {
    const message = this.of(at).find((candidate) => candidate.messageId === messageId);
    if (message === undefined || message.state === 'sending') return;
    await this.#deliver(at, message);
  }

  /** Forgets a message: the session shows it now, or its sender gave it up. */
  forget(at: SessionAddress, messageIds: readonly MessageId[]): void {
    const kept = this.of(at).filter((message) => !messageIds.includes(message.messageId));
    if (kept.length !== this.of(at).length) this.#set(at, kept);
  }

  async #deliver(at: SessionAddress, message: OutgoingMessage): Promise<void> {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      this.#patch(at, message.messageId, { state: 'sending', error: null });
      try {
        await this.#api.sendMessage(at, { messageId: message.messageId, text: message.text });
        this.#patch(at, message.messageId, { state: 'accepted' });
        return;
      } catch (thrown) {
        const error = toApiError(thrown);
        // The answer's form was wrong, but the server did say yes.
        if (error.status >= 200 && error.status < 300) {
          this.#patch(at, message.messageId, { state: 'accepted' });
          return;
        }
        if (!error.outcomeUnknown) {
          this.#patch(at, message.messageId, { state: 'refused', error });
          return;
        }
        if (attempt === maxAttempts - 1) this.#patch(at, message.messageId, { state: 'unconfirmed', error });
        else await sleep(error.retryAfterMs ?? this.#backoffMs(attempt));
      }
    }
  }

  #patch(at: SessionAddress, messageId: MessageId, patch: Partial<OutgoingMessage>): void {
    this.#set(
      at,
      this.of(at).map((message) => (message.messageId === messageId ? { ...message, ...patch } : message)),
    );
  }

  #set(at: SessionAddress, messages: readonly OutgoingMessage[]): void {
    this.#bySession.set(keyOf(at), messages);
    for (const listener of this.#listeners) listener();
  }
}

function keyOf(at: SessionAddress): string {
  return topicKey({ kind: 'session', ...at });
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
