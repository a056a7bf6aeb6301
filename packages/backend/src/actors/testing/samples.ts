import type { ActorAddress, Catalog, CommandInput, CommandName } from '../../command-loop/catalog.ts';
import type { KillWorld } from './world.ts';

/** Ids that no other scenario has: each contains `digits`, so that two runs can be compared. */
export interface SampleScope {
  /** Twelve decimal digits. */
  readonly digits: string;
  /** Shared by all scenarios of kinds that need no organization of their own. */
  readonly organizationId: string;
  readonly repositoryId: string;
  readonly installationId: string;
  readonly userId: string;
  /** At GitHub: of an organization, and of a person. */
  readonly login: string;
  readonly taskId: string;
  readonly sessionId: string;
  readonly messageId: string;
  readonly branch: string;
}

export interface SampleMessage {
  readonly address: ActorAddress;
  readonly name: string;
  readonly body: unknown;
}

/** Something to do or to wait for before the command; a wait polls by itself (`world.until`). */
export type SampleAction = () => Promise<void>;

/** Messages to one actor that it takes out of its queue at once: what follows from the first comes after the last. */
export interface SampleBatch {
  readonly together: readonly SampleMessage[];
}

export type Preparation = SampleMessage | SampleBatch | SampleAction;

/** One way to run a command: what has to happen before, and whose databases must be the same with and without a kill. */
export interface Sample<Input = unknown> {
  readonly before?: (scope: SampleScope, world: KillWorld) => readonly Preparation[];
  readonly body: (scope: SampleScope, world: KillWorld) => Input | Promise<Input>;
  /** For commands that only ever follow from another one: that one is sent, `commandId` derives this one's id from its. */
  readonly follows?: {
    readonly from: (scope: SampleScope, world: KillWorld) => SampleMessage;
    readonly commandId: (sentId: string, scope: SampleScope) => string;
  };
  /** Beside the actor itself and, where scenarios share an organization, its audit log. */
  readonly observe?: (scope: SampleScope) => readonly ActorAddress[];
  /** What the outside (GitHub, a sandbox) holds in the end; JSON. */
  readonly witness?: (scope: SampleScope, world: KillWorld) => Promise<unknown>;
}

/** At least one sample for each command of a catalog; several where a command can take several ways. */
export type ActorSamples<C extends Catalog> = {
  readonly [N in CommandName<C>]: readonly Sample<CommandInput<C, N>>[];
};

/** A message of a sample's `before`; the types check name and body. */
export function sampleMessage<C extends Catalog, N extends CommandName<C>>(
  address: ActorAddress<C>,
  name: N,
  body: CommandInput<C, N>,
): SampleMessage {
  return { address, name, body };
}

/** How long what a sample prepares may take, on a machine that others keep busy. */
export const preparationMs = 120_000;
