import { providerAccountKey } from '../../auth/index-entries.ts';
import { derivedCommandId } from '../../command-loop/envelopes.ts';
import { z } from 'zod';
import {
  appAddress,
  gitHubDataAddress,
  organizationAddress,
  taskAddress,
  userAddress,
} from '../addresses.ts';
import { headSha, pullRequestOf, repositoryOf } from '../testing/fixtures.ts';
import {
  sampleMessage,
  type ActorSamples,
  type Preparation,
  type SampleAction,
  type SampleMessage,
  type SampleScope,
} from '../testing/samples.ts';
import { tablesSchema } from '../testing/dump.ts';
import { preparationMs } from '../testing/samples.ts';
import type { KillWorld } from '../testing/world.ts';
import type { GitHubDataCatalog } from './commands.ts';

function toSelf({ organizationId }: SampleScope) {
  return gitHubDataAddress(organizationId);
}

function organizationOf({ organizationId }: SampleScope) {
  return [organizationAddress(organizationId)];
}

const start = { reason: 'test', installationId: null };

/** An organization of the scenario's own at GitHub, with one repository and one open pull request. */
function atGitHub(scope: SampleScope, world: KillWorld): SampleAction[] {
  return [async () => await world.createOrganization(scope, { pullRequest: true })];
}

async function readTable(scope: SampleScope, world: KillWorld, table: string) {
  const tables = tablesSchema.parse(await world.call(toSelf(scope), 'dump', []));
  return tables[table]?.[0] ?? {};
}

/** … that is synced. */
function synced(scope: SampleScope, world: KillWorld): Preparation[] {
  return [
    ...atGitHub(scope, world),
    sampleMessage(toSelf(scope), 'githubData.command.startSync', start),
    async () =>
      void (await world.until('a sync to end', preparationMs, async () =>
        (await readTable(scope, world, 'sync'))['state'] === 'done' ? true : null,
      )),
  ];
}

/** Knows the repository, without an installation: nothing is synced. */
function knowsRepository(scope: SampleScope): SampleMessage {
  return sampleMessage(toSelf(scope), 'githubData.command.receiveWebhook', {
    deliveryId: `known-${scope.digits}`,
    name: 'repository.edited',
    senderLogin: null,
    installationId: null,
    event: {
      type: 'repositoriesChanged',
      added: [repositoryOf(scope)],
      removedIds: [],
      needsSync: false,
    },
  });
}

async function pullRequestsAtGitHub({ login }: SampleScope, world: KillWorld): Promise<unknown> {
  const found = z
    .array(z.object({ number: z.number(), title: z.string(), author: z.string(), draft: z.boolean() }))
    .parse(await world.double.control('GET', `/repos/${login}/shop/pulls?state=all`));
  return found;
}

function publication(scope: SampleScope, sha: string) {
  return {
    taskId: scope.taskId,
    repositoryId: scope.repositoryId,
    ownerUserId: 'user-ada',
    branch: scope.branch,
    baseBranch: 'main',
    headSha: sha,
    title: 'Published',
    body: 'A body',
    draft: false,
  };
}

function delivered(scope: SampleScope, name: string) {
  return { deliveryId: `d-${scope.digits}`, name, senderLogin: 'ada', installationId: null };
}

