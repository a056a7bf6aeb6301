import { organizationSchema, type Organization } from '@foundry/shared/entities';
import type { CommandFailure } from '@foundry/shared/envelope';
import type { z } from 'zod';
import {
  effect,
  Finish,
  transaction,
  type CommandHandler,
  type RunningCommand,
  type TransactionContext,
} from '../../../command-loop/handlers.ts';
import type { GitHubReply } from '../../../github/github-client.ts';
import { asCommandFault, GitHubError } from '../../../github/github-errors.ts';
import { gitHubWait, type GitHubWait } from '../../../github/retry-policy.ts';
import { installationListShape, installationShape, toOrganization } from '../../../github/shapes.ts';
import { gitHubLimits } from '../../../limits.ts';
import { organizationIdOf } from '../../addresses.ts';
import * as repository from '../db/repository.ts';
import {
  failureForPeople,
  isAlive,
  isRetryDue,
  isWaitingToStart,
  newSync,
  startCursor,
  toProgress,
  waitingSync,
} from '../decisions.ts';
import { gitHub, organizationOf, self } from './github.ts';
import type { GitHubDataInput } from './inputs.ts';

type Installations = z.output<typeof installationListShape>;
type Input = GitHubDataInput<'startSync'>;

/** Remembers what GitHub said of the account, tells the organization, and begins or ends the chain of repairs. */
export async function recordInstallation(t: TransactionContext, organization: Organization): Promise<void> {
  const known = await repository.readInstallation(t.tx);
  const isActive = organization.installation?.status === 'active';
  const startsChain = isActive && known?.status !== 'active';
  const tick = startsChain ? t.nowMs : (known?.tick ?? 0);
  await repository.writeInstallation(t.tx, organization, { tick, nowMs: t.nowMs });
  t.send(organizationOf(t.key), 'organization.command.applyInstallation', { organization });
  if (startsChain) {
    t.send(
      self(t.key),
      'githubData.command.repairDeliveries',
      { tick },
      { delayMs: gitHubLimits.repairIntervalMs },
    );
  }
}

const look = transaction('look', async (t, { input }: { input: Input }) => {
  const sync = await repository.readSync(t.tx);
  if (input.retry !== undefined) {
    if (!isRetryDue(sync, input.retry, t.nowMs)) {
      return new Finish(null);
    }
  } else if (sync !== null && isAlive(sync, t.nowMs)) {
    if (input.again === true) {
      await repository.writeSync(t.tx, { ...sync, again: true });
    }
    return new Finish(null);
  }
  const known = await repository.readInstallation(t.tx);
  return { installationId: input.installationId ?? known?.installationId ?? null };
});

/** The installation as it is now, with the account's current name; null when there is none (any more). */
async function findInstallation(
  organizationId: string,
  installationId: string | null,
  signal: AbortSignal,
): Promise<Organization | null> {
  const api = gitHub().asApp();
  if (installationId !== null && installationId !== '') {
    try {
      const found = await api.send(
        'GET /app/installations/{installation_id}',
        { installation_id: Number(installationId) },
        installationShape,
        { signal },
      );
      const organization = toOrganization(found);
      if (organization.id === organizationId) {
        return organization;
      }
    } catch (error) {
      // It may have been removed and made anew under another id: look through all.
      if (!(error instanceof GitHubError && error.code === 'github_not_found')) {
        throw error;
      }
    }
  }
  for (let page: string | null = '1'; page !== null;) {
    const reply: GitHubReply<Installations> = await api.read(
      'GET /app/installations',
      { per_page: gitHubLimits.pageSize, page },
      installationListShape,
      { signal },
    );
    if (reply.kind === 'unchanged') {
      return null;
    }
    const found = reply.data.find(({ account }) => String(account.id) === organizationId);
    if (found !== undefined) {
      return toOrganization(found);
    }
    page = reply.next;
  }
  return null;
}

type Asked =
  | { readonly kind: 'answer'; readonly organization: Organization | null }
  | ({ readonly kind: 'wait' } & GitHubWait);

