import type {
  Member,
  Organization,
  PullRequest,
  PullRequestCore,
  Repository,
} from '@foundry/shared/entities';
import type { RepositoryRole } from '@foundry/shared/roles';
import { z } from 'zod';

/*
 * The few fields that Foundry keeps of GitHub's replies and webhook payloads, and what becomes of them. Everything
 * else of a payload is dropped by the parser (R15).
 */

/** Long descriptions are cut: a snapshot carries all repositories of an organization. */
const maxDescriptionLength = 160;

export const accountShape = z.object({
  id: z.number().int(),
  login: z.string(),
  type: z.string().optional(),
  avatar_url: z.string().nullish(),
  name: z.string().nullish(),
});

export const repositoryShape = z.object({
  id: z.number().int(),
  name: z.string(),
  full_name: z.string(),
  private: z.boolean(),
  archived: z.boolean().nullish(),
  description: z.string().nullish(),
  default_branch: z.string().nullish(),
  html_url: z.string(),
  /** An ISO time in replies, seconds since the epoch in push payloads. */
  pushed_at: z.union([z.string(), z.number()]).nullish(),
});

const sideShape = z.object({
  ref: z.string(),
  sha: z.string(),
  user: accountShape.nullish(),
  repo: z.object({ id: z.number().int() }).nullish(),
});

export const pullRequestShape = z.object({
  number: z.number().int(),
  title: z.string(),
  state: z.enum(['open', 'closed']),
  draft: z.boolean().nullish(),
  html_url: z.string(),
  node_id: z.string().nullish(),
  user: accountShape.nullish(),
  head: sideShape,
  base: sideShape,
  merged_at: z.string().nullish(),
  updated_at: z.string(),
});
export type PullRequestShape = z.output<typeof pullRequestShape>;
/** Of one pull request asked for by itself. */
export const singlePullRequestShape = pullRequestShape.extend({ mergeable: z.boolean().nullish() });

export const checkRunShape = z.object({
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullish(),
});
export const reviewShape = z.object({
  user: accountShape.nullish(),
  state: z.string(),
  submitted_at: z.string().nullish(),
});

/** A repository as a person's own list of an installation has it: with what they may do in it. */
export const accessibleRepositoryShape = z.object({
  id: z.number().int(),
  permissions: z
    .object({
      admin: z.boolean().optional(),
      maintain: z.boolean().optional(),
      push: z.boolean().optional(),
      triage: z.boolean().optional(),
    })
    .nullish(),
});

/** The strongest of the permissions; what GitHub does not tell is not given. */
export function toRole(
  permissions: z.output<typeof accessibleRepositoryShape>['permissions'],
): RepositoryRole {
  if (permissions?.admin === true) return 'admin';
  if (permissions?.maintain === true) return 'maintain';
  if (permissions?.push === true) return 'write';
  return permissions?.triage === true ? 'triage' : 'read';
}

export const installationShape = z.object({
  id: z.number().int(),
  account: accountShape,
  suspended_at: z.string().nullish(),
});
/** On an enterprise: its account has a slug and no login, and no repositories. Foundry does not serve those. */
export const enterpriseInstallationShape = z.object({
  id: z.number().int(),
  account: z.object({ slug: z.string(), login: z.undefined().optional() }),
});
/** A list of installations without those on enterprises, which stand beside the others. */
export const installationListShape = z
  .array(z.union([installationShape, enterpriseInstallationShape]))
  .transform((all) =>
    all.flatMap((one) =>
      'login' in one.account && one.account.login !== undefined ? [installationShape.parse(one)] : [],
    ),
  );

/** A pull request and the branch it stands for: forks' branches are `owner:branch`. */
export interface BranchPullRequest {
  repositoryId: string;
  branch: string;
  pullRequest: PullRequestCore;
}

