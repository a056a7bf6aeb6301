import type { Organization } from '@foundry/shared/entities';
import { single, type TransactionContext } from '../../../command-loop/handlers.ts';
import { appAddress, gitHubDataAddress, organizationIdOf } from '../../addresses.ts';
import * as repository from '../db/catalog-repository.ts';
import { deleteRuntimeIssuesOf } from '../db/repository.ts';
import { deleteVirtualTasksOf, sweepVirtualTasks } from '../db/task-repository.ts';
import { announce, removed } from './announce.ts';
import type { OrganizationInput } from './inputs.ts';

/** Rows that no sync brought count as seen now: a sync that began earlier must not sweep them. */
export function generationOf(t: TransactionContext, generation: number | null): number {
  return generation ?? t.nowMs;
}

async function recordOrganization(t: TransactionContext, organization: Organization): Promise<void> {
  const before = await repository.readOrganization(t.tx);
  // An installation does not tell the account's display name.
  const entity = { ...organization, name: organization.name ?? before?.name ?? null };
  if (JSON.stringify(before) === JSON.stringify(entity)) {
    return;
  }
  await repository.writeOrganization(t.tx, entity);
  t.upsert({ type: 'organization', entity });
  t.send(appAddress(), 'app.command.recordOrganization', { organization: entity });
  const status = entity.installation?.status ?? 'removed';
  if (before?.installation?.status !== status) {
    t.audit({
      action: `installation.${status}`,
      subject: entity.id,
      summary: `The GitHub App on ${entity.login} is ${status}`,
    });
  }
}

export const applyInstallation = single<OrganizationInput<'applyInstallation'>>(async (t, { input }) => {
  await recordOrganization(t, input.organization);
  return null;
});

export const applyRepositories = single<OrganizationInput<'applyRepositories'>>(async (t, { input }) => {
  const generation = generationOf(t, input.generation);
  const changed = await repository.upsertRepositories(t.tx, input.repositories, generation);
  announce(
    t,
    changed.map((entity) => ({ type: 'repository', entity })),
  );
  return null;
});

async function dropTasksOf(t: TransactionContext, repositoryIds: readonly string[]): Promise<void> {
  const taskIds = await deleteVirtualTasksOf(t.tx, repositoryIds);
  announce(t, [], [...removed('repository', repositoryIds), ...removed('taskSummary', taskIds)]);
}

export const removeRepositories = single<OrganizationInput<'removeRepositories'>>(async (t, { input }) => {
  await dropTasksOf(t, await repository.deleteRepositories(t.tx, input.repositoryIds));
  return null;
});

export const applyMembers = single<OrganizationInput<'applyMembers'>>(async (t, { input }) => {
  const changed = await repository.upsertMembers(t.tx, input.members, generationOf(t, input.generation));
  announce(
    t,
    changed.map((entity) => ({ type: 'member', entity })),
  );
  return null;
});

export const removeMembers = single<OrganizationInput<'removeMembers'>>(async (t, { input }) => {
  announce(t, [], removed('member', await repository.deleteMembers(t.tx, input.githubIds)));
  return null;
});

export const sweep = single<OrganizationInput<'sweep'>>(async (t, { input }) => {
  switch (input.phase) {
    case 'repositories':
      await dropTasksOf(t, await repository.sweepRepositories(t.tx, input.generation));
      return null;
    case 'members':
      announce(t, [], removed('member', await repository.sweepMembers(t.tx, input.generation)));
      return null;
    case 'pull_requests':
      announce(t, [], removed('taskSummary', await sweepVirtualTasks(t.tx, input.generation)));
      return null;
    case 'checks':
      return null;
    default:
      return assertNever(input.phase);
  }
});

/** A sync that came to its end has overcome what kept earlier ones from it: nobody has to clear that by hand. */
async function closeSyncIssues(t: TransactionContext): Promise<void> {
  const commands = ['githubData.command.startSync', 'githubData.command.syncBatch'];
  for (const issue of await deleteRuntimeIssuesOf(t.tx, 'githubData', commands)) {
    t.remove({ type: 'runtimeIssue', id: issue.id });
    t.audit({
      action: 'runtimeIssue.healed',
      subject: issue.id,
      summary: 'GitHub is read again: a problem in the background is over',
    });
  }
}

export const reportSync = single<OrganizationInput<'reportSync'>>(async (t, { input }) => {
  if (await repository.writeSyncProgress(t.tx, input.progress)) {
    t.upsert({ type: 'sync', entity: input.progress });
  }
  if (input.progress.state === 'done') {
    await closeSyncIssues(t);
  }
  return null;
});

export const requestSync = single<OrganizationInput<'requestSync'>>(async (t, { input, envelope }) => {
  if (input.organization !== undefined && (await repository.readOrganization(t.tx)) === null) {
    await recordOrganization(t, input.organization);
  }
  const { state } = await repository.readSyncProgress(t.tx);
  if (input.onlyIfNever === true && state !== 'never' && state !== 'failed') {
    return null;
  }
  const who = envelope.by.kind === 'person' ? envelope.by.login : 'Foundry';
  t.send(gitHubDataAddress(organizationIdOf(t.key)), 'githubData.command.startSync', {
    reason: `requested by ${who}`,
    installationId: input.installationId ?? null,
  });
  return null;
});

function assertNever(value: never): never {
  throw new TypeError(`Unknown phase ${String(value)}`);
}
