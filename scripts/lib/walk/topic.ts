import { changeSchema, topicKey, type Change, type Topic } from '@foundry/shared/topics';
import { realtimeProtocolVersion, serverFrameSchema, type ServerFrame } from '@foundry/shared/realtime';
import { WebSocket } from 'ws';
import { z } from 'zod';

const versionSchema = z.object({ version: z.number() });

/** One realtime socket that keeps everything it receives. */
export class Realtime {
  readonly #socket: WebSocket;
  readonly frames: ServerFrame[] = [];
  closeCode: number | null = null;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      this.frames.push(serverFrameSchema.parse(JSON.parse(data.toString('utf8'))));
    });
    socket.on('close', (code) => {
      this.closeCode = code;
    });
    // A close always follows.
    socket.on('error', () => undefined);
  }

  static async open(baseUrl: string, cookie: string): Promise<Realtime> {
    const url = `${baseUrl.replace(/^http/, 'ws')}/api/v1/realtime?protocol=${realtimeProtocolVersion}`;
    const socket = new WebSocket(url, { headers: { cookie, origin: baseUrl } });
    const realtime = new Realtime(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return realtime;
  }

  subscribe(topic: Topic): void {
    this.#socket.send(JSON.stringify({ type: 'subscribe', topic }));
  }

  close(): void {
    this.#socket.close();
  }

  /** The last snapshot of a topic and the changes after it, each version once. */
  received(topic: Topic): { snapshot: unknown; changes: Change[] } {
    const key = topicKey(topic);
    let snapshot: unknown = null;
    let version = -1;
    let changes: Change[] = [];
    for (const frame of this.frames) {
      if (frame.type === 'snapshot' && topicKey(frame.topic) === key) {
        snapshot = frame.snapshot;
        version = versionSchema.parse(frame.snapshot).version;
        changes = [];
      } else if (frame.type === 'changes' && topicKey(frame.topic) === key) {
        for (const change of z.array(changeSchema).parse(frame.changes)) {
          if (change.version > version) {
            changes.push(change);
            version = change.version;
          }
        }
      }
    }
    return { snapshot, changes };
  }

  /** The refusal of a topic, if it was refused. */
  refusal(topic: Topic): { code: string } | null {
    const frame = this.frames.find(
      (one) => one.type === 'topicError' && topicKey(one.topic) === topicKey(topic),
    );
    return frame?.type === 'topicError' ? frame.error : null;
  }
}
