import { actingPartySchema, commandOutcomeSchema } from '@foundry/shared/envelope';
import { closeCodes } from '@foundry/shared/realtime';
import type { Logger } from 'pino';
import { z } from 'zod';
import { gatewayLimits } from '../../limits.ts';
import { BoundedMap } from '../access/bounded-map.ts';
import { externalOutcome } from '../commands/command-ids.ts';
import type { BrowserSocket } from './browser-socket.ts';

const outcomeEventSchema = z.object({ outcome: commandOutcomeSchema, by: actingPartySchema });

/** Every open socket of this gateway, by person. */
export class SocketHub {
  readonly #log: Logger;
  readonly #sockets = new Map<string, Set<BrowserSocket>>();
  /** A socket may be opening while its session ends. */
  readonly #ended = new BoundedMap<string, true>(gatewayLimits.rateLimitKeysMax);
  #isClosed = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  get size(): number {
    return [...this.#sockets.values()].reduce((sum, sockets) => sum + sockets.size, 0);
  }

  /** A socket has opened. The oldest of its person gives way when there are too many. */
  add(socket: BrowserSocket): void {
    if (this.#isClosed) return socket.close(1001, 'stopping');
    if (this.#ended.get(socket.sessionTokenHash) === true)
      return socket.close(closeCodes.signedOut, 'signed out');
    const sockets = this.#sockets.get(socket.userId) ?? new Set();
    this.#sockets.set(socket.userId, sockets);
    const [oldest] = sockets;
    if (sockets.size >= gatewayLimits.socketsPerPerson && oldest !== undefined) {
      this.remove(oldest);
      oldest.close(closeCodes.displaced, 'too many tabs');
    }
    sockets.add(socket);
  }

  remove(socket: BrowserSocket): void {
    const sockets = this.#sockets.get(socket.userId);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#sockets.delete(socket.userId);
  }

  /** A session has ended: its sockets close at once. */
  sessionEnded(sessionTokenHash: string): void {
    this.#ended.set(sessionTokenHash, true);
    for (const sockets of this.#sockets.values()) {
      for (const socket of sockets) {
        if (socket.sessionTokenHash !== sessionTokenHash) continue;
        this.remove(socket);
        socket.close(closeCodes.signedOut, 'signed out');
      }
    }
  }

  /** What became of a command: only the sockets of the person who sent it hear of it. */
  outcome(payload: unknown): void {
    const event = outcomeEventSchema.safeParse(payload);
    if (!event.success) {
      this.#log.error({ reason: event.error.message }, 'an actor broadcast something that is no outcome');
      return;
    }
    const { outcome, by } = event.data;
    if (by.kind !== 'person') return;
    for (const socket of this.#sockets.get(by.userId) ?? []) {
      socket.send({ type: 'outcome', outcome: externalOutcome(by.userId, outcome) });
    }
  }

  /** The gateway stops: browsers come back to another one, or to this one after its restart. */
  close(): void {
    this.#isClosed = true;
    for (const sockets of this.#sockets.values()) {
      for (const socket of sockets) socket.close(1001, 'stopping');
    }
    this.#sockets.clear();
  }
}
