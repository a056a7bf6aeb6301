import { z } from 'zod';
import { derivedCommandId } from '../../command-loop/envelopes.ts';
import { organizationAddress, taskAddress } from '../addresses.ts';
import {
  ada,
  commonSessionId,
  entryOf,
  grace,
  pullRequestOf,
  sandboxIdOf,
  sessionOf,
  wholePullRequestOf,
} from '../testing/fixtures.ts';
import {
  sampleMessage,
  type ActorSamples,
  type Preparation,
  type SampleMessage,
  type SampleScope,
} from '../testing/samples.ts';
import { preparationMs } from '../testing/samples.ts';
import type { KillWorld } from '../testing/world.ts';
import type { TaskCatalog } from './commands.ts';

/*
 * Most samples have a task that counts as ready while its sandbox could not be made (`ready`): what they ask of the
 * sandbox ends with a stored failure. The samples of `really` run on a real sandbox with a real clone.
 */

function toSelf({ organizationId, taskId }: SampleScope) {
  return taskAddress(organizationId, taskId);
}

const headSha = 'b'.repeat(40);
const failure = { code: 'broken', message: 'It broke.', retryable: true };

/** Opened, with one session, without a workspace. */
function dormant(scope: SampleScope, source: 'pull_request' | 'created' = 'pull_request'): SampleMessage {
  return sampleMessage(toSelf(scope), 'task.command.initialize', {
    entry: entryOf(scope, source),
    person: ada,
    sessionId: commonSessionId,
    modelId: null,
    firstMessage: null,
  });
}

const snapshotSchema = z.object({
  task: z.looseObject({
    status: z.looseObject({ state: z.string() }),
    sandbox: z.looseObject({ state: z.string() }).nullable(),
    changes: z.object({ readAtMs: z.number().nullable() }),
  }),
  sessions: z.array(z.looseObject({ models: z.array(z.unknown()) })),
});

async function snapshotOf(scope: SampleScope, world: KillWorld) {
  return snapshotSchema.parse(await world.call(toSelf(scope), 'snapshot', []));
}

function sandboxOf(scope: SampleScope) {
  return {
    id: sandboxIdOf(scope),
    providerId: 'local',
    state: 'running' as const,
    message: null,
    createdAtMs: 1,
  };
}

/** Ready although its sandbox could not be made; the failure has arrived. */
function ready(scope: SampleScope, world: KillWorld): Preparation[] {
  return [
    async () => await world.refuseSandbox(sandboxIdOf(scope)),
    dormant(scope),
    {
      together: [
        sampleMessage(toSelf(scope), 'task.command.provision', { person: ada }),
        sampleMessage(toSelf(scope), 'task.command.workspaceReady', {
          sandbox: sandboxOf(scope),
          checkoutPath: '/nowhere',
        }),
      ],
    },
    async () =>
      void (await world.until('the sandbox to fail', preparationMs, async () =>
        (await snapshotOf(scope, world)).task.sandbox?.state === 'failed' ? true : null,
      )),
  ];
}

/** Ready, on a real sandbox with a clone of `acme/storefront`; the session's agent has been asked for its models. */
function really(scope: SampleScope, world: KillWorld): Preparation[] {
  return [
    {
      ...dormant(scope, 'created'),
      body: {
        entry: {
          ...entryOf(scope, 'created'),
          repository: {
            ...entryOf(scope, 'created').repository,
            name: 'storefront',
            fullName: 'acme/storefront',
          },
        },
        person: ada,
        sessionId: scope.sessionId,
        modelId: null,
        firstMessage: null,
      },
    },
    async () => {
      let seen: unknown = null;
      await world.until(
        () => `the workspace to be ready: ${JSON.stringify(seen)}`,
        preparationMs,
        async () => {
          const { task, sessions } = await snapshotOf(scope, world);
          seen = { task, sessions };
          const isReady = task.status.state === 'ready' && task.changes.readAtMs !== null;
          return isReady && sessions.every(({ models }) => models.length > 0) ? true : null;
        },
      );
    },
  ];
}

