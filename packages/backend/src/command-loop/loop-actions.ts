import type { CommandOutcome } from '@foundry/shared/envelope';
import { UserError } from 'rivetkit';
import { z } from 'zod';
import { commandLimits } from '../limits.ts';
import type { Catalog } from './catalog.ts';
import type { CommandMessage } from './connections.ts';
import { bulkQueue, messageSchema, type LoopActionContext } from './loop-types.ts';
import { expectTaken } from './queue-watch.ts';
import { storageWatch } from './storage-watch.ts';
import { readChangesSince, readNextOutboxAt, readOutcome, readVersion } from './store-repository.ts';

/** @throws {UserError} unknown_command or invalid_input, before anything is queued. */
function check(context: LoopActionContext, catalog: Catalog, input: unknown): CommandMessage[] {
  const parsed = z.array(messageSchema).min(1).max(commandLimits.commandsPerBulkMessage).safeParse(input);
  if (!parsed.success) {
    throw new UserError(`Not a list of commands: ${parsed.error.issues[0]?.message ?? 'invalid'}`, {
      code: 'invalid_input',
    });
  }
  for (const message of parsed.data) {
    const definition = Object.hasOwn(catalog, message.name) ? catalog[message.name] : undefined;
    if (definition === undefined) {
      throw new UserError(`${context.name} has no command ${message.name}`, { code: 'unknown_command' });
    }
    const body = definition.input.safeParse(message.body);
    if (!body.success) {
      const [issue] = body.error.issues;
      throw new UserError(`${message.name}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'invalid'}`, {
        code: 'invalid_input',
      });
    }
  }
  return parsed.data;
}

async function arm(context: LoopActionContext): Promise<void> {
  context.vars.lastActivityMs = Date.now();
  if (!context.vars.watchdogArmed) {
    context.vars.watchdogArmed = true;
    await context.schedule.after(commandLimits.watchdogMs, 'watchdog');
  }
}

/** What was read once is read again without the engine: that it succeeds says nothing. */
async function reading<T>(context: LoopActionContext, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    storageWatch.failed(context.key, error);
    throw error;
  }
}

/** The actions that every actor with a loop has. */
export function loopActions(catalog: Catalog) {
  return {
    /** The one way in: many commands travel as one message. Answers when they are stored. */
    enqueue: async (context: LoopActionContext, input: unknown): Promise<void> => {
      const messages = check(context, catalog, input);
      const [first] = messages;
      await storageWatch.around(context.key, async () => {
        await arm(context);
        await context.queue.send(messages.length === 1 && first !== undefined ? first.name : bulkQueue, {
          messages,
        });
      });
      expectTaken(context.key);
    },
    /** As `enqueue` for one command, and waits for its outcome; `accepted` when that takes longer than `timeoutMs`. */
    enqueueAndWait: async (
      context: LoopActionContext,
      input: unknown,
      timeoutMs: number,
    ): Promise<CommandOutcome> => {
      const [message] = check(context, catalog, [input]);
      if (message === undefined) {
        throw new UserError('Nothing to do', { code: 'invalid_input' });
      }
      const timeout = Math.min(timeoutMs, commandLimits.maxWaitMs);
      const answer = await storageWatch.around(context.key, async () => {
        await arm(context);
        const answering = context.queue.enqueueAndWait(message.name, { messages: [message] }, { timeout });
        // Nobody says when it is stored: soon, and surely by then.
        const stored = setTimeout(() => expectTaken(context.key), commandLimits.queueCallAfterMs);
        return await answering.finally(() => clearTimeout(stored));
      });
      return (
        answer ??
        (await readOutcome(context.db, message.envelope.commandId)) ?? {
          status: 'accepted',
          commandId: message.envelope.commandId,
        }
      );
    },
    /** What became of a command; null when this actor does not know it (yet, or any more). */
    outcome: async (context: LoopActionContext, commandId: string): Promise<CommandOutcome | null> =>
      await reading(context, async () => await readOutcome(context.db, commandId)),
    /** The topic's version; also the heartbeat of kept connections. */
    version: async (context: LoopActionContext): Promise<number> =>
      await reading(context, async () => await readVersion(context.db)),
    /** Changes a client missed; null when it needs a snapshot. */
    changesSince: async (context: LoopActionContext, version: number) =>
      await readChangesSince(context.db, version),
    /** Target of the watchdog alarm: being called is its purpose, it wakes an actor whose process died at work. */
    watchdog: async (context: LoopActionContext): Promise<void> => {
      context.vars.watchdogArmed = false;
      const nowMs = Date.now();
      const nextOutboxAtMs = await readNextOutboxAt(context.db);
      const busy = nowMs - context.vars.lastActivityMs < 2 * commandLimits.watchdogMs;
      if (busy || nextOutboxAtMs !== null) {
        context.vars.watchdogArmed = true;
        // Idle but for a message that is due later: sleep until then.
        const delayMs = busy || nextOutboxAtMs === null ? 0 : nextOutboxAtMs - nowMs;
        await storageWatch.around(context.key, async () => {
          await context.schedule.after(Math.max(commandLimits.watchdogMs, delayMs), 'watchdog');
        });
      }
    },
  };
}