const ask = effect('ask GitHub', async ({ db, key, signal }, command): Promise<Asked> => {
  const looked = command.resultOf(look);
  const installationId = looked instanceof Finish ? null : looked.installationId;
  try {
    const organization = await findInstallation(organizationIdOf(key), installationId, signal);
    return { kind: 'answer', organization };
  } catch (error) {
    const sync = await repository.readSync(db);
    const wait = gitHubWait(error, isWaitingToStart(sync) ? (sync?.failedAttempts ?? 0) : 0, Date.now());
    if (wait === null) {
      throw asCommandFault(error);
    }
    return { kind: 'wait', ...wait };
  }
});

/** The sync's own next try, at the time that its row says; nobody has to ask for it. */
export function retryLater(
  t: TransactionContext,
  { generation, retryAtMs }: repository.SyncRow,
  installationId: string | null,
): void {
  t.send(
    self(t.key),
    'githubData.command.startSync',
    { reason: 'another try', installationId, retry: generation },
    { delayMs: Math.max(0, (retryAtMs ?? t.nowMs) - t.nowMs) },
  );
}

/** Ends a sync that waiting for GitHub does not help, says why, and tries another one later. */
export async function failSync(
  t: TransactionContext,
  sync: repository.SyncRow,
  failure: CommandFailure,
  installationId: string | null,
): Promise<void> {
  const failed = {
    ...sync,
    state: 'failed' as const,
    finishedAtMs: t.nowMs,
    retryAtMs: t.nowMs + gitHubLimits.refusedRetryDelayMs,
    failureJson: JSON.stringify(failureForPeople(failure)),
  };
  await repository.writeSync(t.tx, failed);
  t.send(organizationOf(t.key), 'organization.command.reportSync', { progress: toProgress(failed) });
  retryLater(t, failed, installationId);
}

const begin = transaction('begin', async (t, command: RunningCommand<Input>) => {
  const asked = command.resultOf(ask);
  const sync = await repository.readSync(t.tx);
  if (isAlive(sync, t.nowMs) && !isWaitingToStart(sync)) {
    return new Finish(null);
  }
  if (asked.kind === 'wait') {
    const starting = isWaitingToStart(sync) ? sync : null;
    const row = starting ?? { ...newSync(sync?.generation ?? 0, t.nowMs), phase: null };
    const waiting = waitingSync(row, asked, t.nowMs);
    await repository.writeSync(t.tx, waiting);
    t.send(organizationOf(t.key), 'organization.command.reportSync', { progress: toProgress(waiting) });
    retryLater(t, waiting, command.input.installationId);
    return null;
  }
  const organization = organizationSchema.nullable().parse(asked.organization);
  const known = await repository.readInstallation(t.tx);
  if (organization === null) {
    if (known !== null) {
      await recordInstallation(t, {
        ...known.organization,
        installation: { id: known.installationId, status: 'removed' },
      });
    }
    return new Finish(null);
  }
  await recordInstallation(t, organization);
  if (organization.installation?.status !== 'active') {
    return new Finish(null);
  }
  // Webhooks that arrive from here on stamp their rows with a later time, so that this sync's sweep spares them.
  const started = newSync(Math.max(t.nowMs, (sync?.generation ?? 0) + 1), t.nowMs);
  await repository.writeSync(t.tx, started);
  t.send(organizationOf(t.key), 'organization.command.reportSync', { progress: toProgress(started) });
  t.send(self(t.key), 'githubData.command.syncBatch', {
    generation: started.generation,
    phase: 'repositories',
    cursor: startCursor,
  });
  return null;
});

export const startSync: CommandHandler<Input> = {
  steps: [look, ask, begin],
  onFailure: async (t, { input, failure }) => {
    const sync = await repository.readSync(t.tx);
    if (isAlive(sync, t.nowMs) && !isWaitingToStart(sync)) {
      return;
    }
    const failed = { ...(sync ?? newSync(0, t.nowMs)), phase: null };
    await failSync(t, failed, failure, input?.installationId ?? null);
  },
};
