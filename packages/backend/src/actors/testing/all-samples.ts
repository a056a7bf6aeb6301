import type { ActorAddress } from '../../command-loop/catalog.ts';
import {
  appAddress,
  gitHubDataAddress,
  organizationAddress,
  repositoryAddress,
  sandboxInstanceAddress,
  sessionStatusSyncAddress,
  taskAddress,
  taskSessionAddress,
  userAddress,
} from '../addresses.ts';
import { appSamples } from '../app/commands.samples.ts';
import { gitHubDataSamples } from '../github-data/commands.samples.ts';
import { organizationSamples } from '../organization/commands.samples.ts';
import { repositorySamples } from '../repository/commands.samples.ts';
import { sandboxInstanceSamples } from '../sandbox-instance/commands.samples.ts';
import { sessionStatusSyncSamples } from '../session-status-sync/commands.samples.ts';
import { taskSamples } from '../task/commands.samples.ts';
import { taskSessionSamples } from '../task-session/commands.samples.ts';
import { userSamples } from '../user/commands.samples.ts';
import { sandboxIdOf } from './fixtures.ts';
import type { Sample, SampleScope } from './samples.ts';

interface SamplesOfActor {
  /** Whether each scenario needs an organization of its own: actors cost the engine much. */
  readonly ownOrganization: boolean;
  readonly address: (scope: SampleScope) => ActorAddress;
  readonly samples: { readonly [commandName: string]: readonly Sample[] };
}

/** Samples by actor kind. The kill test fails for a command that has none. */
export const allSamples: { readonly [kind: string]: SamplesOfActor } = {
  app: {
    ownOrganization: true,
    // There is one App. Held, it would hold up whoever asks it who a person is: each scenario has one of its own.
    address: ({ digits }) => ({ ...appAddress(), key: [...appAddress().key, digits] }),
    samples: appSamples,
  },
  user: {
    ownOrganization: true,
    address: ({ userId }) => userAddress(userId),
    samples: userSamples,
  },
  organization: {
    ownOrganization: true,
    address: ({ organizationId }) => organizationAddress(organizationId),
    samples: organizationSamples,
  },
  githubData: {
    ownOrganization: true,
    address: ({ organizationId }) => gitHubDataAddress(organizationId),
    samples: gitHubDataSamples,
  },
  repository: {
    // Held, a shared one would hold up the tasks that report to it.
    ownOrganization: true,
    address: ({ organizationId, repositoryId }) => repositoryAddress(organizationId, repositoryId),
    samples: repositorySamples,
  },
  task: {
    ownOrganization: false,
    address: ({ organizationId, taskId }) => taskAddress(organizationId, taskId),
    samples: taskSamples,
  },
  taskSession: {
    ownOrganization: false,
    address: ({ organizationId, sessionId }) => taskSessionAddress(organizationId, sessionId),
    samples: taskSessionSamples,
  },
  sessionStatusSync: {
    ownOrganization: false,
    address: ({ organizationId, sessionId }) => sessionStatusSyncAddress(organizationId, sessionId),
    samples: sessionStatusSyncSamples,
  },
  sandboxInstance: {
    ownOrganization: false,
    address: (scope) => sandboxInstanceAddress(scope.organizationId, 'local', sandboxIdOf(scope)),
    samples: sandboxInstanceSamples,
  },
};
