import type { CommandFailure, Envelope } from '@foundry/shared/envelope';
import type { Remove, Upsert } from '@foundry/shared/topics';
import type { ActorAddress, Catalog, CommandInput, CommandName, ParsedInput } from './catalog.ts';
import type { ActorDatabase } from './database.ts';

/** What a line of the audit log says; who, when and why come from the envelope. */
export interface AuditNote {
  action: string;
  subject: string;
  summary: string;
  repositoryId?: string | null;
}

/** What a transaction step may do. Everything here is committed together, or not at all. */
export interface TransactionContext {
  readonly tx: ActorDatabase;
  readonly key: readonly string[];
  readonly nowMs: number;
  /** Writes a message to the outbox. It is delivered after the commit, with retries, and recognised by id on arrival (R5). */
  readonly send: <C extends Catalog, N extends CommandName<C>>(
    to: ActorAddress<C>,
    name: N,
    body: CommandInput<C, N>,
    options?: { delayMs?: number },
  ) => void;
  /** A line for the organization's audit log. */
  readonly audit: (note: AuditNote) => void;
  /** Entities of this actor's topic that this transaction changed. */
  readonly upsert: (...changes: Upsert[]) => void;
  readonly remove: (...changes: Remove[]) => void;
  /** Too much changed to list: everybody reads a new snapshot. */
  readonly reload: () => void;
  /** An event of its own for whoever listens now, sent after the commit. Nothing keeps it: for hints, never for state. */
  readonly broadcast: (event: string, payload: unknown) => void;
}

/** What an outside effect gets. It holds no transaction; its result is recorded when it returns. */
export interface EffectContext {
  readonly db: ActorDatabase;
  readonly key: readonly string[];
  /** Aborted at the command's timeout and when the actor stops. */
  readonly signal: AbortSignal;
  /** An earlier attempt may have had its effect without recording it: ask the outside before acting. */
  readonly repeated: boolean;
}

/** One command as its steps see it. */
export interface RunningCommand<Input> {
  readonly input: Input;
  readonly envelope: Envelope;
  /** The recorded result of an earlier step of this command. */
  resultOf<R>(step: StepReference<R>): R;
}

export interface StepReference<R> {
  readonly name: string;
  /** Never set: carries the result's type. */
  readonly resultType?: R;
}

export interface TransactionStep<Input = unknown, R = unknown> extends StepReference<R> {
  readonly kind: 'transaction';
  readonly run: (context: TransactionContext, command: RunningCommand<Input>) => Promise<R>;
}

export interface EffectStep<Input = unknown, R = unknown> extends StepReference<R> {
  readonly kind: 'effect';
  readonly run: (context: EffectContext, command: RunningCommand<Input>) => Promise<R>;
}

export type Step<Input = unknown> = TransactionStep<Input> | EffectStep<Input>;

/** Returned by a step to end its command early; the remaining steps do not run. */
export class Finish {
  readonly output: unknown;
  constructor(output: unknown) {
    this.output = output;
  }
}

/** The steps of one command, in order; the last one's result is the command's output. Results must be JSON. */
export interface CommandHandler<Input> {
  readonly steps: readonly Step<Input>[];
  /** Runs in the transaction that stores the failure; says it where its user looks. Input is null when it could not be parsed. */
  readonly onFailure?: (
    context: TransactionContext,
    failed: { input: Input | null; failure: CommandFailure; envelope: Envelope },
  ) => Promise<void>;
}

export type Handlers<C extends Catalog> = {
  readonly [N in CommandName<C>]: CommandHandler<ParsedInput<C, N>>;
};

export function transaction<Input, R>(
  name: string,
  run: (context: TransactionContext, command: RunningCommand<Input>) => Promise<R>,
): TransactionStep<Input, R> {
  return { kind: 'transaction', name, run };
}

export function effect<Input, R>(
  name: string,
  run: (context: EffectContext, command: RunningCommand<Input>) => Promise<R>,
): EffectStep<Input, R> {
  return { kind: 'effect', name, run };
}

/** A command of one transaction: the commonest kind, and the only kind that is applied in batches. */
export function single<Input>(
  run: (context: TransactionContext, command: RunningCommand<Input>) => Promise<unknown>,
): CommandHandler<Input> {
  return { steps: [transaction('apply', run)] };
}
