import type { CommandOutcome } from '@foundry/shared/envelope';
import { queue } from 'rivetkit';
import { Loop, workflow } from 'rivetkit/workflow';
import { commandLimits } from '../limits.ts';
import type { Catalog } from './catalog.ts';
import type { CommandMessage } from './connections.ts';
import type { ActorDatabaseProvider } from './database.ts';
import type { Handlers } from './handlers.ts';
import { loopActions } from './loop-actions.ts';
import { onError, tryReport } from './loop-error-hook.ts';
import { iterate, type LoopState } from './loop-iteration.ts';
import { bulkQueue, type LoopQueues, type LoopRun, type LoopVars, type NoEvents } from './loop-types.ts';
import { noteListening } from './queue-watch.ts';
import { registerLoop } from './registered.ts';
import { resilient } from './resilient.ts';
import { loopRuntime } from './runtime.ts';

export type { LoopActionContext } from './loop-types.ts';

/**
 * The one loop of the code base: takes commands from an actor's queues, applies them in durable steps, answers, delivers
 * what they sent to others. Its guarantees are numbered in docs/spec/commands.md.
 *
 * @param kind the actor's name in the registry.
 * @returns the parts of an actor's definition that make it take commands.
 */
export function commandLoop<C extends Catalog>(kind: string, catalog: C, handlers: Handlers<C>) {
  registerLoop({
    kind,
    catalog,
    steps: Object.fromEntries(
      Object.keys(catalog).map((name) => [name, (handlers[name]?.steps ?? []).map((step) => step.name)]),
    ),
  });
  const definition = { kind, catalog, handlers };
  const queues: LoopQueues = Object.fromEntries(
    [...Object.keys(catalog), bulkQueue].map((name) => [
      name,
      queue<{ messages: CommandMessage[] }, CommandOutcome | null>(),
    ]),
  );
  const run = resilient<LoopRun>(
    workflow<
      undefined,
      undefined,
      undefined,
      LoopVars,
      undefined,
      ActorDatabaseProvider,
      NoEvents,
      LoopQueues
    >(
      async (root) => {
        await root.loop<LoopState, never>({
          name: 'commands',
          // A first look at the outbox at once: an earlier life of the actor may have left messages.
          state: { waitMs: 10 },
          run: async (loop, state) => Loop.continue(await iterate(definition, loop, state)),
        });
      },
      { onError },
    ),
    async (context, { restarts, message }) => {
      loopRuntime().log.warn({ actor: kind, key: context.key, restarts, message }, 'command loop restarts');
      if (restarts >= commandLimits.restartsUntilIssue) {
        await tryReport(
          context.db,
          { kind, key: context.key },
          { command: null, step: null, attempt: restarts, message: `The command loop restarted: ${message}` },
        );
      }
      if (restarts >= commandLimits.restartsUntilSleep) {
        // The engine may have given this actor's database to another life of it, or to none: then no restart helps here.
        // Asleep, it is started anew by its alarm or by the next call, with a database that is its own.
        context.sleep();
      }
    },
    (context) =>
      noteListening(context.key, async () => {
        await context.queue.send(bulkQueue, { messages: [] });
      }),
  );
  return {
    queues,
    run,
    actions: loopActions(catalog),
    createVars: (): LoopVars => ({ watchdogArmed: false, lastActivityMs: Date.now() }),
    options: {
      maxQueueSize: commandLimits.maxQueueSize,
      maxQueueMessageSize: commandLimits.maxQueueMessageSizeBytes,
    },
  };
}
