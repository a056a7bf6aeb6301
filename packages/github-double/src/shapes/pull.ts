import type { Double, Urls } from '../double.ts';
import type { ToldPullFacts } from '../domain/pull-facts.ts';
import type { Account } from '../store/accounts.ts';
import type { CheckRun } from '../store/checks.ts';
import type { PullRequest, Review } from '../store/pulls.ts';
import type { OwnedRepository } from '../store/repositories.ts';
import { simpleUser } from './account.ts';
import { nodeId } from './ids.ts';
import { fullName, repositoryShape } from './repository.ts';

/** The state GitHub shows beside the merge button. */
export type MergeableState = 'clean' | 'dirty' | 'draft' | 'unstable' | 'unknown';

/** GitHub's order: a conflict first, then a draft, then checks that fail or still run. */
export function mergeableState(
  pull: PullRequest,
  facts: ToldPullFacts,
  runs: readonly CheckRun[],
): MergeableState {
  if (pull.state === 'closed' || facts.mergeable === null) return 'unknown';
  if (!facts.mergeable) return 'dirty';
  if (pull.draft) return 'draft';
  const passed = (run: CheckRun) =>
    run.conclusion === 'success' || run.conclusion === 'neutral' || run.conclusion === 'skipped';
  return runs.every(passed) ? 'clean' : 'unstable';
}

function branchShape(urls: Urls, repository: OwnedRepository, ref: string, sha: string) {
  return {
    label: `${repository.owner.login}:${ref}`,
    ref,
    sha,
    user: simpleUser(urls, repository.owner),
    repo: repositoryShape(urls, repository),
  };
}

/** A pull request as lists give it. */
export function pullShape(double: Double, repository: OwnedRepository, pull: PullRequest) {
  const { urls, store } = double;
  const author = store.accounts.byId(pull.authorId);
  const api = `${urls.api}/repos/${fullName(repository)}`;
  const self = `${api}/pulls/${pull.number}`;
  const html = `${urls.web}/${fullName(repository)}/pull/${pull.number}`;
  const statuses = `${api}/statuses/${pull.headSha}`;
  const comments = `${api}/issues/${pull.number}/comments`;
  const link = (href: string) => ({ href });
  return {
    url: self,
    id: pull.id,
    node_id: nodeId('PR', pull.id),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: `${api}/issues/${pull.number}`,
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: author === undefined ? null : simpleUser(urls, author),
    body: pull.body,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeCommitSha,
    assignee: null,
    assignees: [],
    requested_reviewers: store.pulls.requestedReviewers(pull.id).map((user) => simpleUser(urls, user)),
    requested_teams: [],
    labels: [],
    milestone: null,
    draft: pull.draft,
    commits_url: `${self}/commits`,
    review_comments_url: `${self}/comments`,
    review_comment_url: `${api}/pulls/comments{/number}`,
    comments_url: comments,
    statuses_url: statuses,
    head: branchShape(urls, repository, pull.headRef, pull.headSha),
    base: branchShape(urls, repository, pull.baseRef, pull.baseSha),
    _links: {
      self: link(self),
      html: link(html),
      issue: link(`${api}/issues/${pull.number}`),
      comments: link(comments),
      review_comments: link(`${self}/comments`),
      review_comment: link(`${api}/pulls/comments{/number}`),
      commits: link(`${self}/commits`),
      statuses: link(statuses),
    },
    author_association: association(double, repository, author),
    auto_merge: null,
    active_lock_reason: null,
  };
}

/** A single pull request, with what only git can tell. */
export function fullPullShape(
  double: Double,
  repository: OwnedRepository,
  pull: PullRequest,
  facts: ToldPullFacts,
) {
  const { store, urls } = double;
  const runs = store.checks.latestRunsOf(repository.id, pull.headSha);
  const mergedBy = pull.mergedById === null ? undefined : store.accounts.byId(pull.mergedById);
  return {
    ...pullShape(double, repository, pull),
    merged: pull.merged,
    mergeable: pull.state === 'open' ? facts.mergeable : null,
    rebaseable: pull.state === 'open' && facts.mergeable !== null ? facts.mergeable && !pull.draft : null,
    mergeable_state: mergeableState(pull, facts, runs),
    merged_by: mergedBy === undefined ? null : simpleUser(urls, mergedBy),
    comments: store.pulls.comments(pull.id).length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: facts.commits,
    additions: facts.additions,
    deletions: facts.deletions,
    changed_files: facts.changedFiles,
  };
}

export function association(
  double: Double,
  repository: OwnedRepository,
  user: Account | undefined,
): 'OWNER' | 'MEMBER' | 'COLLABORATOR' | 'NONE' {
  if (user === undefined) return 'NONE';
  if (repository.ownerId === user.id) return 'OWNER';
  if (double.store.accounts.role(repository.ownerId, user.id) !== undefined) return 'MEMBER';
  return double.store.repositories.grant(repository.id, user.id) === undefined ? 'NONE' : 'COLLABORATOR';
}

export function reviewShape(
  double: Double,
  repository: OwnedRepository,
  pull: PullRequest,
  review: Review & { user: Account },
) {
  const html = `${double.urls.web}/${fullName(repository)}/pull/${pull.number}`;
  const pullUrl = `${double.urls.api}/repos/${fullName(repository)}/pulls/${pull.number}`;
  return {
    id: review.id,
    node_id: nodeId('PRR', review.id),
    user: simpleUser(double.urls, review.user),
    body: review.body,
    state: review.state,
    html_url: `${html}#pullrequestreview-${review.id}`,
    pull_request_url: pullUrl,
    author_association: association(double, repository, review.user),
    _links: {
      html: { href: `${html}#pullrequestreview-${review.id}` },
      pull_request: { href: pullUrl },
    },
    submitted_at: review.submittedAt,
    commit_id: review.commitId,
  };
}

export function commentShape(
  double: Double,
  repository: OwnedRepository,
  pull: PullRequest,
  comment: { id: number; user: Account; body: string; createdAt: string; updatedAt: string },
) {
  const api = `${double.urls.api}/repos/${fullName(repository)}/issues`;
  return {
    id: comment.id,
    node_id: nodeId('IC', comment.id),
    url: `${api}/comments/${comment.id}`,
    html_url: `${double.urls.web}/${fullName(repository)}/pull/${pull.number}#issuecomment-${comment.id}`,
    body: comment.body,
    user: simpleUser(double.urls, comment.user),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    issue_url: `${api}/${pull.number}`,
    author_association: association(double, repository, comment.user),
    performed_via_github_app: null,
  };
}
