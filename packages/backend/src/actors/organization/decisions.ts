import { branchesClash, branchNameProblem } from '@foundry/shared/branch-names';
import type { Organization, Repository, TaskStatus } from '@foundry/shared/entities';
import { CommandError } from '../../command-loop/errors.ts';
import { organizationLimits } from '../../limits.ts';
import type { BranchesOnGitHub } from '../github-data/commands.ts';

/** Where the branches of tasks without a branch of their own begin; beside a branch `foundry`, the second. */
const branchPrefixes = ['foundry/', 'foundry-'] as const;
const fallbackTitle = 'New task';

/** The first line with words in it, without markdown's marks, cut between words. */
export function titleFromPrompt(prompt: string | undefined): string {
  const line = (prompt ?? '')
    .split('\n')
    .map((text) =>
      text
        .replace(/^[\s#>*`-]+/, '')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    )
    .find((text) => /[\p{L}\p{N}]/u.test(text));
  if (line === undefined) {
    return fallbackTitle;
  }
  const limit = organizationLimits.titleFromPromptLength;
  const characters = Array.from(line);
  if (characters.length <= limit) {
    return line;
  }
  const cut = characters.slice(0, limit - 1).join('');
  const lastSpace = cut.lastIndexOf(' ');
  return `${lastSpace > limit / 2 ? cut.slice(0, lastSpace) : cut}…`;
}

/** Branch names that say what a task is about, best first: ASCII letters, digits and dashes. */
export function branchesFromTitle(title: string): string[] {
  const slug = title
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, organizationLimits.branchSlugLength)
    .replaceAll(/^-+|-+$/g, '');
  return branchPrefixes.map((prefix) => `${prefix}${slug === '' ? 'task' : slug}`);
}

interface BranchRequest {
  readonly title?: string | undefined;
  readonly branch?: string | undefined;
  readonly prompt?: string | undefined;
}

/** The names that a new task may get, numbered forms of them apart: what has to be known of taken ones is about these. */
export function wantedBranches(request: BranchRequest): string[] {
  return request.branch === undefined
    ? branchesFromTitle(request.title ?? titleFromPrompt(request.prompt))
    : [request.branch];
}

/** The first of each wanted name's `name`, `name-2`, `name-3`, … that can exist beside all of `taken`. */
export function freeBranch(wanted: readonly string[], taken: readonly string[]): string {
  for (const name of wanted) {
    // Below a branch that is there, no number helps.
    if (!taken.some((branch) => name.startsWith(`${branch}/`))) {
      // With n taken names, one of n + 1 candidates is free.
      for (let suffix = 1; suffix <= taken.length + 1; suffix += 1) {
        const candidate = suffix === 1 ? name : `${name}-${suffix}`;
        if (branchNameProblem(candidate) === null && !taken.some((one) => branchesClash(candidate, one))) {
          return candidate;
        }
      }
    }
  }
  throw new CommandError(
    'branch_taken',
    `No free branch name like ${wanted[0] ?? 'this'} was found. Name the branch yourself.`,
  );
}

export interface NewTask {
  readonly title: string;
  readonly branch: string;
  readonly baseBranch: string;
}

/**
 * Names a task and claims its branch, or refuses.
 * @param state.takenBranches branches of the repository's tasks that may clash.
 * @param state.gitHub what GitHub says at this moment; null when it could not be asked, because it knows of neither.
 * @throws {CommandError} repository_not_found, repository_archived, installation_inactive, branch_taken,
 * branch_exists, branch_is_base, base_branch_not_found
 */
export function decideNewTask(
  state: {
    readonly organization: Organization | null;
    readonly repository: Repository | null;
    readonly takenBranches: readonly string[];
    readonly gitHub: BranchesOnGitHub | null;
  },
  request: BranchRequest & {
    readonly baseBranch?: string | undefined;
    readonly existingBranch?: 'ask' | 'use' | 'next' | undefined;
  },
): NewTask {
  const { organization, repository, takenBranches, gitHub } = state;
  if (organization === null || repository === null) {
    throw new CommandError(
      'repository_not_found',
      'Foundry does not know this repository. It may have been removed from the GitHub App, or not synced yet.',
    );
  }
  if (organization.installation?.status !== 'active') {
    throw new CommandError(
      'installation_inactive',
      `The GitHub App is not active on ${organization.login}. An owner can install or resume it on GitHub.`,
    );
  }
  if (repository.archived) {
    throw new CommandError(
      'repository_archived',
      `${repository.fullName} is archived on GitHub and cannot be changed.`,
    );
  }
  if (gitHub === null) {
    throw new CommandError(
      'repository_not_found',
      `GitHub does not show ${repository.fullName} to Foundry any more, so no branch of it can be claimed. Has it been removed from the GitHub App?`,
    );
  }
  const title = request.title ?? titleFromPrompt(request.prompt);
  const baseBranch = request.baseBranch ?? repository.defaultBranch;
  if (request.baseBranch !== undefined && gitHub.baseExists === false) {
    throw new CommandError(
      'base_branch_not_found',
      `There is no branch ${baseBranch} in ${repository.fullName} on GitHub, so no work can start from it.`,
    );
  }
  const reserved = [...takenBranches, ...gitHub.branches, repository.defaultBranch, baseBranch];
  const { branch } = request;
  if (branch === undefined || request.existingBranch === 'next') {
    return { title, branch: freeBranch(wantedBranches(request), reserved), baseBranch };
  }
  if (branch === baseBranch || branch === repository.defaultBranch) {
    throw new CommandError(
      'branch_is_base',
      `A task needs a branch of its own; ${branch} is the one it would start from.`,
    );
  }
  if (takenBranches.includes(branch)) {
    throw new CommandError(
      'branch_taken',
      `The branch ${branch} already has a task. Open that one, or choose another name.`,
    );
  }
  const clash = reserved.find((taken) => taken !== branch && branchesClash(branch, taken));
  if (clash !== undefined) {
    throw new CommandError(
      'branch_taken',
      `The branch ${branch} cannot exist beside ${clash}: git would need one name for a file and a folder. Choose another name.`,
    );
  }
  if (gitHub.branches.includes(branch) && request.existingBranch !== 'use') {
    throw new CommandError(
      'branch_exists',
      `The branch ${branch} exists on GitHub already, and may be somebody else's work. Work on it as it is, or take ${freeBranch([branch], reserved)}, which is free.`,
    );
  }
  return { title, branch, baseBranch };
}

/** The status of a task without an actor follows from its pull request. */
export function virtualStatus(pullRequestState: 'open' | 'closed' | 'merged'): TaskStatus {
  switch (pullRequestState) {
    case 'open':
      return { state: 'virtual' };
    case 'closed':
      return { state: 'closed' };
    case 'merged':
      return { state: 'merged' };
    default:
      return assertNever(pullRequestState);
  }
}

function assertNever(value: never): never {
  throw new TypeError(`Unknown state ${String(value)}`);
}
