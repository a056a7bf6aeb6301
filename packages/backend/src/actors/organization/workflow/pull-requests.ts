import { single, type TransactionContext } from '../../../command-loop/handlers.ts';
import { organizationIdOf, taskAddress } from '../../addresses.ts';
import * as facts from '../db/pull-request-facts.ts';
import * as repository from '../db/task-repository.ts';
import { announce, removed } from './announce.ts';
import { generationOf } from './catalog.ts';
import type { OrganizationInput } from './inputs.ts';

/** Everybody sees the new summaries; tasks with an actor are told (R7: no other actor is ever woken or made). */
function tellChanged(t: TransactionContext, changed: readonly repository.IndexedTask[]): void {
  const listed = changed.filter(repository.isListed);
  const unlisted = changed.filter((task) => !repository.isListed(task));
  announce(
    t,
    listed.map(({ summary }) => ({ type: 'taskSummary', entity: summary })),
    removed(
      'taskSummary',
      unlisted.map(({ summary }) => summary.id),
    ),
  );
  const organizationId = organizationIdOf(t.key);
  for (const { summary, materialised } of changed) {
    if (materialised && summary.pullRequest !== null) {
      t.send(taskAddress(organizationId, summary.id), 'task.command.pullRequestChanged', {
        pullRequest: summary.pullRequest,
      });
    }
  }
}

export const applyPullRequests = single<OrganizationInput<'applyPullRequests'>>(async (t, { input }) => {
  const items = input.pullRequests.map(({ repositoryId, branch, pullRequest }) => {
    const { checks, reviewDecision, ...core } = pullRequest;
    return { repositoryId, branch, pullRequest: core, checks, reviewDecision };
  });
  // A sync that could not read them must not sweep their tasks.
  await repository.keepTasksOf(t.tx, input.unreadRepositoryIds ?? [], generationOf(t, input.generation));
  tellChanged(t, await repository.upsertPullRequests(t.tx, items, generationOf(t, input.generation)));
  return null;
});

export const applyChecks = single<OrganizationInput<'applyChecks'>>(async (t, { input }) => {
  tellChanged(t, await facts.applyChecks(t.tx, input.checks));
  return null;
});

export const applyReviews = single<OrganizationInput<'applyReviews'>>(async (t, { input }) => {
  tellChanged(t, await facts.applyReviews(t.tx, input.reviews));
  return null;
});

export const applyMergeability = single<OrganizationInput<'applyMergeability'>>(async (t, { input }) => {
  tellChanged(t, await facts.applyMergeability(t.tx, input.pulls));
  return null;
});

export const branchPushed = single<OrganizationInput<'branchPushed'>>(async (t, { input }) => {
  const task = await repository.readTaskOfBranch(t.tx, input.repositoryId, input.branch);
  if (task?.materialised === true) {
    t.send(taskAddress(organizationIdOf(t.key), task.summary.id), 'task.command.branchPushed', {
      headSha: input.headSha,
      pusherLogin: input.pusherLogin,
    });
  }
  return null;
});
