import type { ActorAddress } from '../../command-loop/catalog.ts';
import { organizationAddress } from '../addresses.ts';
import { organizationSamples } from '../organization/commands.samples.ts';
import type { Sample, SampleScope } from './samples.ts';

interface SamplesOfActor {
  readonly address: (scope: SampleScope) => ActorAddress;
  readonly samples: { readonly [commandName: string]: readonly Sample[] };
}

/** Samples by actor kind. The kill test fails for a command that has none. */
export const allSamples: { readonly [kind: string]: SamplesOfActor } = {
  organization: {
    address: (scope) => organizationAddress(scope.organizationId),
    samples: organizationSamples,
  },
};
