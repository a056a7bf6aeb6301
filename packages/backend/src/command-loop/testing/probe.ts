import { asc } from 'drizzle-orm';
import { actor } from 'rivetkit';
import { z } from 'zod';
import { command, type ActorAddress, type ParsedInput } from '../catalog.ts';
import { commandLoop, type LoopActionContext } from '../command-loop.ts';
import { actorDatabase, type ActorDatabase } from '../database.ts';
import { CommandError, RetryLater } from '../errors.ts';
import { effect, Finish, single, transaction } from '../handlers.ts';
import { marks, outbox } from './schema.ts';
import { requireDoor } from '../../engine/door.ts';
import { requireOwnKey } from '../../engine/own-key.ts';

const probeCatalog = {
  /** Writes a mark; refuses the mark `refused`. */
  'probe.command.mark': command(z.object({ mark: z.string() }), z.null()),
  /** A transaction, an outside effect that behaves as told, a transaction. */
  'probe.command.steps': command(
    z.object({
      behaviour: z.enum(['works', 'failsOnce', 'failsAlways', 'refuses', 'later', 'finishes', 'hangs']),
    }),
    z.string(),
    { timeoutMs: 300 },
  ),
  /** Sends a command that the target may not know to a kind of actor that may not exist. */
  'probe.command.forwardTo': command(
    z.object({ kind: z.string(), key: z.array(z.string()), name: z.string() }),
    z.null(),
  ),
  /** Sends marks to other probes. */
  'probe.command.forward': command(
    z.object({ targets: z.array(z.string()), marks: z.array(z.string()) }),
    z.null(),
  ),
};
export type ProbeCatalog = typeof probeCatalog;

export function probeAddress(id: string): ActorAddress<ProbeCatalog> {
  return { kind: 'probe', key: ['probe', id] };
}

/** What the "outside" saw, by probe. Lives in the test's process. */
export const outside = {
  calls: new Map<string, { repeated: boolean }[]>(),
  aborted: new Set<string>(),
};

async function addMark(db: ActorDatabase, mark: string): Promise<void> {
  await db.insert(marks).values({ mark });
}

const outsideCall = effect<ParsedInput<ProbeCatalog, 'probe.command.steps'>, string | Finish>(
  'outside',
  async ({ key, repeated, signal }, { input }) => {
    const id = key.join('/');
    const calls = outside.calls.get(id) ?? [];
    outside.calls.set(id, [...calls, { repeated }]);
    const first = calls.length === 0;
    switch (input.behaviour) {
      case 'works':
        return 'answer';
      case 'finishes':
        return new Finish('early');
      case 'failsOnce':
        if (first) {
          throw new Error('a passing fault');
        }
        return 'answer';
      case 'failsAlways':
        throw new Error('a lasting fault');
      case 'refuses':
        throw new CommandError('refused', 'The outside said no.');
      case 'later':
        if (first) {
          throw new RetryLater(Date.now() + 300, 'come back');
        }
        return 'answer';
      case 'hangs':
        return await new Promise<string>((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            outside.aborted.add(id);
            reject(new Error('aborted'));
          });
        });
    }
  },
);

const loop = commandLoop('probe', probeCatalog, {
  'probe.command.mark': single(async ({ tx }, { input }) => {
    await addMark(tx, input.mark);
    if (input.mark === 'refused') {
      throw new CommandError('refused', 'This mark is refused.');
    }
    return null;
  }),
  'probe.command.steps': {
    steps: [
      transaction('first', async ({ tx }) => await addMark(tx, 'first')),
      outsideCall,
      transaction('last', async ({ tx }, running) => {
        await addMark(tx, 'last');
        return running.resultOf(outsideCall);
      }),
    ],
    onFailure: async ({ tx }, { failure }) => await addMark(tx, `failed: ${failure.code}`),
  },
  'probe.command.forwardTo': single(async ({ send }, { input }) => {
    // No catalog on the address: any name is allowed, as it would be from an older version.
    const target: ActorAddress = { kind: input.kind, key: input.key };
    send(target, input.name, {});
    return null;
  }),
  'probe.command.forward': single(async ({ send }, { input }) => {
    for (const mark of input.marks) {
      for (const target of input.targets) {
        send(probeAddress(target), 'probe.command.mark', { mark });
      }
    }
    return null;
  }),
});

/** An actor that exists only to look at its loop. */
export const probe = actor({
  onBeforeConnect: requireDoor,
  onCreate: requireOwnKey,
  db: actorDatabase(new URL('migrations/', import.meta.url)),
  createVars: loop.createVars,
  queues: loop.queues,
  run: loop.run,
  options: loop.options,
  actions: {
    ...loop.actions,
    outbox: async (c: LoopActionContext) =>
      (await c.db.select().from(outbox)).map(({ command, targetKind, attempts, lastError }) => ({
        command,
        targetKind,
        attempts,
        lastError,
      })),
    marks: async (c: LoopActionContext) =>
      (await c.db.select().from(marks).orderBy(asc(marks.id))).map((row) => row.mark),
  },
});
