import { closeCodes, serverFrameSchema } from '@foundry/shared/realtime';
import type { ClientFrame, ServerFrame } from '@foundry/shared/realtime';
import { backoffMs } from './backoff.ts';
import type { ConnectionState } from './connection-state.ts';

export interface TransportOptions {
  url: () => string;
  /** Asked after a connection that never opened, because a browser does not tell a refused upgrade from a dead server. */
  isSignedOut?: () => Promise<boolean>;
  /** Between two pings, in milliseconds. */
  pingIntervalMs?: number;
  /** Longest silence after a ping before the connection counts as dead, in milliseconds. */
  silenceLimitMs?: number;
  connectTimeoutMs?: number;
  backoffMs?: (attempt: number) => number;
}

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
  #everOpened = false;

  constructor(options: TransportOptions, events: TransportEvents) {
    this.#options = {
      isSignedOut: () => Promise.resolve(false),
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
    if (this.#state.state === 'closed') return;
    this.#dropSocket();
    this.#become({ state: 'idle' });
  }

  dispose(): void {
    this.#dropSocket();
    this.#become({ state: 'closed', reason: 'disposed' });
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
    this.#everOpened = false;
    this.#become({ state: 'connecting', attempt });
    const socket = new WebSocket(this.#options.url());
    this.#socket = socket;
    this.#watchdog = setTimeout(() => this.#lost(attempt), this.#options.connectTimeoutMs);
    // A replaced socket may still report things; only the current one counts. An error is always followed by a close.
    const whenCurrent = (act: () => void) => {
      if (this.#socket === socket) act();
    };
    socket.addEventListener('open', () => whenCurrent(() => this.#opened()));
    socket.addEventListener('message', (event: MessageEvent<unknown>) =>
      whenCurrent(() => this.#receive(event.data)),
    );
    socket.addEventListener('close', (event) => whenCurrent(() => this.#closed(event.code, attempt)));
  }

  #opened(): void {
    this.#everOpened = true;
    this.#heard();
    this.#become({ state: 'open' });
  }

  #receive(data: unknown): void {
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

  #ping(): void {
    clearTimeout(this.#watchdog);
    this.#pingId += 1;
    this.send({ type: 'ping', id: this.#pingId });
    this.#watchdog = setTimeout(() => this.#lost(0), this.#options.silenceLimitMs);
  }

  #closed(code: number, attempt: number): void {
    if (code === closeCodes.signedOut) this.#close('signed_out');
    else if (code === closeCodes.protocolVersion) this.#close('protocol_version');
    else this.#lost(this.#everOpened ? 0 : attempt);
  }

  #close(reason: 'signed_out' | 'protocol_version'): void {
    this.#dropSocket();
    this.#become({ state: 'closed', reason });
  }

  #lost(attempt: number): void {
    const opened = this.#everOpened;
    this.#dropSocket();
    const waitMs = this.#options.backoffMs(attempt);
    this.#become({ state: 'waiting', attempt: attempt + 1, retryAtMs: Date.now() + waitMs });
    this.#timer = setTimeout(() => this.#connect(attempt + 1), waitMs);
    if (!opened) void this.#checkSession();
  }

  async #checkSession(): Promise<void> {
    let signedOut: boolean;
    try {
      signedOut = await this.#options.isSignedOut();
    } catch {
      // The server cannot be reached to ask, which the next attempt will find out by itself.
      return;
    }
    if (signedOut && this.#state.state !== 'open' && this.#state.state !== 'closed')
      this.#close('signed_out');
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