/** A provisioning that waits for the sandbox for ever, as far as the task knows. */
function provisioning(scope: SampleScope, world: KillWorld, message: SampleMessage): Preparation[] {
  return [
    async () => await world.refuseSandbox(sandboxIdOf(scope)),
    dormant(scope),
    { together: [sampleMessage(toSelf(scope), 'task.command.provision', { person: ada }), message] },
    async () =>
      void (await world.until('the sandbox to fail', preparationMs, async () =>
        (await snapshotOf(scope, world)).task.sandbox?.state === 'failed' ? true : null,
      )),
  ];
}

function turn({ sessionId, messageId }: SampleScope) {
  return { sessionId, messageId };
}

function publishing(scope: SampleScope, world: KillWorld): Preparation[] {
  return [...really(scope, world), async () => await world.writeFile(scope, 'notes.md', 'A note.\n')];
}

export const taskSamples: ActorSamples<TaskCatalog> = {
  'task.command.open': [
    {
      before: (scope) => {
        const organization = organizationAddress(scope.organizationId);
        const { repository } = entryOf(scope, 'pull_request');
        const own = { ...repository, id: `8${scope.digits}` };
        return [
          sampleMessage(organization, 'organization.command.applyRepositories', {
            generation: 5,
            repositories: [own],
          }),
          sampleMessage(organization, 'organization.command.applyPullRequests', {
            generation: 5,
            pullRequests: [
              {
                repositoryId: own.id,
                branch: scope.branch,
                pullRequest: { ...pullRequestOf(scope), checks: null, reviewDecision: null },
              },
            ],
          }),
        ];
      },
      body: () => ({}),
    },
    // The organization knows no such task.
    { body: () => ({}) },
  ],
  'task.command.provision': [
    {
      before: (scope, world) => [async () => await world.refuseSandbox(sandboxIdOf(scope)), dormant(scope)],
      body: () => ({ person: ada }),
    },
  ],
  'task.command.createSession': [
    {
      before: (scope) => [dormant(scope)],
      body: ({ sessionId }) => ({ sessionId: `${sessionId}-2`, title: 'Second' }),
    },
  ],
  'task.command.refresh': [
    {
      before: (scope, world) => [
        ...really(scope, world),
        async () => await world.writeFile(scope, 'notes.md', 'A note.\n'),
      ],
      body: () => ({}),
    },
    { before: ready, body: () => ({}) },
  ],
  'task.command.publish': [
    {
      before: publishing,
      body: () => ({ title: 'Published', commit: { paths: ['notes.md'], message: 'Add a note' } }),
      witness: async (scope, world) => await world.branchLog('acme/storefront', scope.branch),
    },
    { before: (scope) => [dormant(scope)], body: () => ({}) },
  ],
  'task.command.pull': [{ before: (scope) => [dormant(scope)], body: () => ({}) }],
  'task.command.setOwner': [{ before: (scope) => [dormant(scope)], body: () => ({ person: grace }) }],
  'task.command.initialize': [
    {
      before: (scope, world) => [async () => await world.refuseSandbox(sandboxIdOf(scope))],
      body: (scope) => ({
        entry: entryOf(scope, 'created'),
        person: ada,
        sessionId: scope.sessionId,
        modelId: null,
        // A first message would race with the failure of the sandbox: it may ask for another try of it, or not.
        firstMessage: null,
      }),
    },
  ],
  'task.command.pullRequestChanged': [
    {
      before: (scope) => [dormant(scope)],
      body: (scope) => ({ pullRequest: wholePullRequestOf(scope, { state: 'merged', updatedAtMs: 9 }) }),
    },
  ],
  'task.command.branchPushed': [{ before: ready, body: () => ({ headSha, pusherLogin: 'grace' }) }],
  'task.command.pullRequestPublished': [
    {
      before: (scope) => [dormant(scope)],
      body: (scope) => ({ pullRequest: wholePullRequestOf(scope), headSha }),
    },
  ],
  'task.command.publishFailed': [{ before: (scope) => [dormant(scope)], body: () => ({ failure }) }],
  'task.command.requestTurn': [
    {
      before: (scope, world) => [async () => await world.refuseSandbox(sandboxIdOf(scope)), dormant(scope)],
      body: (scope) => ({ ...turn(scope), author: ada }),
    },
  ],
  'task.command.withdrawTurn': [
    {
      before: (scope, world) => [
        async () => await world.refuseSandbox(sandboxIdOf(scope)),
        dormant(scope),
        sampleMessage(toSelf(scope), 'task.command.requestTurn', { ...turn(scope), author: ada }),
      ],
      body: turn,
    },
  ],
  'task.command.personLostAccess': [
    {
      before: (scope, world) => [
        async () => await world.refuseSandbox(sandboxIdOf(scope)),
        dormant(scope),
        sampleMessage(toSelf(scope), 'task.command.requestTurn', { ...turn(scope), author: ada }),
      ],
      body: () => ({ userId: ada.userId, login: ada.login }),
    },
  ],
  'task.command.personSignedIn': [
    {
      before: (scope) => [
        dormant(scope),
        sampleMessage(toSelf(scope), 'task.command.setOwner', { person: ada }),
        sampleMessage(toSelf(scope), 'task.command.personLostAccess', {
          userId: ada.userId,
          login: ada.login,
          reason: 'sign_in',
        }),
      ],
      body: () => ({ userId: ada.userId }),
    },
  ],
  'task.command.turnEnded': [
    {
      before: (scope, world) => [
        async () => await world.refuseSandbox(sandboxIdOf(scope)),
        dormant(scope),
        sampleMessage(toSelf(scope), 'task.command.requestTurn', { ...turn(scope), author: ada }),
      ],
      body: (scope) => ({ ...turn(scope), stopReason: 'end_turn' }),
    },
  ],
  'task.command.sessionChanged': [
    {
      before: (scope) => [dormant(scope)],
      body: (scope) => ({
        session: { ...sessionOf(scope), id: commonSessionId, updatedAtMs: 2_000_000_000_000 },
      }),
    },
  ],
  'task.command.sandboxChanged': [
    {
      before: ready,
      body: (scope) => ({
        sandbox: { ...sandboxOf(scope), state: 'stopped', message: 'Stopped.' },
        failure: null,
      }),
    },
  ],
  'task.command.sandboxGone': [
    { before: ready, body: (scope) => ({ sandboxId: sandboxIdOf(scope), message: 'Gone.' }) },
  ],
  'task.command.workspaceProgress': [
    {
      before: (scope, world) =>
        provisioning(
          scope,
          world,
          sampleMessage(toSelf(scope), 'task.command.workspaceProgress', {
            sandboxId: sandboxIdOf(scope),
            phase: 'cloning',
            message: null,
          }),
        ),
      body: (scope) => ({ sandboxId: sandboxIdOf(scope), phase: 'cloning', message: 'Cloning' }),
    },
  ],
  'task.command.workspaceReady': [
    {
      before: (scope, world) => ready(scope, world),
      body: (scope) => ({ sandbox: sandboxOf(scope), checkoutPath: '/elsewhere' }),
    },
  ],
  'task.command.workspaceFailed': [
    {
      before: ready,
      body: (scope) => ({ sandboxId: sandboxIdOf(scope), phase: 'cloning', failure }),
    },
  ],
  'task.command.branchPublished': [
    // No publish runs: what a whole one does is `publish`'s own.
    { before: ready, body: (scope) => ({ sandboxId: sandboxIdOf(scope), headSha, changed: true }) },
  ],
  'task.command.branchPulled': [
    {
      before: ready,
      body: (scope) => ({ sandboxId: sandboxIdOf(scope), notice: { kind: 'branch_missing' as const } }),
    },
  ],
  'task.command.grantTurn': [
    {
      before: really,
      // The session knows of no such message, so it gives the turn back.
      body: turn,
      follows: {
        from: (scope) =>
          sampleMessage(toSelf(scope), 'task.command.requestTurn', { ...turn(scope), author: grace }),
        commandId: (sentId) => derivedCommandId(sentId, 'apply', 0),
      },
    },
  ],
};
