import {
  memberSchema,
  pullRequestCoreSchema,
  pullRequestSchema,
  repositorySchema,
} from '@foundry/shared/entities';
import { z } from 'zod';
import {
  accountShape,
  checkRunShape,
  decideReviews,
  pullRequestShape,
  repositoryShape,
  reviewShape,
  singlePullRequestShape,
  summariseChecks,
  toMember,
  toMergeability,
  toPullRequest,
  toRepository,
} from '../../../github/shapes.ts';
import { gitHubLimits } from '../../../limits.ts';
import { cachedRead, type CachedRead } from './cached-reads.ts';

/* Every address that a sync or a webhook makes GitHubData read, with what is kept of the reply. */

const perPage = gitHubLimits.pageSize;

/** Kept bodies, as they come back out of the store. */
export const keptRepositories = z.object({
  total: z.number().int(),
  repositories: z.array(repositorySchema),
});
export const keptMembers = z.array(memberSchema);
export const keptPullRequests = z.array(
  z.object({
    repositoryId: z.string(),
    branch: z.string(),
    pullRequest: pullRequestCoreSchema,
  }),
);
export const keptChecks = pullRequestSchema.shape.checks;
export const keptReviews = pullRequestSchema.shape.reviewDecision;
/** Null: there is no such open pull request. */
export const keptMergeability = z
  .object({ headSha: z.string(), mergeable: pullRequestSchema.shape.mergeable })
  .nullable();

/** `owner/name` as the parameters of a route. */
export function ownerAndName(fullName: string): { owner: string; repo: string } {
  const [owner = '', repo = ''] = fullName.split('/');
  return { owner, repo };
}

export function repositoriesRead(page: string): CachedRead {
  return cachedRead({
    key: `repositories:${page}`,
    route: 'GET /installation/repositories',
    parameters: { per_page: perPage, page },
    schema: z.object({ total_count: z.number().int(), repositories: z.array(repositoryShape) }),
    reduce: (reply) => ({ total: reply.total_count, repositories: reply.repositories.map(toRepository) }),
  });
}

export function membersRead(login: string, role: 'admin' | 'member', page: string): CachedRead {
  return cachedRead({
    key: `members:${role}:${page}`,
    route: 'GET /orgs/{org}/members',
    parameters: { org: login, role, per_page: perPage, page },
    schema: z.array(accountShape),
    reduce: (reply) => reply.map((account) => toMember(account, role)),
    // Without the permission to read members there are none to show; nothing else depends on them.
    whenMissing: [],
  });
}

export function openPullsRead(repositoryId: string, fullName: string, page: string): CachedRead {
  return cachedRead({
    key: `pulls:${repositoryId}:${page}`,
    route: 'GET /repos/{owner}/{repo}/pulls',
    parameters: { ...ownerAndName(fullName), state: 'open', per_page: perPage, page },
    schema: z.array(pullRequestShape),
    reduce: (reply) => reply.map((pull) => toPullRequest(pull, repositoryId)),
    whenMissing: [],
  });
}

export function pullRead(repositoryId: string, fullName: string, number: number): CachedRead {
  return cachedRead({
    key: `pull:${repositoryId}:${number}`,
    route: 'GET /repos/{owner}/{repo}/pulls/{pull_number}',
    parameters: { ...ownerAndName(fullName), pull_number: number },
    schema: pullRequestShape,
    reduce: (reply) => [toPullRequest(reply, repositoryId)],
    whenMissing: [],
  });
}

/** Only a pull request asked for by itself says whether it conflicts with its base. */
export function mergeabilityRead(repositoryId: string, fullName: string, number: number): CachedRead {
  return cachedRead({
    key: mergeabilityKey(repositoryId, number),
    route: 'GET /repos/{owner}/{repo}/pulls/{pull_number}',
    parameters: { ...ownerAndName(fullName), pull_number: number },
    schema: singlePullRequestShape,
    reduce: toMergeability,
    whenMissing: null,
  });
}

export function mergeabilityKey(repositoryId: string, number: number): string {
  return `mergeable:${repositoryId}:${number}`;
}

/** The latest run of each name; of more than a hundred, the first hundred. */
export function checksRead(repositoryId: string, fullName: string, headSha: string): CachedRead {
  return cachedRead({
    key: `checks:${repositoryId}:${headSha}`,
    route: 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
    parameters: { ...ownerAndName(fullName), ref: headSha, filter: 'latest', per_page: perPage },
    schema: z.object({ check_runs: z.array(checkRunShape) }),
    reduce: (reply) => summariseChecks(reply.check_runs),
    whenMissing: { state: 'none', total: 0, failed: 0 },
  });
}

/** The first hundred reviews. */
export function reviewsRead(repositoryId: string, fullName: string, number: number): CachedRead {
  return cachedRead({
    key: `reviews:${repositoryId}:${number}`,
    route: 'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews',
    parameters: { ...ownerAndName(fullName), pull_number: number, per_page: perPage },
    schema: z.array(reviewShape),
    reduce: decideReviews,
    whenMissing: 'none',
  });
}
