import type { CommandMessage } from '../command-loop/connections.ts';
import type { ActorDatabase } from '../command-loop/database.ts';
import { expectTaken } from '../command-loop/queue-watch.ts';

/**
 * What work outside the command loop needs of its actor. Handlers get no actor context, because what they do must not
 * outlive their step; long work (a clone, a followed stream) does, and holds the actor awake meanwhile.
 */
export interface AwakeActor {
  readonly actorId: string;
  readonly key: readonly string[];
  readonly db: ActorDatabase;
  readonly abortSignal: AbortSignal;
  keepAwake<T>(promise: Promise<T>): Promise<T>;
  readonly queue: { send(name: 'commands', body: { messages: CommandMessage[] }): Promise<unknown> };
  readonly schedule: { after(durationMs: number, action: string): Promise<string> };
}

const awake = new Map<string, AwakeActor>();

function idOf(kind: string, key: readonly string[]): string {
  return `${kind} ${key.join('/')}`;
}

/** Called when an actor wakes; a later life of the same actor replaces the earlier one. */
export function noteAwake(kind: string, actor: AwakeActor): void {
  const id = idOf(kind, actor.key);
  awake.set(id, actor);
  actor.abortSignal.addEventListener(
    'abort',
    () => {
      if (awake.get(id) === actor) {
        awake.delete(id);
      }
    },
    { once: true },
  );
}

/** Whether that actor is awake in this process. */
export function isAwake(kind: string, key: readonly string[]): boolean {
  return awake.has(idOf(kind, key));
}

/** @throws when that actor is not awake in this process; whoever runs inside one of its steps may rely on it. */
export function awakeActor(kind: string, key: readonly string[]): AwakeActor {
  const actor = awake.get(idOf(kind, key));
  if (actor === undefined) {
    throw new Error(`${idOf(kind, key)} is not awake in this process`);
  }
  return actor;
}

/** Puts commands into the actor's own queue; they are stored when this returns. */
export async function enqueueToSelf(
  actor: Pick<AwakeActor, 'key' | 'queue'>,
  ...messages: readonly CommandMessage[]
): Promise<void> {
  await actor.queue.send('commands', { messages: [...messages] });
  expectTaken(actor.key);
}
