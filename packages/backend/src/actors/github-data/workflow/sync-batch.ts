import type { SyncPhase } from '@foundry/shared/entities';
import {
  effect,
  Finish,
  transaction,
  type CommandHandler,
  type RunningCommand,
  type TransactionContext,
} from '../../../command-loop/handlers.ts';
import { withCommandFaults } from '../../../github/github-errors.ts';
import { gitHubLimits } from '../../../limits.ts';
import * as repository from '../db/repository.ts';
import { batchRetryDelayMs, phaseAfter, startCursor, toProgress } from '../decisions.ts';
import { readUnits } from './cached-reads.ts';
import { installationApi, organizationOf, self } from './github.ts';
import type { GitHubDataInput } from './inputs.ts';
import { checksPhase } from './phases/checks.ts';
import { membersPhase } from './phases/members.ts';
import type { Phase } from './phases/phase.ts';
import { pullRequestsPhase } from './phases/pull-requests.ts';
import { repositoriesPhase } from './phases/repositories.ts';

type Input = GitHubDataInput<'syncBatch'>;

const phases: { readonly [P in SyncPhase]: Phase } = {
  repositories: repositoriesPhase,
  members: membersPhase,
  pull_requests: pullRequestsPhase,
  checks: checksPhase,
};

type BatchRead =
  | { readonly kind: 'superseded' }
  | { readonly kind: 'rateLimited'; readonly retryAtMs: number }
  | { readonly kind: 'read'; readonly keys: readonly string[]; readonly next: string | null };

/** Reads the batch's pages; their contents wait in the reply table, so that step results stay small. */
const read = effect('read', async ({ db, signal }, { input }: { input: Input }): Promise<BatchRead> => {
  const sync = await repository.readSync(db);
  if (sync === null || sync.generation !== input.generation) {
    return { kind: 'superseded' };
  }
  const phase = phases[input.phase];
  const plan = await phase.plan(db, input);
  if (plan.units.length === 0) {
    return { kind: 'read', keys: [], next: plan.nextAfter(0, new Map()) };
  }
  return await withCommandFaults(async () => {
    const result = await readUnits(db, await installationApi(db), plan.units, signal);
    if (result.kind === 'rateLimited') {
      return result;
    }
    const keys = plan.units.slice(0, result.units).flatMap((unit) => unit.reads.map(({ key }) => key));
    const replies = await repository.readReplies(db, keys);
    const next = plan.nextAfter(result.units, replies);
    return { kind: 'read', keys, next };
  });
});

function reportProgress(t: TransactionContext, sync: repository.SyncRow): void {
  t.send(organizationOf(t.key), 'organization.command.reportSync', { progress: toProgress(sync, null) });
}

/** Hands the batch to the organization and goes on with the next one, the next phase, or the end. */
const apply = transaction('apply', async (t, command: RunningCommand<Input>) => {
  const { input } = command;
  const batch = command.resultOf(read);
  const sync = await repository.readSync(t.tx);
  if (batch.kind === 'superseded' || sync === null || sync.generation !== input.generation) {
    return new Finish(null);
  }
  if (batch.kind === 'rateLimited') {
    const waiting = {
      ...sync,
      state: 'waiting_for_rate_limit' as const,
      retryAtMs: batch.retryAtMs,
      progressAtMs: t.nowMs,
    };
    await repository.writeSync(t.tx, waiting);
    reportProgress(t, waiting);
    t.send(self(t.key), 'githubData.command.syncBatch', input, {
      delayMs: Math.max(0, batch.retryAtMs - t.nowMs) + gitHubLimits.rateLimitMarginMs,
    });
    return null;
  }
  const phase = phases[input.phase];
  const replies = await repository.readReplies(t.tx, batch.keys);
  const progress = await phase.apply(t, input, replies);
  const next = batch.next ?? (await phase.more?.(t, input)) ?? null;
  const going = {
    ...sync,
    state: 'running' as const,
    phase: input.phase,
    done: (sync.phase === input.phase ? sync.done : 0) + progress.done,
    total: progress.total,
    retryAtMs: null,
    progressAtMs: t.nowMs,
    failedAttempts: 0,
  };
  if (next !== null) {
    await repository.writeSync(t.tx, going);
    reportProgress(t, going);
    t.send(self(t.key), 'githubData.command.syncBatch', { ...input, cursor: next });
    return null;
  }
  await phase.end(t, input.generation);
  t.send(organizationOf(t.key), 'organization.command.sweep', {
    phase: input.phase,
    generation: input.generation,
  });
  const nextPhase = phaseAfter(input.phase);
  if (nextPhase !== null) {
    const entering = { ...going, phase: nextPhase, done: 0, total: null };
    await repository.writeSync(t.tx, entering);
    reportProgress(t, entering);
    t.send(self(t.key), 'githubData.command.syncBatch', {
      generation: input.generation,
      phase: nextPhase,
      cursor: startCursor,
    });
    return null;
  }
  const finished = {
    ...going,
    state: 'done' as const,
    phase: null,
    finishedAtMs: t.nowMs,
    failureJson: null,
    again: false,
  };
  await repository.writeSync(t.tx, finished);
  await repository.pruneReplies(t.tx, t.nowMs - gitHubLimits.cacheRetentionMs);
  reportProgress(t, finished);
  if (sync.again) {
    t.send(self(t.key), 'githubData.command.startSync', {
      reason: 'something changed during the sync',
      installationId: null,
    });
  }
  return null;
});

export const syncBatch: CommandHandler<Input> = {
  steps: [read, apply],
  /** A fault that may pass is tried again later, from the same cursor; any other ends the sync with its words. */
  onFailure: async (t, { input, failure }) => {
    const sync = await repository.readSync(t.tx);
    if (input === null || sync === null || sync.generation !== input.generation || sync.state === 'done') {
      return;
    }
    const delayMs = batchRetryDelayMs(sync.failedAttempts, failure);
    if (delayMs !== null) {
      await repository.writeSync(t.tx, {
        ...sync,
        failedAttempts: sync.failedAttempts + 1,
        progressAtMs: t.nowMs,
      });
      t.send(self(t.key), 'githubData.command.syncBatch', input, { delayMs });
      return;
    }
    const failed = {
      ...sync,
      state: 'failed' as const,
      finishedAtMs: t.nowMs,
      failureJson: JSON.stringify(failure),
    };
    await repository.writeSync(t.tx, failed);
    t.send(organizationOf(t.key), 'organization.command.reportSync', {
      progress: toProgress(failed, failure),
    });
    t.audit({
      action: 'sync.failed',
      subject: input.phase,
      summary: `The GitHub sync failed: ${failure.message}`,
    });
  },
};
