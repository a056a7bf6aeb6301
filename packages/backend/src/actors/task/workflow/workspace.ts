import type { ParsedInput } from '../../../command-loop/catalog.ts';
import { CommandError } from '../../../command-loop/errors.ts';
import {
  effect,
  single,
  transaction,
  type CommandHandler,
  type TransactionContext,
} from '../../../command-loop/handlers.ts';
import { readFromActor } from '../../actor-calls.ts';
import {
  organizationIdOf,
  sandboxInstanceAddress,
  taskAddress,
  taskSessionAddress,
} from '../../addresses.ts';
import { gitStateSchema, type GitState } from '../../sandbox-instance/reads.ts';
import type { TaskCatalog } from '../commands.ts';
import { refuseProvision } from '../decisions.ts';
import {
  changesAfterLoss,
  changesAfterStop,
  noticesOf,
  withNotices,
  withoutSignInRequired,
} from './notices.ts';
import { listSessions, listTurns, type TaskRecord } from '../db/repository.ts';
import {
  applyEvent,
  prepareAgents,
  pumpTurns,
  requireTask,
  saveTask,
  sandboxAddressOf,
  startProvisioning,
} from './task-record.ts';

type Provision = ParsedInput<TaskCatalog, 'task.command.provision'>;
type Progress = ParsedInput<TaskCatalog, 'task.command.workspaceProgress'>;
type Ready = ParsedInput<TaskCatalog, 'task.command.workspaceReady'>;
type Failed = ParsedInput<TaskCatalog, 'task.command.workspaceFailed'>;
type SandboxChanged = ParsedInput<TaskCatalog, 'task.command.sandboxChanged'>;
type SandboxGone = ParsedInput<TaskCatalog, 'task.command.sandboxGone'>;
type Refresh = ParsedInput<TaskCatalog, 'task.command.refresh'>;
type SetOwner = ParsedInput<TaskCatalog, 'task.command.setOwner'>;

/** Starts the workspace, or tries again after a failure. One that is ready or on its way is left alone. */
export const provision = single<Provision>(async (t, { input }) => {
  const record = await requireTask(t.tx);
  const failure = refuseProvision(record.status);
  if (failure !== null) {
    throw new CommandError(failure.code, failure.message, { retryable: failure.retryable });
  }
  await startProvisioningIfNeeded(t, record, input);
  return null;
});

async function startProvisioningIfNeeded(
  t: TransactionContext,
  record: TaskRecord,
  { person }: Provision,
): Promise<void> {
  const { state } = record.status;
  if (state === 'dormant' || state === 'pending' || state === 'failed') {
    await startProvisioning(t, record, person);
  }
}

/** What comes from a sandbox that this task no longer has means nothing. */
function isCurrent(record: TaskRecord, sandboxId: string): boolean {
  return record.sandbox?.id === sandboxId;
}

export const workspaceProgress = single<Progress>(async (t, { input }) => {
  const record = await requireTask(t.tx);
  if (isCurrent(record, input.sandboxId)) {
    await applyEvent(t, record, { type: 'progress', phase: input.phase, message: input.message });
  }
  return null;
});

export const workspaceReady = single<Ready>(async (t, { input }) => {
  const record = await requireTask(t.tx);
  if (!isCurrent(record, input.sandbox.id)) {
    return null;
  }
  const { sandbox, checkoutPath } = input;
  // What was said of the old workspace is over; what GitHub's branch is, the new one finds out.
  const changes = withNotices(
    record.changes,
    noticesOf(record.changes).filter(({ kind }) => kind !== 'workspace_lost' && kind !== 'workspace_stopped'),
  );
  const after = await applyEvent(t, record, { type: 'ready' }, { sandbox, checkoutPath, changes });
  if (after.status.state !== 'ready' || record.status.state === 'ready') {
    return null;
  }
  t.audit({
    action: 'workspace.ready',
    subject: record.taskId,
    summary: `The workspace of task "${record.title}" is ready`,
    repositoryId: record.repository.id,
  });
  t.send(taskAddress(record.organizationId, record.taskId), 'task.command.refresh', {});
  prepareAgents(t, after, await listSessions(t.tx));
  await pumpTurns(t, after, { asked: false });
  return null;
});

export const workspaceFailed = single<Failed>(async (t, { input }) => {
  const record = await requireTask(t.tx);
  if (!isCurrent(record, input.sandboxId) || record.sandbox === null) {
    return null;
  }
  const { phase, failure } = input;
  await applyEvent(
    t,
    record,
    { type: 'failed', phase, failure },
    { sandbox: { ...record.sandbox, state: 'failed', message: failure.message } },
    { bumpContent: true },
  );
  t.audit({
    action: 'workspace.failed',
    subject: record.taskId,
    summary: `The workspace of task "${record.title}" could not be made (${phase}): ${failure.message}`.slice(
      0,
      2_000,
    ),
    repositoryId: record.repository.id,
  });
  return null;
});

