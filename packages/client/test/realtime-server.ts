import { once } from 'node:events';
import { clientFrameSchema } from '@foundry/shared/realtime';
import type { ClientFrame, ServerFrame } from '@foundry/shared/realtime';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

/** A gateway's socket side for tests: records what it is asked and says what the test tells it. */
export class RealtimeServer {
  readonly received: ClientFrame[] = [];
  readonly #server: WebSocketServer;
  /** Answers nothing, not even pings, like a machine that lost its network. */
  silent = false;
  onSubscribe: (frame: Extract<ClientFrame, { type: 'subscribe' }>, server: RealtimeServer) => void = () =>
    undefined;
  connections = 0;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async listen(port = 0): Promise<RealtimeServer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port });
    await once(server, 'listening');
    return new RealtimeServer(server);
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening on a port');
    return address.port;
  }
  get url(): string {
    return `ws://127.0.0.1:${this.port}/`;
  }

  subscriptions(): Extract<ClientFrame, { type: 'subscribe' }>[] {
    return this.received.filter((frame) => frame.type === 'subscribe');
  }

  send(frame: ServerFrame): void {
    this.sendText(JSON.stringify(frame));
  }
  sendText(text: string): void {
    for (const socket of this.#server.clients) socket.send(text);
  }

  disconnectAll(code?: number): void {
    for (const socket of this.#server.clients) {
      if (code === undefined) socket.terminate();
      else socket.close(code);
    }
  }

  async close(): Promise<void> {
    this.disconnectAll();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #accept(socket: WebSocket): void {
    this.connections += 1;
    socket.on('message', (data: Buffer) => {
      const frame = clientFrameSchema.parse(JSON.parse(data.toString('utf8')));
      this.received.push(frame);
      if (this.silent) return;
      if (frame.type === 'ping') socket.send(JSON.stringify({ type: 'pong', id: frame.id }));
      if (frame.type === 'subscribe') this.onSubscribe(frame, this);
    });
  }
}
