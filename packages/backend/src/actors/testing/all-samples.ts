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

/** One test file each, so that they run side by side. */
export const killGroups = ['accounts', 'tasks', 'sandboxes'] as const;
export type KillGroup = (typeof killGroups)[number];

interface SamplesOfActor {
  readonly group: KillGroup;
  /** Whether each scenario needs an organization of its own: actors cost the engine much. */
  readonly ownOrganization: boolean;
  readonly address: (scope: SampleScope) => ActorAddress;
  readonly samples: { readonly [commandName: string]: readonly Sample[] };
}

/** Samples by actor kind. The kill test fails for a command that has none. */
export const allSamples: { readonly [kind: string]: SamplesOfActor } = {
  // There is one App: held, it would hold up whoever asks it who a person is. Nobody of this group does.
  app: { group: 'tasks', ownOrganization: true, address: () => appAddress(), samples: appSamples },
  user: {
    group: 'accounts',
    ownOrganization: true,
    address: ({ userId }) => userAddress(userId),
    samples: userSamples,
  },
  organization: {
    group: 'accounts',
    ownOrganization: true,
    address: ({ organizationId }) => organizationAddress(organizationId),
    samples: organizationSamples,
  },
  githubData: {
    group: 'accounts',
    ownOrganization: true,
    address: ({ organizationId }) => gitHubDataAddress(organizationId),
    samples: gitHubDataSamples,
  },
  repository: {
    group: 'tasks',
    ownOrganization: false,
    address: ({ organizationId, repositoryId }) => repositoryAddress(organizationId, repositoryId),
    samples: repositorySamples,
  },
  task: {
    group: 'tasks',
    ownOrganization: false,
    address: ({ organizationId, taskId }) => taskAddress(organizationId, taskId),
    samples: taskSamples,
  },
  taskSession: {
    group: 'tasks',
    ownOrganization: false,
    address: ({ organizationId, sessionId }) => taskSessionAddress(organizationId, sessionId),
    samples: taskSessionSamples,
  },
  sessionStatusSync: {
    group: 'sandboxes',
    ownOrganization: false,
    address: ({ organizationId, sessionId }) => sessionStatusSyncAddress(organizationId, sessionId),
    samples: sessionStatusSyncSamples,
  },
  sandboxInstance: {
    group: 'sandboxes',
    ownOrganization: false,
    address: (scope) => sandboxInstanceAddress(scope.organizationId, 'local', sandboxIdOf(scope)),
    samples: sandboxInstanceSamples,
  },
};
