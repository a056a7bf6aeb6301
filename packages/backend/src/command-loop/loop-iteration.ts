import type { CommandFailure, CommandOutcome } from '@foundry/shared/envelope';
import { commandLimits } from '../limits.ts';
import type { CommandMessage } from './connections.ts';
import { lookUp, reject, type Executable, type StepAnswer } from './execute.ts';
import { tryReport } from './loop-error-hook.ts';
import { announce, deliver, effectStep, transactionStep } from './loop-steps.ts';
import { noteTaken } from './queue-watch.ts';
import { bulkQueue, queuedSchema, type LoopDefinition, type LoopWorkflow } from './loop-types.ts';

export interface LoopState {
  /** How long the next wait for messages may take; null when the outbox is empty. */
  readonly waitMs: number | null;
}

interface Iteration {
  readonly definition: LoopDefinition;
  readonly loop: LoopWorkflow;
  /** Step names are unique within an iteration; the set of names stays small, because the engine keeps every name for good. */
  label(name: string): string;
  readonly outcomes: Map<string, CommandOutcome>;
  outboxPending: boolean;
}

/** One turn of the loop: takes messages, applies them, delivers what they sent, answers. */
export async function iterate(
  definition: LoopDefinition,
  loop: LoopWorkflow,
  state: LoopState,
): Promise<LoopState> {
  const messages = await loop.queue.nextBatch('next', {
    names: [...Object.keys(definition.catalog), bulkQueue],
    count: commandLimits.messagesPerIteration,
    completable: true,
    ...(state.waitMs === null ? {} : { timeout: state.waitMs }),
  });
  noteTaken(loop.key);
  const used = new Map<string, number>();
  const iteration: Iteration = {
    definition,
    loop,
    label: (name) => {
      const count = (used.get(name) ?? 0) + 1;
      used.set(name, count);
      return count === 1 ? name : `${name} #${count}`;
    },
    outcomes: new Map(),
    outboxPending: state.waitMs !== null,
  };
  const queued = messages.map((message) => queuedSchema.safeParse(message.body));
  if (queued.some((parsed) => !parsed.success)) {
    await loop.tryStep('malformed message', async (step) => {
      await tryReport(
        step.db,
        { kind: step.name, key: step.key },
        {
          command: null,
          step: null,
          attempt: null,
          message: 'A message that is no command arrived in a queue and was dropped',
        },
      );
    });
    iteration.outboxPending = true;
  }
  for (const segment of segments(
    definition,
    queued.flatMap((parsed) => (parsed.success ? parsed.data.messages : [])),
  )) {
    await runSegment(iteration, segment);
  }
  for (const [index, message] of messages.entries()) {
    const parsed = queued[index];
    const [only, ...more] = parsed?.success === true ? parsed.data.messages : [];
    const outcome =
      only !== undefined && more.length === 0
        ? (iteration.outcomes.get(only.envelope.commandId) ?? null)
        : null;
    await message.complete(outcome);
  }
  // Whoever waits has the answer now; a receiver of the outbox that does not answer must not keep it from them.
  if (!iteration.outboxPending) {
    return { waitMs: null };
  }
  const delivered = await loop.tryStep({
    name: 'deliver outbox',
    maxRetries: 0,
    timeout: commandLimits.deliveryTimeoutMs,
    run: deliver,
  });
  return { waitMs: delivered.ok ? delivered.value : commandLimits.outboxPollMs };
}

/** Neighbouring commands of one transaction each are applied together; all others one by one. */
function segments(
  { catalog, handlers }: LoopDefinition,
  messages: readonly CommandMessage[],
): CommandMessage[][] {
  const result: CommandMessage[][] = [];
  for (const message of messages) {
    const executable = lookUp(catalog, handlers, message);
    const batchable =
      executable !== null &&
      executable.handler.steps.length === 1 &&
      executable.handler.steps[0]?.kind === 'transaction';
    const previous = result.at(-1);
    const previousMessage = previous?.[0];
    const previousBatchable =
      previousMessage !== undefined && lookUp(catalog, handlers, previousMessage)?.handler.steps.length === 1;
    if (
      batchable &&
      previous !== undefined &&
      previousBatchable &&
      previous.length < commandLimits.commandsPerBulkMessage
    ) {
      previous.push(message);
    } else {
      result.push([message]);
    }
  }
  return result;
}

