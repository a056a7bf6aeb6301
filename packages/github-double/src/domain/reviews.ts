import type { Double } from '../double.ts';
import { now } from '../double.ts';
import { simpleUser } from '../shapes/account.ts';
import { pullShape, reviewShape } from '../shapes/pull.ts';
import type { Account } from '../store/accounts.ts';
import type { IssueComment, PullRequest, Review } from '../store/pulls.ts';
import type { OwnedRepository } from '../store/repositories.ts';
import { emit } from '../webhooks/emit.ts';
import { GitHubError } from './errors.ts';
import { emitPull } from './pull-events.ts';

export type ReviewState = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED';

/** Submits a review and tells the apps. */
export function submitReview(
  double: Double,
  repository: OwnedRepository,
  pull: PullRequest,
  reviewer: Account,
  input: { state: ReviewState; body: string; commitId?: string | undefined },
): Review & { user: Account } {
  const { store } = double;
  if (input.state !== 'COMMENTED' && reviewer.id === pull.authorId) {
    const verb = input.state === 'APPROVED' ? 'approve' : 'request changes on';
    throw new GitHubError(422, 'Unprocessable Entity', [
      { resource: 'PullRequestReview', code: 'custom', message: `Can not ${verb} your own pull request` },
    ]);
  }
  const review = store.transaction(() => {
    const row = store.pulls.insertReview({
      pullRequestId: pull.id,
      userId: reviewer.id,
      state: input.state,
      body: input.body,
      commitId: input.commitId ?? pull.headSha,
      submittedAt: now(),
    });
    store.pulls.withdrawReviewRequest(pull.id, reviewer.id);
    const updated = store.pulls.update(pull.id, { updatedAt: now() });
    const withUser = { ...row, user: reviewer };
    emitReview(double, repository, updated, withUser, reviewer);
    return withUser;
  });
  double.webhooks.kick();
  return review;
}

function emitReview(
  double: Double,
  repository: OwnedRepository,
  pull: PullRequest,
  review: Review & { user: Account },
  sender: Account,
): void {
  const shape = reviewShape(double, repository, pull, review);
  emit(double, {
    event: 'pull_request_review',
    action: 'submitted',
    sender,
    account: repository.owner,
    repository,
    // Webhooks write the state in lower case, and an empty body as null.
    payload: {
      review: {
        ...shape,
        state: review.state.toLowerCase(),
        body: review.body === '' ? null : review.body,
      },
      pull_request: pullShape(double, repository, pull),
    },
  });
}

/** Asks people for a review, or withdraws that. */
export function requestReviewers(
  double: Double,
  repository: OwnedRepository,
  pull: PullRequest,
  users: readonly Account[],
  change: 'request' | 'withdraw',
  sender: Account,
): PullRequest {
  const { store } = double;
  const author = users.find((user) => user.id === pull.authorId);
  if (change === 'request' && author !== undefined) {
    throw new GitHubError(422, 'Review cannot be requested from pull request author.');
  }
  const updated = store.transaction(() => {
    const row = store.pulls.update(pull.id, { updatedAt: now() });
    for (const user of users) {
      if (change === 'request') store.pulls.requestReview(pull.id, user.id);
      else store.pulls.withdrawReviewRequest(pull.id, user.id);
      const action = change === 'request' ? 'review_requested' : 'review_request_removed';
      emitPull(double, repository, row, action, sender, {
        requested_reviewer: simpleUser(double.urls, user),
      });
    }
    return row;
  });
  double.webhooks.kick();
  return updated;
}

/** Adds a comment to the conversation of a pull request. */
export function addComment(
  double: Double,
  pull: PullRequest,
  author: Account,
  body: string,
): IssueComment & { user: Account } {
  const { store } = double;
  const at = now();
  const comment = store.transaction(() => {
    const row = store.pulls.insertComment({
      pullRequestId: pull.id,
      userId: author.id,
      body,
      createdAt: at,
      updatedAt: at,
    });
    store.pulls.update(pull.id, { updatedAt: at });
    return { ...row, user: author };
  });
  return comment;
}
