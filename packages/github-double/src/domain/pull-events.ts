import type { Double } from '../double.ts';
import { fullPullShape } from '../shapes/pull.ts';
import type { Account } from '../store/accounts.ts';
import type { PullRequest } from '../store/pulls.ts';
import type { OwnedRepository } from '../store/repositories.ts';
import { emit } from '../webhooks/emit.ts';

export type PullAction =
  | 'opened'
  | 'synchronize'
  | 'ready_for_review'
  | 'converted_to_draft'
  | 'closed'
  | 'reopened'
  | 'edited'
  | 'review_requested'
  | 'review_request_removed';

/** Writes the `pull_request` webhook. Inside the transaction of the change. */
export function emitPull(
  double: Double,
  repository: OwnedRepository,
  pull: PullRequest,
  action: PullAction,
  sender: Account,
  extra: Record<string, unknown> = {},
): void {
  const facts = double.store.pulls.facts(repository.id, pull.baseSha, pull.headSha);
  // GitHub computes mergeability after it has sent the webhook, so what is not known yet is null there too.
  const shape = fullPullShape(double, repository, pull, {
    repositoryId: repository.id,
    baseSha: pull.baseSha,
    headSha: pull.headSha,
    mergeable: facts?.mergeable ?? null,
    commits: facts?.commits ?? 0,
    additions: facts?.additions ?? 0,
    deletions: facts?.deletions ?? 0,
    changedFiles: facts?.changedFiles ?? 0,
  });
  emit(double, {
    event: 'pull_request',
    action,
    sender,
    account: repository.owner,
    repository,
    payload: {
      number: pull.number,
      pull_request: shape,
      ...extra,
    },
  });
}