async function runSegment(iteration: Iteration, segment: readonly CommandMessage[]): Promise<void> {
  if (segment.length > 1) {
    const executables = segment
      .map((message) => lookUp(iteration.definition.catalog, iteration.definition.handlers, message))
      .filter((executable) => executable !== null);
    const batch = await iteration.loop.tryStep({
      name: iteration.label(batchName(segment)),
      maxRetries: 0,
      timeout: commandLimits.stepTimeoutMs,
      run: async (step) => await transactionStep(step, executables, 0),
    });
    if (batch.ok && batch.value.type === 'applied') {
      note(iteration, batch.value);
      return;
    }
  }
  for (const message of segment) {
    await runOne(iteration, message);
  }
}

async function runOne(iteration: Iteration, message: CommandMessage): Promise<void> {
  const executable = lookUp(iteration.definition.catalog, iteration.definition.handlers, message);
  if (executable === null) {
    await refuse(iteration, null, message, {
      code: 'unknown_command',
      message: `${iteration.loop.name} has no command ${message.name}`,
      retryable: false,
    });
    return;
  }
  for (const [index, step] of executable.handler.steps.entries()) {
    const isEffect = step.kind === 'effect';
    const result = await iteration.loop.tryStep({
      name: iteration.label(index === 0 ? message.name : `${message.name}/${step.name}`),
      maxRetries: commandLimits.stepRetries,
      retryBackoffBase: commandLimits.stepRetryBackoffMs,
      // The abort signal ends an effect first; the step's own timeout is for what does not listen to it.
      timeout: isEffect ? executable.definition.timeoutMs + 2_000 : commandLimits.stepTimeoutMs,
      retryOnTimeout: !isEffect,
      run: async (context) =>
        isEffect
          ? await effectStep(context, executable, index)
          : await transactionStep(context, [executable], index),
    });
    if (!result.ok) {
      const code = result.failure.kind === 'timeout' ? 'timeout' : 'step_failed';
      await refuse(iteration, executable, message, {
        code,
        message: `${message.name} failed: ${result.failure.error.message}`,
        retryable: true,
      });
      return;
    }
    if (result.value.type === 'refused') {
      await refuse(iteration, executable, message, result.value.failure);
      return;
    }
    if (result.value.type === 'later') {
      iteration.outboxPending = true;
      return;
    }
    note(iteration, result.value);
    if (iteration.outcomes.has(message.envelope.commandId)) {
      return;
    }
  }
}

async function refuse(
  iteration: Iteration,
  executable: Executable | null,
  message: CommandMessage,
  failure: CommandFailure,
): Promise<void> {
  const rejected = await iteration.loop.tryStep({
    name: iteration.label(`reject ${executable === null ? 'unknown command' : message.name}`),
    timeout: commandLimits.stepTimeoutMs,
    run: async (step) => {
      const { answer, change } = await reject(step.db, step.key, executable, message, failure);
      announce(step, message, answer);
      if (change !== null) {
        step.broadcast('change', change);
      }
      return answer;
    },
  });
  iteration.outboxPending = true;
  const answer: StepAnswer = rejected.ok
    ? rejected.value
    : {
        kind: 'finished',
        outcome: {
          status: 'failed',
          commandId: message.envelope.commandId,
          failure,
          finishedAt: message.envelope.at,
        },
        fresh: true,
      };
  note(iteration, { answers: [answer], outboxAtMs: null });
}

function note(
  iteration: Iteration,
  report: { answers: readonly StepAnswer[]; outboxAtMs: number | null },
): void {
  iteration.outboxPending ||= report.outboxAtMs !== null;
  for (const answer of report.answers) {
    if (answer.kind === 'finished') {
      iteration.outcomes.set(answer.outcome.commandId, answer.outcome);
    }
  }
}

function batchName(segment: readonly CommandMessage[]): string {
  const kinds = [...new Set(segment.map((message) => message.name))].sort();
  return kinds.length === 1
    ? `${kinds[0]} (batch)`
    : `${kinds.slice(0, 3).join(', ')}${kinds.length > 3 ? ', …' : ''} (batch)`;
}