export const gitHubDataSamples: ActorSamples<GitHubDataCatalog> = {
  'githubData.command.receiveWebhook': [
    {
      before: (scope) => [knowsRepository(scope)],
      body: (scope) => ({
        ...delivered(scope, 'pull_request.opened'),
        event: {
          type: 'pullRequest',
          repositoryId: scope.repositoryId,
          branch: scope.branch,
          // Closed: no check runs are read for it, which an organization without installation could not.
          pullRequest: pullRequestOf(scope, { state: 'closed' }),
        },
      }),
      observe: organizationOf,
    },
    {
      body: (scope) => ({
        ...delivered(scope, 'push'),
        event: {
          type: 'push',
          repositoryId: scope.repositoryId,
          branch: 'main',
          headSha,
          deleted: false,
        },
      }),
      observe: organizationOf,
    },
  ],
  'githubData.command.startSync': [
    { before: atGitHub, body: () => start, observe: organizationOf },
    // GitHub knows no such account.
    { body: () => start },
  ],
  'githubData.command.syncBatch': [
    {
      before: atGitHub,
      body: () => ({ generation: 0, phase: 'repositories', cursor: 'start' }),
      follows: {
        from: (scope) => sampleMessage(toSelf(scope), 'githubData.command.startSync', start),
        // After the installation, the next repair and the progress.
        commandId: (sentId) => derivedCommandId(sentId, 'begin', 3),
      },
      observe: organizationOf,
    },
  ],
  'githubData.command.publishPullRequest': [
    {
      before: (scope, world) => [
        async () => await world.createOrganization(scope, { pullRequest: false }),
        knowsRepository(scope),
      ],
      body: async (scope, world) => publication(scope, await world.headOf(scope, scope.branch)),
      observe: (scope) => [...organizationOf(scope), taskAddress(scope.organizationId, scope.taskId)],
      // Stopped after GitHub opened it and before that was noted: one pull request all the same.
      witness: pullRequestsAtGitHub,
    },
    {
      // There is one already: it is updated.
      before: (scope, world) => [...atGitHub(scope, world), knowsRepository(scope)],
      body: async (scope, world) => ({
        ...publication(scope, await world.headOf(scope, scope.branch)),
        draft: true,
      }),
      witness: pullRequestsAtGitHub,
    },
    // GitHubData does not know the repository.
    { body: (scope) => publication(scope, headSha) },
  ],
  'githubData.command.readChecks': [
    {
      before: (scope, world) => [
        ...synced(scope, world),
        async () =>
          void (await world.double.control('POST', `/repos/${scope.login}/shop/check-runs`, {
            branch: scope.branch,
            name: 'test',
            conclusion: 'failure',
          })),
      ],
      body: async (scope, world) => ({
        repositoryId: scope.repositoryId,
        headSha: await world.headOf(scope, scope.branch),
      }),
      observe: organizationOf,
    },
  ],
  'githubData.command.readReviews': [
    {
      before: (scope, world) => [
        ...synced(scope, world),
        async () =>
          void (await world.double.control('POST', `/repos/${scope.login}/shop/pulls/1/reviews`, {
            login: `member-${scope.digits}`,
            state: 'APPROVED',
          })),
      ],
      body: ({ repositoryId }) => ({ repositoryId, number: 1 }),
      observe: organizationOf,
    },
  ],
  'githubData.command.readMergeability': [
    {
      before: (scope, world) => [
        ...synced(scope, world),
        // Nobody tells of the base's new commit here.
        async () =>
          void (await world.double.control('POST', `/repos/${scope.login}/shop/commits`, {
            authorLogin: 'ada',
            branch: 'main',
            message: 'Another cart',
            path: 'cart.js',
            content: 'export const cart = new Map();\n',
          })),
      ],
      body: ({ repositoryId }) => ({ claim: null, pulls: [{ repositoryId, number: 1 }], attempt: 0 }),
      observe: organizationOf,
    },
  ],
  'githubData.command.refreshPeople': [
    {
      before: ({ userId, digits }) => [
        sampleMessage(appAddress(), 'app.command.authWrite', {
          kind: 'claimIndex',
          userId,
          entries: [
            {
              kind: 'providerAccount',
              key: providerAccountKey('github', `5${digits}`),
              expiresAt: null,
            },
          ],
        }),
      ],
      body: ({ digits }) => ({ githubIds: [`5${digits}`, '4'], reason: 'test' }),
      observe: ({ userId }) => [userAddress(userId)],
    },
  ],
  'githubData.command.repairDeliveries': [
    {
      before: synced,
      body: async (scope, world) => ({
        tick: z.number().parse((await readTable(scope, world, 'installation'))['tick']),
      }),
    },
  ],
};
