import { realtimeProtocolVersion, serverFrameSchema, type ServerFrame } from '@foundry/shared/realtime';
import { topicKey, type Change, type Topic } from '@foundry/shared/topics';
import { afterEach, vi } from 'vitest';
import { WebSocket } from 'ws';
import { publicUrl, type Role, type World } from './world.ts';

/** A socket as a browser's page has it, which keeps every frame. */
export class Browser {
  readonly frames: ServerFrame[] = [];
  closeCode: number | null = null;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      this.frames.push(serverFrameSchema.parse(JSON.parse(data.toString('utf8'))));
    });
    socket.on('close', (code) => {
      this.closeCode = code;
    });
    socket.on('error', () => undefined); // a close follows
  }

  /** @throws with the status when the upgrade is refused. */
  static async open(
    url: string,
    headers: Record<string, string>,
    query = `?protocol=${realtimeProtocolVersion}`,
    origin: string = publicUrl,
  ): Promise<Browser> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/realtime${query}`, {
      headers: { ...headers, origin },
    });
    const browser = new Browser(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('unexpected-response', (_request, response) => {
        reject(new Error(`status ${response.statusCode}`));
      });
      socket.once('error', reject);
    });
    return browser;
  }

  send(frame: unknown): void {
    this.#socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** Stops reading from the network, as a sleeping laptop does. */
  pause(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#socket.close();
  }

  subscribe(topic: Topic, has: { sinceVersion?: number; visibility?: string | undefined } = {}): void {
    this.send({ type: 'subscribe', topic, ...has });
  }

  of<K extends ServerFrame['type']>(type: K, topic?: Topic): Extract<ServerFrame, { type: K }>[] {
    return this.frames.filter(
      (frame): frame is Extract<ServerFrame, { type: K }> =>
        frame.type === type &&
        (topic === undefined || ('topic' in frame && topicKey(frame.topic) === topicKey(topic))),
    );
  }

  /** The `count`th frame of a kind, waited for. */
  async next<K extends ServerFrame['type']>(
    type: K,
    topic?: Topic,
    count = 1,
  ): Promise<Extract<ServerFrame, { type: K }>> {
    return await vi.waitUntil(() => this.of(type, topic)[count - 1], { timeout: 12_000 });
  }

  changes(topic: Topic): Change[] {
    return this.of('changes', topic).flatMap((frame) => frame.changes);
  }
}

/** Opens browsers of people with a role, which are closed after each test of the file that calls it. */
export function browsersPerTest(world: () => World): (role: Role, url?: string) => Promise<Browser> {
  const browsers: Browser[] = [];
  afterEach(() => {
    for (const browser of browsers.splice(0)) browser.close();
  });
  return async (role, url = world().url) => {
    const browser = await Browser.open(url, await world().signIn(role));
    browsers.push(browser);
    return browser;
  };
}
