import type { z } from 'zod';

/** What one command takes and gives, and how long one step of it may run. */
export interface CommandDefinition<
  Input extends z.ZodType = z.ZodType,
  Output extends z.ZodType = z.ZodType,
> {
  readonly input: Input;
  readonly output: Output;
  /** Of each outside effect. At most 5,000 for anything but a documented exception (R4). */
  readonly timeoutMs: number;
}

export interface Catalog {
  readonly [commandName: string]: CommandDefinition;
}

export type CommandName<C extends Catalog> = keyof C & string;
export type CommandInput<C extends Catalog, N extends CommandName<C>> = z.input<C[N]['input']>;
export type ParsedInput<C extends Catalog, N extends CommandName<C>> = z.output<C[N]['input']>;
export type CommandOutput<C extends Catalog, N extends CommandName<C>> = z.output<C[N]['output']>;

/** Default for commands that only write their own database. */
export const localTimeoutMs = 5_000;

/** One command of a catalog; inference keeps the schemas' own types. */
export function command<Input extends z.ZodType, Output extends z.ZodType>(
  input: Input,
  output: Output,
  options: { timeoutMs?: number } = {},
): CommandDefinition<Input, Output> {
  return { input, output, timeoutMs: options.timeoutMs ?? localTimeoutMs };
}

/** Where an actor is found, and (for the types only) which commands it takes. */
export interface ActorAddress<C extends Catalog = Catalog> {
  /** Name in the registry. */
  readonly kind: string;
  readonly key: readonly string[];
  /** Never set: carries the catalog's type, so that `send` knows the names and bodies. */
  readonly catalog?: C;
}

/** One line per actor, for maps, logs and runtime issues. */
export function addressText(address: ActorAddress): string {
  return `${address.kind} ${address.key.join('/')}`;
}
