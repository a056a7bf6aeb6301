import { organizationSchema, type Organization } from '@foundry/shared/entities';
import { z } from 'zod';
import {
  effect,
  Finish,
  transaction,
  type CommandHandler,
  type TransactionContext,
} from '../../../command-loop/handlers.ts';
import type { GitHubReply } from '../../../github/github-client.ts';
import { GitHubError, withCommandFaults } from '../../../github/github-errors.ts';
import { installationShape, toOrganization } from '../../../github/shapes.ts';
import { gitHubLimits } from '../../../limits.ts';
import { organizationIdOf } from '../../addresses.ts';
import * as repository from '../db/repository.ts';
import { isAlive, newSync, startCursor, toProgress } from '../decisions.ts';
import { gitHub, organizationOf, self } from './github.ts';
import type { GitHubDataInput } from './inputs.ts';

const installationsShape = z.array(installationShape);
type Installations = z.output<typeof installationsShape>;
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
  if (sync !== null && isAlive(sync, t.nowMs)) {
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
      installationsShape,
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

const ask = effect('ask GitHub', async ({ key, signal }, command) => {
  const looked = command.resultOf(look);
  const installationId = looked instanceof Finish ? null : looked.installationId;
  return {
    organization: await withCommandFaults(
      async () => await findInstallation(organizationIdOf(key), installationId, signal),
    ),
  };
});

const begin = transaction('begin', async (t, command) => {
  const organization = organizationSchema.nullable().parse(command.resultOf(ask).organization);
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
  const sync = await repository.readSync(t.tx);
  if (organization.installation?.status !== 'active' || isAlive(sync, t.nowMs)) {
    return new Finish(null);
  }
  // Webhooks that arrive from here on stamp their rows with a later time, so that this sync's sweep spares them.
  const started = newSync(Math.max(t.nowMs, (sync?.generation ?? 0) + 1), t.nowMs);
  await repository.writeSync(t.tx, started);
  t.send(organizationOf(t.key), 'organization.command.reportSync', { progress: toProgress(started, null) });
  t.send(self(t.key), 'githubData.command.syncBatch', {
    generation: started.generation,
    phase: 'repositories',
    cursor: startCursor,
  });
  return null;
});

export const startSync: CommandHandler<Input> = {
  steps: [look, ask, begin],
  onFailure: async (t, { failure }) => {
    const before = await repository.readSync(t.tx);
    if (isAlive(before, t.nowMs)) {
      return;
    }
    const failed = {
      ...(before ?? newSync(0, t.nowMs)),
      state: 'failed' as const,
      finishedAtMs: t.nowMs,
      failureJson: JSON.stringify(failure),
    };
    await repository.writeSync(t.tx, failed);
    t.send(organizationOf(t.key), 'organization.command.reportSync', {
      progress: toProgress(failed, failure),
    });
  },
};
