import { envelopeSchema, type CommandFailure, type CommandOutcome } from '@foundry/shared/envelope';
import { type ActionContext, queue, UserError } from 'rivetkit';
import {
  Loop,
  workflow,
  type WorkflowContext,
  type WorkflowErrorEvent,
  type WorkflowStepContext,
} from 'rivetkit/workflow';
import { z } from 'zod';
import { commandLimits } from '../limits.ts';
import type { Catalog } from './catalog.ts';
import type { CommandMessage } from './connections.ts';
import type { ActorDatabase, ActorDatabaseProvider } from './database.ts';
import { CommandError, errorMessage, RetryLater } from './errors.ts';
import {
  applyEffectStep,
  applyTransactionStep,
  lookUp,
  postpone,
  reject,
  type Executable,
  type StepAnswer,
} from './execute.ts';
import type { Handlers } from './handlers.ts';
import { stepObserver } from './observer.ts';
import { registerLoop } from './registered.ts';
import { deliverOutbox } from './outbox.ts';
import { resilient } from './resilient.ts';
import { reportIssue, reportsIssue } from './runtime-issue.ts';
import { loopRuntime } from './runtime.ts';
import { readChangesSince, readNextOutboxAt, readOutcome, readVersion } from './store-repository.ts';

const bulkQueue = 'commands';
const messageSchema = z.object({ name: z.string(), body: z.unknown(), envelope: envelopeSchema });
const queuedSchema = z.object({ messages: z.array(messageSchema) });

/** What an actor remembers only while it is awake. */
export interface LoopVars {
  watchdogArmed: boolean;
  lastActivityMs: number;
}

type Queued = ReturnType<typeof queue<{ messages: CommandMessage[] }, CommandOutcome | null>>;
type LoopQueues = Record<string, Queued>;
type NoEvents = Record<never, never>;
/** Context of an action of an actor that runs a command loop. */
export type LoopActionContext = ActionContext<
  undefined,
  undefined,
  undefined,
  LoopVars,
  undefined,
  ActorDatabaseProvider,
  NoEvents,
  LoopQueues
>;
type LoopWorkflow = WorkflowContext<
  undefined,
  undefined,
  undefined,
  LoopVars,
  undefined,
  ActorDatabaseProvider,
  NoEvents,
  LoopQueues
>;
type LoopStep = WorkflowStepContext<
  undefined,
  undefined,
  undefined,
  LoopVars,
  undefined,
  ActorDatabaseProvider,
  NoEvents,
  LoopQueues
>;
type LoopRun = Parameters<
  ReturnType<
    typeof workflow<
      undefined,
      undefined,
      undefined,
      LoopVars,
      undefined,
      ActorDatabaseProvider,
      NoEvents,
      LoopQueues
    >
  >
>[0];

/** What a step tells the orchestration; it is written to the workflow's history. */
type StepReport =
  | { type: 'applied'; answers: StepAnswer[]; outboxAtMs: number | null }
  | { type: 'refused'; failure: CommandFailure }
  | { type: 'later'; atMs: number };

interface LoopState {
  /** How long the next wait for messages may take; null when the outbox is empty. */
  readonly waitMs: number | null;
}

