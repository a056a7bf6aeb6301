import type { SyncPhase, Unread } from '@foundry/shared/entities';
import {
  effect,
  Finish,
  transaction,
  type CommandHandler,
  type RunningCommand,
  type TransactionContext,
} from '../../../command-loop/handlers.ts';
import { errorMessage } from '../../../command-loop/errors.ts';
import { asCommandFault } from '../../../github/github-errors.ts';
import { gitHubRetryDelayMs, gitHubWait, type GitHubWait } from '../../../github/retry-policy.ts';
import { gitHubLimits } from '../../../limits.ts';
import * as repository from '../db/repository.ts';
import {
  failureForPeople,
  phaseAfter,
  startCursor,
  toProgress,
  unreadOf,
  waitingSync,
  withUnread,
} from '../decisions.ts';
import { concernsOne, readUnits } from './cached-reads.ts';
import { installationApi, organizationOf, self } from './github.ts';
import type { GitHubDataInput } from './inputs.ts';
import { checksPhase } from './phases/checks.ts';
import { membersPhase } from './phases/members.ts';
import type { Phase } from './phases/phase.ts';
import { pullRequestsPhase } from './phases/pull-requests.ts';
import { repositoriesPhase } from './phases/repositories.ts';
import { failSync, retryLater } from './start-sync.ts';

type Input = GitHubDataInput<'syncBatch'>;

const phases: { readonly [P in SyncPhase]: Phase } = {
  repositories: repositoriesPhase,
  members: membersPhase,
  pull_requests: pullRequestsPhase,
  checks: checksPhase,
};

type BatchRead =
  | { readonly kind: 'superseded' }
  | ({ readonly kind: 'wait' } & GitHubWait)
  | {
      readonly kind: 'read';
      readonly keys: readonly string[];
      readonly next: string | null;
      readonly leftOut: readonly Unread[];
    };

/** Reads the batch's pages; their contents wait in the reply table, so that step results stay small. */
const read = effect('read', async ({ db, signal }, { input }: { input: Input }): Promise<BatchRead> => {
  const sync = await repository.readSync(db);
  if (sync === null || sync.generation !== input.generation) {
    return { kind: 'superseded' };
  }
  const phase = phases[input.phase];
  const plan = await phase.plan(db, input);
  if (plan.units.length === 0) {
    return { kind: 'read', keys: [], next: plan.nextAfter(0, new Map()), leftOut: [] };
  }
  try {
    const { units, keys, leftOut } = await readUnits(db, await installationApi(db), plan.units, {
      signal,
      freshSinceMs: input.generation,
      leaveOut: sync.failedAttempts >= gitHubLimits.attemptsBeforeLeftOut,
    });
    const replies = await repository.readReplies(db, keys);
    return { kind: 'read', keys, next: plan.nextAfter(units, replies), leftOut };
  } catch (error) {
    const wait = gitHubWait(error, sync.failedAttempts, Date.now());
    if (wait !== null) {
      return { kind: 'wait', ...wait };
    }
    if (concernsOne(error) && plan.units[0]?.subject !== null) {
      const retryAtMs = Date.now() + gitHubRetryDelayMs(sync.failedAttempts);
      return { kind: 'wait', state: 'waiting_for_github', retryAtMs, message: errorMessage(error) };
    }
    throw asCommandFault(error);
  }
});

function reportProgress(t: TransactionContext, sync: repository.SyncRow): void {
  t.send(organizationOf(t.key), 'organization.command.reportSync', { progress: toProgress(sync) });
}

/** Hands the batch to the organization and goes on with the next one, the next phase, or the end. */
const apply = transaction('apply', async (t, command: RunningCommand<Input>) => {
  const { input } = command;
  const batch = command.resultOf(read);
  const sync = await repository.readSync(t.tx);
  if (batch.kind === 'superseded' || sync === null || sync.generation !== input.generation) {
    return new Finish(null);
  }
  if (batch.kind === 'wait') {
    const waiting = waitingSync(sync, batch, t.nowMs);
    await repository.writeSync(t.tx, waiting);
    reportProgress(t, waiting);
    t.send(self(t.key), 'githubData.command.syncBatch', input, {
      delayMs: Math.max(0, batch.retryAtMs - t.nowMs),
    });
    return null;
  }
  const phase = phases[input.phase];
  const replies = await repository.readReplies(t.tx, batch.keys);
  const progress = await phase.apply(t, input, replies);
  if (batch.leftOut.length > 0) {
    const repositoryIds = batch.leftOut.flatMap(({ repositoryId }) => repositoryId ?? []);
    await phase.leaveOut?.(t, input, [...new Set(repositoryIds)]);
  }
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
    failureJson: null,
    unreadJson: withUnread(sync, batch.leftOut),
    membersUnread: sync.membersUnread || (input.phase === 'members' && batch.leftOut.length > 0),
  };
  if (next !== null) {
    await repository.writeSync(t.tx, going);
    reportProgress(t, going);
    t.send(self(t.key), 'githubData.command.syncBatch', { ...input, cursor: next });
    return null;
  }
  const complete = input.phase !== 'members' || !going.membersUnread;
  await phase.end(t, input.generation, complete);
  if (complete) {
    t.send(organizationOf(t.key), 'organization.command.sweep', {
      phase: input.phase,
      generation: input.generation,
    });
  }
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
  await finishSync(t, going);
  return null;
});

async function finishSync(t: TransactionContext, sync: repository.SyncRow): Promise<void> {
  const isComplete = unreadOf(sync).length === 0;
  const finished = {
    ...sync,
    state: 'done' as const,
    phase: null,
    finishedAtMs: t.nowMs,
    retryAtMs: isComplete ? null : t.nowMs + gitHubLimits.unreadRetryDelayMs,
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
  } else if (!isComplete) {
    retryLater(t, finished, null);
  }
}

export const syncBatch: CommandHandler<Input> = {
  steps: [read, apply],
  /** What GitHub refuses ends the sync with its words, and so does a fault of our own; another follows later. */
  onFailure: async (t, { input, failure }) => {
    const sync = await repository.readSync(t.tx);
    if (input === null || sync === null || sync.generation !== input.generation || sync.state === 'done') {
      return;
    }
    await failSync(t, sync, failure, null);
    t.audit({
      action: 'sync.failed',
      subject: input.phase,
      summary: `The GitHub sync failed: ${failureForPeople(failure).message}`,
    });
  },
};
