import type { ActorAddress, Catalog, CommandInput, CommandName } from '../../command-loop/catalog.ts';

/** Ids that no other scenario has. */
export interface SampleScope {
  readonly organizationId: string;
  readonly repositoryId: string;
  readonly userId: string;
  readonly taskId: string;
  readonly sessionId: string;
  readonly messageId: string;
}

export interface SampleMessage {
  readonly address: ActorAddress;
  readonly name: string;
  readonly body: unknown;
}

/** One way to run a command: what has to happen before, and whose databases must be the same with and without a kill. */
export interface Sample<Input = unknown> {
  readonly before?: (scope: SampleScope) => readonly SampleMessage[];
  readonly body: (scope: SampleScope) => Input;
  /** Beside the actor itself and, inside an organization, its audit log. */
  readonly observe?: (scope: SampleScope) => readonly ActorAddress[];
}

/** At least one sample for each command of a catalog; several where a command can take several ways. */
export interface ActorSamples<C extends Catalog> {
  readonly address: (scope: SampleScope) => ActorAddress<C>;
  readonly samples: { readonly [N in CommandName<C>]: readonly Sample<CommandInput<C, N>>[] };
}

/** A message of a sample's `before`; the types check name and body. */
export function sampleMessage<C extends Catalog, N extends CommandName<C>>(
  address: ActorAddress<C>,
  name: N,
  body: CommandInput<C, N>,
): SampleMessage {
  return { address, name, body };
}
