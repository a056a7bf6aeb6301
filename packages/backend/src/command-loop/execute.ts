import type { CommandFailure, CommandOutcome } from '@foundry/shared/envelope';
import type { Change } from '@foundry/shared/topics';
import type { Catalog, CommandDefinition } from './catalog.ts';
import { Collector, flush } from './collector.ts';
import type { CommandMessage } from './connections.ts';
import type { ActorDatabase } from './database.ts';
import { CommandError } from './errors.ts';
import { Finish, type CommandHandler, type RunningCommand, type Step } from './handlers.ts';
import { commandLimits } from '../limits.ts';
import { stepObserver } from './observer.ts';
import * as store from './store-repository.ts';

/** What one step of one command ended with. */
export type StepAnswer =
  /** The command is finished; the stored outcome is the answer. */
  | { kind: 'finished'; outcome: CommandOutcome; fresh: boolean }
  /** Go on with the next step. */
  | { kind: 'next' };

export interface AppliedBatch {
  readonly answers: readonly StepAnswer[];
  readonly change: Change | null;
  /** To be sent after the commit. */
  readonly events: readonly { readonly event: string; readonly payload: unknown }[];
}

export interface Executable {
  readonly message: CommandMessage;
  readonly definition: CommandDefinition;
  readonly handler: CommandHandler<unknown>;
}

/** Finds a command's definition and handler. The sender was refused already when the name is unknown; an old queue may still hold one. */
export function lookUp(
  catalog: Catalog,
  handlers: { readonly [name: string]: CommandHandler<never> },
  message: CommandMessage,
): Executable | null {
  const definition = Object.hasOwn(catalog, message.name) ? catalog[message.name] : undefined;
  const handler = Object.hasOwn(handlers, message.name) ? handlers[message.name] : undefined;
  if (definition === undefined || handler === undefined) {
    return null;
  }
  // The catalog's types pair each handler with its own input, and the input is parsed before a handler sees it.
  return { message, definition, handler: handler as CommandHandler<unknown> };
}

/** Parses a body against the catalog. @throws {CommandError} invalid_input */
function parseInput(executable: Executable): unknown {
  const parsed = executable.definition.input.safeParse(executable.message.body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CommandError(
      'invalid_input',
      `${executable.message.name} was refused: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'invalid input'}`.trim(),
    );
  }
  return parsed.data;
}

function running(
  executable: Executable,
  input: unknown,
  results: ReadonlyMap<string, unknown>,
): RunningCommand<unknown> {
  return {
    input,
    envelope: executable.message.envelope,
    // Recorded by the step whose reference is given; the reference carries its type.
    resultOf: <R>(step: { readonly name: string; readonly resultType?: R }) => results.get(step.name) as R,
  };
}

async function earlierResults(
  db: ActorDatabase,
  executable: Executable,
  before: number,
): Promise<Map<string, unknown>> {
  const results = new Map<string, unknown>();
  for (const step of executable.handler.steps.slice(0, before)) {
    const stored = await store.readStep(db, executable.message.envelope.commandId, step.name);
    if (stored?.state === 'done') {
      results.set(step.name, stored.result);
    }
  }
  return results;
}

/** Stores what a finished step returned, and the command's outcome when it was the last one. */
async function settle(
  db: ActorDatabase,
  executable: Executable,
  index: number,
  step: Step,
  result: unknown,
  nowMs: number,
): Promise<StepAnswer> {
  const { envelope, name } = executable.message;
  const last = index === executable.handler.steps.length - 1;
  if (result instanceof Finish || last) {
    const output = result instanceof Finish ? result.output : result;
    const parsed = executable.definition.output.parse(output ?? null);
    return {
      kind: 'finished',
      outcome: await store.writeDone(db, name, envelope, parsed, nowMs),
      fresh: true,
    };
  }
  await store.writeStep(db, envelope.commandId, step.name, { state: 'done', result }, nowMs);
  return { kind: 'next' };
}

async function applyInTransaction(
  tx: ActorDatabase,
  key: readonly string[],
  executable: Executable,
  index: number,
): Promise<{ answer: StepAnswer; collector: Collector | null }> {
  const { envelope } = executable.message;
  const stored = await store.readOutcome(tx, envelope.commandId);
  if (stored?.status === 'done') {
    return { answer: { kind: 'finished', outcome: stored, fresh: false }, collector: null };
  }
  const step = executable.handler.steps[index];
  if (step === undefined || step.kind !== 'transaction') {
    throw new Error(`step ${index} of ${executable.message.name} is not a transaction`);
  }
  const repeated = await store.readStep(tx, envelope.commandId, step.name);
  if (repeated?.state === 'done') {
    return { answer: { kind: 'next' }, collector: null };
  }
  const collector = new Collector(tx, key, Date.now(), envelope, step.name);
  const results = await earlierResults(tx, executable, index);
  const result = await step.run(collector, running(executable, parseInput(executable), results));
  await stepObserver.notify({
    command: executable.message.name,
    step: step.name,
    commandId: envelope.commandId,
    key,
    moment: 'inside',
  });
  return { answer: await settle(tx, executable, index, step, result, collector.nowMs), collector };
}

