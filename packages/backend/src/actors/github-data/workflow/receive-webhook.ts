import { single, type TransactionContext } from '../../../command-loop/handlers.ts';
import type { NormalisedWebhook } from '../../../github/webhook-events.ts';
import { gitHubLimits } from '../../../limits.ts';
import * as repository from '../db/repository.ts';
import { inMessages } from '../decisions.ts';
import { organizationOf, self } from './github.ts';
import { applyPullRequests } from './phases/pull-requests.ts';
import { readMergeabilityOfBaseSoon, readMergeabilitySoon } from './read-mergeability.ts';
import { recordInstallation } from './start-sync.ts';

type Event<T extends NormalisedWebhook['event']['type']> = Extract<NormalisedWebhook['event'], { type: T }>;

/** Changes of a repository that change nothing about who may see it and what they may do. */
const sameAudience = new Set(['repository.edited', 'repository.renamed']);

function refreshPeople(t: TransactionContext, githubIds: string[] | null, reason: string): void {
  t.send(self(t.key), 'githubData.command.refreshPeople', { githubIds, reason });
}

/** Reads checks shortly after, once for a burst of webhooks about one commit. */
export async function readChecksSoon(
  t: TransactionContext,
  repositoryId: string,
  headSha: string,
): Promise<void> {
  if (
    await repository.claimPendingRead(
      t.tx,
      `checks:${repositoryId}:${headSha}`,
      t.nowMs,
      gitHubLimits.pendingReadStaleMs,
    )
  ) {
    t.send(
      self(t.key),
      'githubData.command.readChecks',
      { repositoryId, headSha },
      { delayMs: gitHubLimits.checksDelayMs },
    );
  }
}

async function readReviewsSoon(t: TransactionContext, repositoryId: string, number: number): Promise<void> {
  if (
    await repository.claimPendingRead(
      t.tx,
      `reviews:${repositoryId}:${number}`,
      t.nowMs,
      gitHubLimits.pendingReadStaleMs,
    )
  ) {
    t.send(
      self(t.key),
      'githubData.command.readReviews',
      { repositoryId, number },
      { delayMs: gitHubLimits.checksDelayMs },
    );
  }
}

async function onInstallation(
  t: TransactionContext,
  name: string,
  event: Event<'installation'>,
): Promise<void> {
  await recordInstallation(t, event.organization);
  if (event.organization.installation?.status === 'active') {
    t.send(self(t.key), 'githubData.command.startSync', {
      reason: name,
      installationId: event.organization.installation.id,
      again: true,
    });
  } else {
    refreshPeople(t, null, name);
  }
}

async function onRepositories(
  t: TransactionContext,
  name: string,
  event: Event<'repositoriesChanged'>,
): Promise<void> {
  await repository.upsertRepositories(t.tx, event.added, t.nowMs);
  for (const repositories of inMessages(event.added)) {
    t.send(organizationOf(t.key), 'organization.command.applyRepositories', {
      generation: null,
      repositories,
    });
  }
  if (event.removedIds.length > 0) {
    await repository.deleteRepositories(t.tx, event.removedIds);
    t.send(organizationOf(t.key), 'organization.command.removeRepositories', {
      repositoryIds: event.removedIds,
    });
  }
  if (event.needsSync) {
    t.send(self(t.key), 'githubData.command.startSync', { reason: name, installationId: null, again: true });
  }
  if (!sameAudience.has(name)) {
    refreshPeople(t, null, name);
  }
}

async function onPullRequest(t: TransactionContext, event: Event<'pullRequest'>): Promise<void> {
  const { repositoryId, branch, pullRequest } = event;
  const known = await repository.readOpenPullRequest(t.tx, repositoryId, pullRequest.number);
  await applyPullRequests(t, [{ repositoryId, branch, pullRequest }], null);
  if (pullRequest.state !== 'open') {
    return;
  }
  if (known?.headSha !== pullRequest.headSha) {
    await readChecksSoon(t, repositoryId, pullRequest.headSha);
  }
  if (known?.headSha !== pullRequest.headSha || known.baseBranch !== pullRequest.baseBranch) {
    await readMergeabilitySoon(t, repositoryId, pullRequest.number);
  }
  if (known === null) {
    // A reopened one brings its old reviews along.
    await readReviewsSoon(t, repositoryId, pullRequest.number);
  }
}

async function onMembers(t: TransactionContext, name: string, event: Event<'membersChanged'>): Promise<void> {
  const { upserted, removedGithubIds } = event;
  const upsertedIds = upserted.map(({ githubId }) => githubId);
  if (upserted.length > 0) {
    await repository.upsertMembers(t.tx, upsertedIds, t.nowMs);
    t.send(organizationOf(t.key), 'organization.command.applyMembers', {
      generation: null,
      members: upserted,
    });
  }
  if (removedGithubIds.length > 0) {
    await repository.deleteMembers(t.tx, removedGithubIds);
    t.send(organizationOf(t.key), 'organization.command.removeMembers', { githubIds: removedGithubIds });
  }
  refreshPeople(t, [...upsertedIds, ...removedGithubIds], name);
}

/** One delivery, applied once (its commandId is the delivery id). What needs GitHub's answer becomes a command of its own. */
export const receiveWebhook = single<NormalisedWebhook>(async (t, { input }) => {
  const { event, name } = input;
  if (event.type !== 'installation' && input.installationId !== null) {
    const known = await repository.readInstallation(t.tx);
    if (known === null) {
      // Installed before Foundry listened, or its delivery was lost: a sync brings everything.
      t.send(self(t.key), 'githubData.command.startSync', {
        reason: `first delivery: ${name}`,
        installationId: input.installationId,
      });
    }
  }
  switch (event.type) {
    case 'installation':
      await onInstallation(t, name, event);
      return null;
    case 'repositoriesChanged':
      await onRepositories(t, name, event);
      return null;
    case 'push':
      // A deletion too, with a head of zeros: whoever works on the branch has to hear of it.
      t.send(organizationOf(t.key), 'organization.command.branchPushed', {
        repositoryId: event.repositoryId,
        branch: event.branch,
        headSha: event.headSha,
        pusherLogin: input.senderLogin,
      });
      if (!event.deleted) {
        await readMergeabilityOfBaseSoon(t, event.repositoryId, event.branch);
      }
      return null;
    case 'pullRequest':
      await onPullRequest(t, event);
      return null;
    case 'review':
      await readReviewsSoon(t, event.repositoryId, event.pullRequestNumber);
      return null;
    case 'checks':
      if (await repository.isOpenHead(t.tx, event.repositoryId, event.headSha)) {
        await readChecksSoon(t, event.repositoryId, event.headSha);
      }
      return null;
    case 'membersChanged':
      await onMembers(t, name, event);
      return null;
    case 'accessChanged':
      if (event.githubIds?.length !== 0) {
        refreshPeople(t, event.githubIds, name);
      }
      return null;
    case 'ignored':
      return null;
    default:
      return assertNever(event);
  }
});

function assertNever(value: never): never {
  throw new TypeError(`Unknown event ${JSON.stringify(value)}`);
}
