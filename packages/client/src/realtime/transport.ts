import { closeCodes, serverFrameSchema } from '@foundry/shared/realtime';
import type { ClientFrame, ServerFrame } from '@foundry/shared/realtime';
import { backoffMs } from './backoff.ts';
import type { ConnectionState } from './connection-state.ts';

export interface TransportOptions {
  url: () => string;
  /**
   * Asked after a connection that came to nothing, because a browser does not tell a refused upgrade from a dead server.
   * Rejects when the server does not answer either, or with an error.
   */
  isSignedOut?: () => Promise<boolean>;
  /** Between two pings, in milliseconds. */
  pingIntervalMs?: number;
  /** Longest silence after a ping before the connection counts as dead, in milliseconds. */
  silenceLimitMs?: number;
  connectTimeoutMs?: number;
  backoffMs?: (attempt: number) => number;
}

/** So many connections in a row that came to nothing while the server answered otherwise: no accident any more. */
const blockedAttempts = 3;

interface TransportEvents {
  onState: (state: ConnectionState) => void;
  onFrame: (frame: ServerFrame) => void;
}

/** Keeps one socket open: connects, watches over it with pings, and connects again after every loss. Knows nothing of topics. */
export class Transport {
  readonly #options: Required<TransportOptions>;
  readonly #events: TransportEvents;
  #state: ConnectionState = { state: 'idle' };
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #pingId = 0;
  /** The server has said something over the current socket; some proxies let one open and then nothing through. */
  #everHeard = false;
  #blocked = false;

  constructor(options: TransportOptions, events: TransportEvents) {
    this.#options = {
      isSignedOut: () => Promise.reject(new Error('nobody can be asked')),
      pingIntervalMs: 15_000,
      silenceLimitMs: 8_000,
      connectTimeoutMs: 10_000,
      backoffMs,
      ...options,
    };
    this.#events = events;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Starts connecting; without effect unless idle. */
  start(): void {
    if (this.#state.state === 'idle') this.#connect(0);
  }

  /** Closes the socket until `start` is called again. */
  stop(): void {
    if (this.#state.state === 'closed' || this.#state.state === 'displaced') return;
    this.#dropSocket();
    this.#become({ state: 'idle' });
  }

  dispose(): void {
    this.#dropSocket();
    this.#become({ state: 'closed', reason: 'disposed' });
  }

  /** Takes the place of another tab, after others had taken this one's. */
  takeBack(): void {
    if (this.#state.state === 'displaced') this.#connect(0);
  }

  /** The network or the tab came back: try now, or make sure that what looks open is alive. */
  wake(): void {
    if (this.#state.state === 'waiting') this.#connect(this.#state.attempt);
    else if (this.#state.state === 'open') this.#ping();
  }

  /** False when there is no open socket; subscriptions are sent again after every opening, so nothing is kept. */
  send(frame: ClientFrame): boolean {
    if (this.#state.state !== 'open' || this.#socket === undefined) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #connect(attempt: number): void {
    this.#dropSocket();
    this.#everHeard = false;
    this.#become({ state: 'connecting', attempt, blocked: this.#blocked });
    const socket = new WebSocket(this.#options.url());
    this.#socket = socket;
    this.#watchdog = setTimeout(() => this.#lost(attempt), this.#options.connectTimeoutMs);
    // A replaced socket may still report things; only the current one counts. An error is always followed by a close.
    const whenCurrent = (act: () => void) => {
      if (this.#socket === socket) act();
    };
    socket.addEventListener('open', () => whenCurrent(() => this.#opened(attempt)));
    socket.addEventListener('message', (event: MessageEvent<unknown>) =>
      whenCurrent(() => this.#receive(event.data)),
    );
    socket.addEventListener('close', (event) => whenCurrent(() => this.#closed(event.code, attempt)));
  }

  #opened(attempt: number): void {
    // The answer to the ping shows that something comes through.
    this.#become({ state: 'open' });
    this.#ping(attempt);
  }

  #receive(data: unknown): void {
    this.#everHeard = true;
    this.#blocked = false;
    this.#heard();
    const frame = parseFrame(data);
    if (frame === undefined) {
      // Skipping a frame could hide a change; a new connection asks for everything missed.
      this.#lost(0);
      return;
    }
    if (frame.type !== 'pong') this.#events.onFrame(frame);
  }

  /** Something arrived: the next ping is due one interval from now. */
  #heard(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#ping(), this.#options.pingIntervalMs);
  }

  #ping(attempt = 0): void {
    clearTimeout(this.#watchdog);
    this.#pingId += 1;
    this.send({ type: 'ping', id: this.#pingId });
    this.#watchdog = setTimeout(() => this.#lost(attempt), this.#options.silenceLimitMs);
  }

  #closed(code: number, attempt: number): void {
    if (code === closeCodes.signedOut) this.#close('signed_out');
    else if (code === closeCodes.protocolVersion) this.#close('protocol_version');
    else if (code === closeCodes.displaced) this.#displaced();
    else this.#lost(this.#everHeard ? 0 : attempt);
  }

  /** Coming back by itself it would displace another tab, and that one the next, for ever. */
  #displaced(): void {
    this.#dropSocket();
    this.#become({ state: 'displaced' });
  }

  #close(reason: 'signed_out' | 'protocol_version'): void {
    this.#dropSocket();
    this.#become({ state: 'closed', reason });
  }

  #lost(attempt: number): void {
    const heard = this.#everHeard;
    this.#dropSocket();
    const waitMs = this.#options.backoffMs(attempt);
    this.#become({
      state: 'waiting',
      attempt: attempt + 1,
      retryAtMs: Date.now() + waitMs,
      blocked: this.#blocked,
    });
    this.#timer = setTimeout(() => this.#connect(attempt + 1), waitMs);
    if (!heard) void this.#askWhy(attempt + 1);
  }

  async #askWhy(failedAttempts: number): Promise<void> {
    let signedOut: boolean;
    try {
      signedOut = await this.#options.isSignedOut();
    } catch {
      // The server cannot be reached to ask, or is failing: no socket could stand, and nothing on the way is to blame.
      this.#setBlocked(false);
      return;
    }
    const { state } = this.#state;
    if (state !== 'waiting' && state !== 'connecting') return;
    if (signedOut) this.#close('signed_out');
    else this.#setBlocked(failedAttempts >= blockedAttempts);
  }

  #setBlocked(blocked: boolean): void {
    if (this.#blocked === blocked) return;
    this.#blocked = blocked;
    if (this.#state.state === 'waiting' || this.#state.state === 'connecting')
      this.#become({ ...this.#state, blocked });
  }

  #dropSocket(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#events.onState(state);
  }
}

function parseFrame(data: unknown): ServerFrame | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const parsed = serverFrameSchema.safeParse(JSON.parse(data));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // Not JSON: treated like a frame of an unknown form.
    return undefined;
  }
}