interface Iteration {
  readonly loop: LoopWorkflow;
  /** Step names are unique within an iteration; the set of names stays small, because the engine keeps every name for good. */
  label(name: string): string;
  readonly outcomes: Map<string, CommandOutcome>;
  outboxPending: boolean;
}

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
  const names = [...Object.keys(catalog), bulkQueue];
  const queues: LoopQueues = Object.fromEntries(
    names.map((name) => [name, queue<{ messages: CommandMessage[] }, CommandOutcome | null>()]),
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
          run: async (loop, state) => Loop.continue(await iterate(loop, state)),
        });
      },
      { onError: async (context, problem) => await onError(kind, context, problem) },
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
    },
  );

  async function iterate(loop: LoopWorkflow, state: LoopState): Promise<LoopState> {
    const messages = await loop.queue.nextBatch('next', {
      names,
      count: commandLimits.messagesPerIteration,
      completable: true,
      ...(state.waitMs === null ? {} : { timeout: state.waitMs }),
    });
    const used = new Map<string, number>();
    const iteration: Iteration = {
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
          { kind, key: step.key },
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
      queued.flatMap((parsed) => (parsed.success ? parsed.data.messages : [])),
    )) {
      await runSegment(iteration, segment);
    }
    let waitMs: number | null = null;
    if (iteration.outboxPending) {
      const delivered = await loop.tryStep({
        name: 'deliver outbox',
        maxRetries: 0,
        timeout: 30_000,
        run: deliver,
      });
      waitMs = delivered.ok ? delivered.value : commandLimits.outboxPollMs;
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
    return { waitMs };
  }

  /** Neighbouring commands of one transaction each are applied together; all others one by one. */
  function segments(messages: readonly CommandMessage[]): CommandMessage[][] {
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
        previousMessage !== undefined &&
        lookUp(catalog, handlers, previousMessage)?.handler.steps.length === 1;
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
        .map((message) => lookUp(catalog, handlers, message))
        .filter((executable) => executable !== null);
      const batch = await iteration.loop.tryStep({
        name: iteration.label(batchName(segment)),
        maxRetries: 0,
        timeout: 15_000,
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
    const executable = lookUp(catalog, handlers, message);
    if (executable === null) {
      await refuse(iteration, null, message, {
        code: 'unknown_command',
        message: `${kind} has no command ${message.name}`,
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
        timeout: isEffect ? executable.definition.timeoutMs + 2_000 : 15_000,
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

  async function transactionStep(
    step: LoopStep,
    batch: readonly Executable[],
    index: number,
  ): Promise<StepReport> {
    return await guarded(step, batch, index, async () => {
      const { answers, change } = await applyTransactionStep(step.db, step.key, batch, index);
      if (change !== null) {
        step.broadcast('change', change);
      }
      return [...answers];
    });
  }

  async function effectStep(step: LoopStep, executable: Executable, index: number): Promise<StepReport> {
    return await guarded(step, [executable], index, async () => {
      const signal = AbortSignal.any([
        step.abortSignal,
        AbortSignal.timeout(executable.definition.timeoutMs),
      ]);
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
        await postpone(step.db, { kind, key: step.key }, only.message, error.retryAtMs);
        return { type: 'later', atMs: error.retryAtMs };
      }
      throw error;
    }
  }

  /** Tells whoever listens (the gateways do, for the sender) what became of a command. */
  function announce(step: LoopStep, message: CommandMessage, answer: StepAnswer): void {
    if (answer.kind === 'finished' && answer.fresh) {
      step.broadcast('outcome', { outcome: answer.outcome, by: message.envelope.by });
    }
  }

  async function deliver(step: LoopStep): Promise<number | null> {
    step.vars.lastActivityMs = Date.now();
    return await deliverOutbox(step.db, {
      kind,
      key: step.key,
      enqueueToSelf: async (own) => {
        await step.queue.send(bulkQueue, { messages: [...own] });
      },
    });
  }

  /** @throws {UserError} unknown_command or invalid_input, before anything is queued. */
  function check(input: unknown): CommandMessage[] {
    const parsed = z.array(messageSchema).min(1).max(commandLimits.commandsPerBulkMessage).safeParse(input);
    if (!parsed.success) {
      throw new UserError(`Not a list of commands: ${parsed.error.issues[0]?.message ?? 'invalid'}`, {
        code: 'invalid_input',
      });
    }
    for (const message of parsed.data) {
      const definition = Object.hasOwn(catalog, message.name) ? catalog[message.name] : undefined;
      if (definition === undefined) {
        throw new UserError(`${kind} has no command ${message.name}`, { code: 'unknown_command' });
      }
      const body = definition.input.safeParse(message.body);
      if (!body.success) {
        const [issue] = body.error.issues;
        throw new UserError(
          `${message.name}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'invalid'}`,
          { code: 'invalid_input' },
        );
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

  const actions = {
    /** The one way in: many commands travel as one message. Answers when they are stored. */
    enqueue: async (context: LoopActionContext, input: unknown): Promise<void> => {
      const messages = check(input);
      await arm(context);
      const [first] = messages;
      await context.queue.send(messages.length === 1 && first !== undefined ? first.name : bulkQueue, {
        messages,
      });
    },
    /** As `enqueue` for one command, and waits for its outcome; `accepted` when that takes longer than `timeoutMs`. */
    enqueueAndWait: async (
      context: LoopActionContext,
      input: unknown,
      timeoutMs: number,
    ): Promise<CommandOutcome> => {
      const [message] = check([input]);
      if (message === undefined) {
        throw new UserError('Nothing to do', { code: 'invalid_input' });
      }
      await arm(context);
      const timeout = Math.min(timeoutMs, commandLimits.maxWaitMs);
      const answer = await context.queue.enqueueAndWait(message.name, { messages: [message] }, { timeout });
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
      await readOutcome(context.db, commandId),
    /** The topic's version; also the heartbeat of kept connections. */
    version: async (context: LoopActionContext): Promise<number> => await readVersion(context.db),
    /** Changes a client missed; null when it needs a snapshot. */
    changesSince: async (context: LoopActionContext, version: number) =>
      await readChangesSince(context.db, version),
    /** Target of the watchdog alarm: being called is its purpose, it wakes an actor whose process died at work. */
    watchdog: async (context: LoopActionContext): Promise<void> => {
      context.vars.watchdogArmed = false;
      const busy =
        Date.now() - context.vars.lastActivityMs < 2 * commandLimits.watchdogMs ||
        (await readNextOutboxAt(context.db)) !== null;
      if (busy) {
        context.vars.watchdogArmed = true;
        await context.schedule.after(commandLimits.watchdogMs, 'watchdog');
      }
    },
  };

  return {
    queues,
    run,
    actions,
    createVars: (): LoopVars => ({ watchdogArmed: false, lastActivityMs: Date.now() }),
    options: {
      maxQueueSize: commandLimits.maxQueueSize,
      maxQueueMessageSize: commandLimits.maxQueueMessageSizeBytes,
    },
  };
}

function batchName(segment: readonly CommandMessage[]): string {
  const kinds = [...new Set(segment.map((message) => message.name))].sort();
  return kinds.length === 1
    ? `${kinds[0]} (batch)`
    : `${kinds.slice(0, 3).join(', ')}${kinds.length > 3 ? ', …' : ''} (batch)`;
}

/** The one error hook of every workflow (R6). Fires on every retry: only the last one is an issue. */
async function onError(kind: string, context: LoopRun, problem: WorkflowErrorEvent): Promise<void> {
  const self = { kind, key: context.key };
  if ('step' in problem) {
    const { stepName, attempt, willRetry, error } = problem.step;
    if (
      !willRetry &&
      !reportsIssue({
        name: stepName,
        body: null,
        envelope: { commandId: '-', causedBy: null, by: { kind: 'system' }, at: 0 },
      })
    ) {
      const [command, step] = stepName.split('/');
      await tryReport(context.db, self, {
        command: command ?? stepName,
        step: step ?? null,
        attempt,
        message: error.message,
      });
    }
    return;
  }
  const message = 'workflow' in problem ? problem.workflow.error.message : 'a rollback failed';
  await tryReport(context.db, self, { command: null, step: null, attempt: null, message });
}

/** Reporting must not become a second failure; what could not be written is in the log. */
async function tryReport(
  db: ActorDatabase,
  self: { kind: string; key: readonly string[] },
  report: Parameters<typeof reportIssue>[2],
): Promise<void> {
  const { log } = loopRuntime();
  try {
    await reportIssue(db, self, report, log);
  } catch (error) {
    log.error({ actor: self, report, err: errorMessage(error) }, 'a runtime issue could not be reported');
  }
}
