import type { CommandMessage } from './connections.ts';
import { CommandError, RetryLater } from './errors.ts';
import {
  applyEffectStep,
  applyTransactionStep,
  postpone,
  type Executable,
  type StepAnswer,
} from './execute.ts';
import { bulkQueue, type LoopStep, type StepReport } from './loop-types.ts';
import { stepObserver } from './observer.ts';
import { deliverOutbox } from './outbox.ts';
import { expectTaken } from './queue-watch.ts';
import { readNextOutboxAt } from './store-repository.ts';

export async function transactionStep(
  step: LoopStep,
  batch: readonly Executable[],
  index: number,
): Promise<StepReport> {
  return await guarded(step, batch, index, async () => {
    const { answers, change, events } = await applyTransactionStep(step.db, step.key, batch, index);
    if (change !== null) {
      step.broadcast('change', change);
    }
    for (const { event, payload } of events) {
      step.broadcast(event, payload);
    }
    return [...answers];
  });
}

export async function effectStep(step: LoopStep, executable: Executable, index: number): Promise<StepReport> {
  return await guarded(step, [executable], index, async () => {
    const signal = AbortSignal.any([step.abortSignal, AbortSignal.timeout(executable.definition.timeoutMs)]);
    return [await step.keepAwake(applyEffectStep(step.db, step.key, executable, index, signal))];
  });
}

/** Turns a refusal or a "later" into a value: only what a retry may cure leaves the step as an error. */
async function guarded(
  step: LoopStep,
  batch: readonly Executable[],
  index: number,
  apply: () => Promise<StepAnswer[]>,
): Promise<StepReport> {
  step.vars.lastActivityMs = Date.now();
  const observe = async (moment: 'before' | 'after'): Promise<void> => {
    for (const { handler, message } of batch) {
      await stepObserver.notify({
        command: message.name,
        step: handler.steps[index]?.name ?? '',
        commandId: message.envelope.commandId,
        key: step.key,
        moment,
      });
    }
  };
  try {
    await observe('before');
    const answers = await apply();
    await observe('after');
    batch.forEach((executable, at) => {
      const answer = answers[at];
      if (answer !== undefined) {
        announce(step, executable.message, answer);
      }
    });
    return { type: 'applied', answers, outboxAtMs: await readNextOutboxAt(step.db) };
  } catch (error) {
    if (error instanceof CommandError) {
      return { type: 'refused', failure: error.failure };
    }
    const [only] = batch;
    if (error instanceof RetryLater && only !== undefined) {
      await postpone(step.db, { kind: step.name, key: step.key }, only.message, error.retryAtMs);
      return { type: 'later', atMs: error.retryAtMs };
    }
    throw error;
  }
}

/** Tells whoever listens (the gateways do, for the sender) what became of a command. */
export function announce(step: LoopStep, message: CommandMessage, answer: StepAnswer): void {
  if (answer.kind === 'finished' && answer.fresh) {
    step.broadcast('outcome', { outcome: answer.outcome, by: message.envelope.by });
  }
}

export async function deliver(step: LoopStep): Promise<number | null> {
  step.vars.lastActivityMs = Date.now();
  return await deliverOutbox(step.db, {
    kind: step.name,
    key: step.key,
    enqueueToSelf: async (own) => {
      await step.queue.send(bulkQueue, { messages: [...own] });
      expectTaken(step.key);
    },
  });
}