export function toRepository(shape: z.output<typeof repositoryShape>): Repository {
  const pushedAt = shape.pushed_at ?? null;
  const pushedAtMs =
    pushedAt === null ? null : typeof pushedAt === 'number' ? pushedAt * 1_000 : Date.parse(pushedAt);
  return {
    id: String(shape.id),
    name: shape.name,
    fullName: shape.full_name,
    private: shape.private,
    archived: shape.archived ?? false,
    description: shape.description?.slice(0, maxDescriptionLength) ?? null,
    defaultBranch: shape.default_branch ?? 'main',
    htmlUrl: shape.html_url,
    pushedAtMs: pushedAtMs !== null && Number.isFinite(pushedAtMs) ? pushedAtMs : null,
  };
}

export function toPullRequest(shape: PullRequestShape, repositoryId: string): BranchPullRequest {
  const fromFork =
    shape.head.repo === null || shape.head.repo === undefined || String(shape.head.repo.id) !== repositoryId;
  return {
    repositoryId,
    branch: fromFork ? `${shape.head.user?.login ?? 'unknown'}:${shape.head.ref}` : shape.head.ref,
    pullRequest: {
      number: shape.number,
      title: shape.title,
      state: shape.state === 'open' ? 'open' : typeof shape.merged_at === 'string' ? 'merged' : 'closed',
      draft: shape.draft ?? false,
      htmlUrl: shape.html_url,
      headSha: shape.head.sha,
      baseBranch: shape.base.ref,
      authorLogin: shape.user?.login ?? 'ghost',
      authorAvatarUrl: shape.user?.avatar_url ?? null,
      fromFork,
      updatedAtMs: Date.parse(shape.updated_at),
    },
  };
}

/** Null for one that is closed; `unknown` while GitHub still computes it. */
export function toMergeability(
  shape: z.output<typeof singlePullRequestShape>,
): { headSha: string; mergeable: PullRequest['mergeable'] } | null {
  if (shape.state !== 'open') {
    return null;
  }
  const { mergeable } = shape;
  return {
    headSha: shape.head.sha,
    mergeable: typeof mergeable === 'boolean' ? (mergeable ? 'clean' : 'conflicting') : 'unknown',
  };
}

export function toMember(shape: z.output<typeof accountShape>, role: Member['role']): Member {
  return { githubId: String(shape.id), login: shape.login, avatarUrl: shape.avatar_url ?? null, role };
}

export function toOrganization(
  installation: z.output<typeof installationShape>,
  status?: 'active' | 'suspended' | 'removed',
): Organization {
  const { account } = installation;
  return {
    id: String(account.id),
    login: account.login,
    kind: account.type === 'User' ? 'personal' : 'organization',
    name: account.name ?? null,
    avatarUrl: account.avatar_url ?? null,
    installation: {
      id: String(installation.id),
      status: status ?? (typeof installation.suspended_at === 'string' ? 'suspended' : 'active'),
    },
  };
}

const passed = new Set(['success', 'neutral', 'skipped']);

/** One line for all check runs of a commit. Of several runs of the same name the caller gets only the latest from GitHub. */
export function summariseChecks(runs: readonly z.output<typeof checkRunShape>[]): PullRequest['checks'] {
  const failed = runs.filter(
    (run) => run.status === 'completed' && !passed.has(run.conclusion ?? 'success'),
  ).length;
  const pending = runs.some((run) => run.status !== 'completed');
  const state = runs.length === 0 ? 'none' : failed > 0 ? 'failure' : pending ? 'pending' : 'success';
  return { state, total: runs.length, failed };
}

/**
 * What the reviewers say together: each one's last word counts (a comment takes nothing back, a dismissal does), and
 * one request for changes outweighs all approvals. Reviews come oldest first, as GitHub lists them.
 */
export function decideReviews(
  reviews: readonly z.output<typeof reviewShape>[],
): PullRequest['reviewDecision'] {
  const lastWord = new Map<number, string>();
  for (const review of reviews) {
    const state = review.state.toUpperCase();
    if (review.user && (state === 'APPROVED' || state === 'CHANGES_REQUESTED' || state === 'DISMISSED')) {
      lastWord.set(review.user.id, state);
    }
  }
  const words = [...lastWord.values()];
  if (words.includes('CHANGES_REQUESTED')) {
    return 'changes_requested';
  }
  return words.includes('APPROVED') ? 'approved' : 'none';
}