/**
 * Applies step `index` of each command in one transaction: everything, dedupe rows included, or nothing.
 * @throws {CommandError} when one of them refuses; nothing is applied then.
 */
export async function applyTransactionStep(
  db: ActorDatabase,
  key: readonly string[],
  batch: readonly Executable[],
  index: number,
): Promise<AppliedBatch> {
  return await db.transaction(
    async (tx) => {
      const answers: StepAnswer[] = [];
      const collectors: Collector[] = [];
      for (const executable of batch) {
        const { answer, collector } = await applyInTransaction(tx, key, executable, index);
        answers.push(answer);
        if (collector !== null) {
          collectors.push(collector);
        }
      }
      await store.prune(tx, Date.now());
      return {
        answers,
        change: await flush(tx, collectors),
        events: collectors.flatMap((collector) => collector.events),
      };
    },
    { name: 'command-step', timeout: commandLimits.transactionTimeoutMs },
  );
}

/** Runs an outside effect: intent first, then the effect, then its recorded result. */
export async function applyEffectStep(
  db: ActorDatabase,
  key: readonly string[],
  executable: Executable,
  index: number,
  signal: AbortSignal,
): Promise<StepAnswer> {
  const { envelope } = executable.message;
  const step = executable.handler.steps[index];
  if (step === undefined || step.kind !== 'effect') {
    throw new Error(`step ${index} of ${executable.message.name} is not an effect`);
  }
  const outcome = await store.readOutcome(db, envelope.commandId);
  if (outcome?.status === 'done') {
    return { kind: 'finished', outcome, fresh: false };
  }
  const stored = await store.readStep(db, envelope.commandId, step.name);
  if (stored?.state === 'done') {
    return { kind: 'next' };
  }
  const input = parseInput(executable);
  const results = await earlierResults(db, executable, index);
  if (stored === null) {
    await store.writeStep(db, envelope.commandId, step.name, { state: 'started' }, Date.now());
  }
  const result = await step.run(
    { db, key, signal, repeated: stored !== null },
    running(executable, input, results),
  );
  await stepObserver.notify({
    command: executable.message.name,
    step: step.name,
    commandId: envelope.commandId,
    key,
    moment: 'inside',
  });
  return await db.transaction(async (tx) => await settle(tx, executable, index, step, result, Date.now()), {
    name: 'effect-result',
  });
}

/** Stores a failure, runs the handler's `onFailure` with it, and returns the stored row. */
export async function reject(
  db: ActorDatabase,
  key: readonly string[],
  executable: Executable | null,
  message: CommandMessage,
  failure: CommandFailure,
): Promise<{ answer: StepAnswer; change: Change | null }> {
  return await db.transaction(
    async (tx) => {
      await stepObserver.notify({
        command: message.name,
        step: 'reject',
        commandId: message.envelope.commandId,
        key,
        moment: 'before',
      });
      const nowMs = Date.now();
      const before = await store.readOutcome(tx, message.envelope.commandId);
      const outcome = await store.writeFailed(tx, message.name, message.envelope, failure, nowMs);
      const fresh = before === null;
      await stepObserver.notify({
        command: message.name,
        step: 'reject',
        commandId: message.envelope.commandId,
        key,
        moment: 'inside',
      });
      if (outcome.status !== 'failed' || executable?.handler.onFailure === undefined) {
        return { answer: { kind: 'finished', outcome, fresh }, change: null };
      }
      const collector = new Collector(tx, key, nowMs, message.envelope, 'failure');
      const parsed = executable.definition.input.safeParse(message.body);
      await executable.handler.onFailure(collector, {
        input: parsed.success ? parsed.data : null,
        failure,
        envelope: message.envelope,
      });
      return { answer: { kind: 'finished', outcome, fresh }, change: await flush(tx, [collector]) };
    },
    { name: 'command-reject', timeout: commandLimits.transactionTimeoutMs },
  );
}

/** Runs the same command again at `atMs`: its finished steps return what they returned. */
export async function postpone(
  db: ActorDatabase,
  self: { kind: string; key: readonly string[] },
  message: CommandMessage,
  atMs: number,
): Promise<void> {
  await db.transaction(async (tx) => {
    await store.writeOutbox(tx, [
      {
        id: `${message.envelope.commandId}@${atMs}`,
        targetKind: self.kind,
        targetKey: self.key,
        command: message.name,
        body: message.body,
        envelope: message.envelope,
        notBeforeMs: atMs,
      },
    ]);
  });
}