/** A sandbox that is no longer running takes the workspace with it until somebody needs it again. */
export const sandboxChanged = single<SandboxChanged>(async (t, { input }) => {
  const record = await requireTask(t.tx);
  const { sandbox } = input;
  if (!isCurrent(record, sandbox.id)) {
    return null;
  }
  if (sandbox.state === 'running' || record.status.state !== 'ready') {
    await saveTask(t, record, { sandbox });
    return null;
  }
  await loseWorkspace(t, record, { ...sandbox }, sandbox.message ?? 'The sandbox was stopped.');
  return null;
});

export const sandboxGone = single<SandboxGone>(async (t, { input }) => {
  const record = await requireTask(t.tx);
  if (!isCurrent(record, input.sandboxId) || record.sandbox === null) {
    return null;
  }
  const sandbox = { ...record.sandbox, state: 'lost' as const, message: input.message };
  if (record.status.state === 'provisioning') {
    const failure = { code: 'sandbox_lost', message: input.message, retryable: true };
    await applyEvent(t, record, { type: 'failed', phase: record.status.phase, failure }, { sandbox });
    return null;
  }
  t.audit({
    action: 'workspace.lost',
    subject: record.taskId,
    summary: `The workspace of task "${record.title}" is gone: ${input.message}`.slice(0, 2_000),
    repositoryId: record.repository.id,
  });
  await loseWorkspace(t, record, sandbox, input.message);
  return null;
});

async function loseWorkspace(
  t: TransactionContext,
  record: TaskRecord,
  sandbox: NonNullable<TaskRecord['sandbox']>,
  message: string,
): Promise<void> {
  const isLost = sandbox.state === 'lost' || sandbox.state === 'destroyed';
  const changes = isLost
    ? changesAfterLoss(record.changes, message)
    : changesAfterStop(record.changes, message);
  const after = await applyEvent(
    t,
    record,
    { type: 'workspace_lost' },
    { sandbox, changes },
    { isActivity: false },
  );
  for (const turn of (await listTurns(t.tx)).filter(({ state }) => state === 'running')) {
    t.send(taskSessionAddress(record.organizationId, turn.sessionId), 'session.command.sandboxLost', {
      sandboxId: sandbox.id,
      message,
    });
  }
  await pumpTurns(t, after, { asked: false });
}

interface RefreshPlace {
  readonly providerId: string;
  readonly sandboxId: string;
  readonly branch: string;
  readonly baseBranch: string;
}

/** Where git can be asked. @throws {CommandError} workspace_not_ready */
export function requireGitPlace(record: TaskRecord): RefreshPlace {
  if (record.status.state !== 'ready' || record.sandbox === null) {
    throw new CommandError(
      'workspace_not_ready',
      'The workspace of this task is not running. Start it to see its files.',
      { retryable: true },
    );
  }
  return {
    providerId: record.sandbox.providerId,
    sandboxId: record.sandbox.id,
    branch: record.branch,
    baseBranch: record.baseBranch,
  };
}

/** Asks the sandbox for the git state of the checkout. */
export async function readGitState(
  key: readonly string[],
  place: RefreshPlace,
  signal: AbortSignal,
): Promise<GitState> {
  return await readFromActor(
    sandboxInstanceAddress(organizationIdOf(key), place.providerId, place.sandboxId),
    'gitState',
    { branch: place.branch, baseBranch: place.baseBranch },
    gitStateSchema,
    signal,
  );
}

const findPlace = transaction<Refresh, RefreshPlace>('find', async (t) =>
  requireGitPlace(await requireTask(t.tx)),
);
const readState = effect<Refresh, GitState>(
  'read git state',
  async ({ key, signal }, command) => await readGitState(key, command.resultOf(findPlace), signal),
);

/** Reads the git state of the workspace again. A sandbox that is not there any more is found out here too. */
export const refresh: CommandHandler<Refresh> = {
  steps: [
    findPlace,
    readState,
    transaction('store', async (t, command) => {
      const record = await requireTask(t.tx);
      const state = command.resultOf(readState);
      if (state.state === 'absent') {
        const sandbox = sandboxAddressOf(record);
        if (sandbox !== null) {
          t.send(sandbox, 'sandbox.command.reconcile', {});
        }
        // Not a failure of this command: what is found out changes the task, and everybody sees that.
        return null;
      }
      await saveTask(t, record, { changes: withNotices(state.changes, noticesOf(record.changes)) });
      return null;
    }),
  ],
};

/** Taken over by hand: the record changes, and the old owner's token leaves the sandbox. The new one's goes in with a message. */
export const setOwner = single<SetOwner>(async (t, { input }) => {
  const record = await requireTask(t.tx);
  if (record.owner?.userId === input.person.userId) {
    return null;
  }
  await saveTask(t, record, { owner: input.person, changes: withoutSignInRequired(record.changes) });
  const sandbox = sandboxAddressOf(record);
  if (sandbox !== null) {
    t.send(sandbox, 'sandbox.command.removeCredentials', {});
  }
  t.audit({
    action: 'owner.changed',
    subject: record.taskId,
    summary: `${input.person.login} took task "${record.title}" over${
      record.owner === null ? '' : ` from ${record.owner.login}`
    }`,
    repositoryId: record.repository.id,
  });
  return null;
});
