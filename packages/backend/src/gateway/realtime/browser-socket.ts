import { clientFrameSchema, closeCodes, type ClientFrame, type ServerFrame } from '@foundry/shared/realtime';
import { topicKey, type Topic } from '@foundry/shared/topics';
import type { Logger } from 'pino';
import { WebSocket } from 'ws';
import type { VerifiedSession } from '../../auth/auth.ts';
import { errorMessage } from '../../command-loop/errors.ts';
import { gatewayLimits } from '../../limits.ts';
import type { GatewayServices } from '../services.ts';
import { TopicSubscription, type BrowserState } from './topic-subscription.ts';

export interface BrowserSocketOptions {
  readonly gateway: GatewayServices;
  readonly socket: WebSocket;
  readonly session: VerifiedSession;
  /** Of the upgrade; the session is checked again by them. */
  readonly headers: Headers;
  readonly log: Logger;
}

/** One browser tab: its topics, and the rules that a socket has to keep. */
export class BrowserSocket {
  readonly userId: string;
  readonly sessionTokenHash: string;
  readonly #options: BrowserSocketOptions;
  readonly #socket: WebSocket;
  readonly #subscriptions = new Map<string, TopicSubscription>();
  readonly #stopWatchingAccess: () => void;
  readonly #timers: NodeJS.Timeout[];
  #isAlive = true;
  #frames = 0;

  constructor(options: BrowserSocketOptions) {
    this.#options = options;
    this.#socket = options.socket;
    this.userId = options.session.userId;
    this.sessionTokenHash = options.session.sessionTokenHash;
    this.#stopWatchingAccess = options.gateway.access.watch(this.userId, () => {
      for (const subscription of this.#subscriptions.values()) subscription.accessChanged();
    });
    this.#socket.on('pong', () => {
      this.#isAlive = true;
    });
    this.#timers = [
      setInterval(() => this.#ping(), gatewayLimits.socketPingMs),
      setInterval(() => void this.#checkSession(), gatewayLimits.socketSessionCheckMs),
      setInterval(() => {
        this.#frames = 0;
      }, 1_000),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /** A text from the browser. Anything that is no frame closes the socket. */
  receive(data: unknown): void {
    this.#frames += 1;
    const frame = this.#frames > gatewayLimits.framesPerSecond ? null : parseFrame(data);
    if (frame === null) {
      this.close(closeCodes.badFrame, 'not a frame of this protocol, or too many of them');
      return;
    }
    switch (frame.type) {
      case 'subscribe':
        return this.#subscribe(
          frame.topic,
          frame.sinceVersion === undefined
            ? undefined
            : { version: frame.sinceVersion, visibility: frame.visibility },
        );
      case 'unsubscribe':
        return this.#unsubscribe(topicKey(frame.topic));
      case 'ping':
        return this.send({ type: 'pong', id: frame.id });
    }
  }

  send(frame: ServerFrame): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify(frame));
    if (this.#socket.bufferedAmount > gatewayLimits.socketBufferBytes) {
      this.#options.log.warn({ bufferedBytes: this.#socket.bufferedAmount }, 'a browser reads too slowly');
      this.close(closeCodes.tooSlow, 'too slow');
    }
  }

  /** Ends the connection at once; nothing is sent after the close frame. */
  close(code: number, reason: string): void {
    this.dispose();
    this.#socket.close(code, reason);
    // A browser that is gone or does not read never answers the close.
    setTimeout(() => this.#socket.terminate(), 2_000).unref();
  }

  /** Lets go of everything; the connection has ended, or is about to. */
  dispose(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#stopWatchingAccess();
    for (const subscription of this.#subscriptions.values()) subscription.close();
    this.#subscriptions.clear();
  }

  #subscribe(topic: Topic, has: BrowserState | undefined): void {
    const key = topicKey(topic);
    const known = this.#subscriptions.get(key);
    if (known !== undefined) {
      known.start(has);
      return;
    }
    if (this.#subscriptions.size >= gatewayLimits.subscriptionsPerSocket) {
      this.send({
        type: 'topicError',
        topic,
        error: {
          code: 'too_many_subscriptions',
          message: 'This page watches too much at once. Close some of its tabs, or reload it.',
        },
      });
      return;
    }
    const subscription = new TopicSubscription({
      gateway: this.#options.gateway,
      userId: this.userId,
      topic,
      send: (frame) => this.send(frame),
      onEnded: () => {
        if (this.#subscriptions.get(key) === subscription) this.#subscriptions.delete(key);
      },
      log: this.#options.log,
    });
    this.#subscriptions.set(key, subscription);
    subscription.start(has);
  }

  #unsubscribe(key: string): void {
    this.#subscriptions.get(key)?.close();
    this.#subscriptions.delete(key);
  }

  #ping(): void {
    if (!this.#isAlive) {
      this.dispose();
      this.#socket.terminate();
      return;
    }
    this.#isAlive = false;
    this.#socket.ping();
  }

  /** Sessions end by themselves too; and what was broadcast while this gateway was cut off is found here. */
  async #checkSession(): Promise<void> {
    try {
      const session = await this.#options.gateway.auth.verifySession(this.#options.headers);
      if (session === null) this.close(closeCodes.signedOut, 'signed out');
    } catch (error) {
      this.#options.log.warn({ reason: errorMessage(error) }, 'the session of a socket could not be checked');
    }
  }
}

function parseFrame(data: unknown): ClientFrame | null {
  if (typeof data !== 'string') return null;
  try {
    const frame = clientFrameSchema.safeParse(JSON.parse(data));
    return frame.success ? frame.data : null;
  } catch {
    // Not JSON: no frame either.
    return null;
  }
}
