import { derivedCommandId } from '../../command-loop/envelopes.ts';
import { sandboxInstanceAddress } from '../addresses.ts';
import { ada, sandboxIdOf, stranger, unopenedTaskId } from '../testing/fixtures.ts';
import { sampleMessage, type ActorSamples, type Preparation, type SampleScope } from '../testing/samples.ts';
import { tablesSchema } from '../testing/dump.ts';
import { preparationMs } from '../testing/samples.ts';
import type { KillWorld } from '../testing/world.ts';
import type { SandboxInstanceCatalog } from './commands.ts';

/* Real sandboxes of the local provider with real clones from GitHub's double. Their task was never opened. */

function toSelf(scope: SampleScope) {
  return sandboxInstanceAddress(scope.organizationId, 'local', sandboxIdOf(scope));
}

function creation(scope: SampleScope, person = ada) {
  return {
    taskId: unopenedTaskId,
    repositoryId: scope.repositoryId,
    repositoryFullName: 'acme/storefront',
    branch: scope.branch,
    baseBranch: 'main',
    person,
  };
}

function created(scope: SampleScope, person = ada) {
  return sampleMessage(toSelf(scope), 'sandbox.command.create', creation(scope, person));
}

async function stateOf(scope: SampleScope, world: KillWorld): Promise<unknown> {
  const { sandbox = [] } = tablesSchema.parse(await world.call(toSelf(scope), 'dump', []));
  return sandbox[0]?.['state'];
}

function until(scope: SampleScope, world: KillWorld, state: string): Preparation {
  return async () =>
    void (await world.until(`the sandbox to be ${state}`, preparationMs, async () =>
      (await stateOf(scope, world)) === state ? true : null,
    ));
}

/** Running, with its clone. */
function running(scope: SampleScope, world: KillWorld): Preparation[] {
  return [created(scope), until(scope, world, 'running')];
}

/** Its processes run, but the clone failed for want of a token: enough for what concerns the sandbox only. */
function withoutClone(scope: SampleScope, world: KillWorld): Preparation[] {
  return [created(scope, stranger), until(scope, world, 'failed')];
}

async function providerState(scope: SampleScope, world: KillWorld): Promise<unknown> {
  return (await world.provider.inspect(sandboxIdOf(scope))).state;
}

/** The id of the nth phase's command in the chain that making a sandbox is. */
function phaseId(createId: string, phase: number): string {
  let id = derivedCommandId(createId, 'apply', 0);
  for (let step = 1; step < phase; step += 1) {
    id = derivedCommandId(id, 'next', 0);
  }
  return id;
}

const anyResult = { jobId: 'none', result: { status: 'pulled' as const, notice: null } };

export const sandboxInstanceSamples: ActorSamples<SandboxInstanceCatalog> = {
  'sandbox.command.create': [{ body: (scope) => creation(scope), witness: providerState }],
  'sandbox.command.advance': [
    {
      // Creating the sandbox.
      body: () => ({ attempt: 1, phase: 'creating_sandbox' }),
      follows: { from: (scope) => created(scope), commandId: (sentId) => phaseId(sentId, 1) },
      witness: providerState,
    },
    {
      // Cloning: the job runs beside the loop.
      body: () => ({ attempt: 1, phase: 'cloning' }),
      follows: { from: (scope) => created(scope), commandId: (sentId) => phaseId(sentId, 3) },
      witness: providerState,
    },
    {
      // Nobody's token: the clone fails, and so does the workspace.
      body: () => ({ attempt: 1, phase: 'cloning' }),
      follows: { from: (scope) => created(scope, stranger), commandId: (sentId) => phaseId(sentId, 3) },
    },
  ],
  'sandbox.command.jobEnded': [
    {
      body: () => anyResult,
      follows: {
        from: (scope) => created(scope),
        commandId: (_sentId, scope) => `ended/${sandboxIdOf(scope)}/clone/1`,
      },
    },
  ],
  'sandbox.command.checkJob': [
    {
      // A clone that takes its time (and then fails: there is no such repository) is looked at, and begun again after a kill.
      before: (scope, world) => [
        async () =>
          void (await world.double.control('POST', '/faults', {
            kind: 'delay',
            delayMs: 6_500,
            times: null,
            match: { path: `/api/v3/repositories/9${scope.digits}` },
          })),
      ],
      follows: {
        from: (scope) =>
          sampleMessage(toSelf(scope), 'sandbox.command.create', {
            ...creation(scope),
            repositoryId: `9${scope.digits}`,
          }),
        commandId: (sentId) => derivedCommandId(phaseId(sentId, 3), 'next', 0),
      },
      body: () => ({ jobId: 'clone/1' }),
    },
  ],
  'sandbox.command.push': [
    {
      before: (scope, world) => [
        ...running(scope, world),
        async () => await world.writeFile(scope, 'notes.md', 'A note.\n'),
      ],
      body: () => ({ person: ada, commit: { paths: ['notes.md'], message: 'Add a note' } }),
      // One commit, pushed once, wherever the push was interrupted.
      witness: async (scope, world) => await world.branchLog('acme/storefront', scope.branch),
    },
  ],
  'sandbox.command.pull': [{ before: running, body: () => ({ person: ada }) }],
  'sandbox.command.removeCredentials': [
    {
      before: running,
      body: () => ({}),
      witness: async (scope, world) => await world.hasCredential(sandboxIdOf(scope)),
    },
  ],
  'sandbox.command.stop': [{ before: withoutClone, body: () => ({}), witness: providerState }],
  'sandbox.command.destroy': [{ before: withoutClone, body: () => ({}), witness: providerState }],
  'sandbox.command.reconcile': [
    {
      before: (scope, world) => [
        ...running(scope, world),
        async () => await world.provider.destroy(sandboxIdOf(scope)),
      ],
      body: () => ({}),
    },
  ],
};
