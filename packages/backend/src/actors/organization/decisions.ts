import type { Organization, Repository, TaskStatus } from '@foundry/shared/entities';
import { CommandError } from '../../command-loop/errors.ts';
import { organizationLimits } from '../../limits.ts';

/** Where the branches of tasks without a branch of their own begin. */
const branchPrefix = 'foundry/';
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

/** A branch name that says what a task is about: ASCII letters, digits and dashes. */
export function branchFromTitle(title: string): string {
  const slug = title
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, organizationLimits.branchSlugLength)
    .replaceAll(/^-+|-+$/g, '');
  return `${branchPrefix}${slug === '' ? 'task' : slug}`;
}

/** Git keeps refs as paths: beside an equal name, `a` and `a/b` cannot both exist. */
export function branchesClash(left: string, right: string): boolean {
  return left === right || left.startsWith(`${right}/`) || right.startsWith(`${left}/`);
}

/** `wanted`, or the first of `wanted-2`, `wanted-3`, … that clashes with none of `taken`. */
export function freeBranch(wanted: string, taken: readonly string[]): string {
  const isFree = (candidate: string): boolean => !taken.some((branch) => branchesClash(candidate, branch));
  if (isFree(wanted)) {
    return wanted;
  }
  // With n taken names, one of n + 1 candidates is free.
  for (let suffix = 2; suffix <= taken.length + 2; suffix += 1) {
    const candidate = `${wanted}-${suffix}`;
    if (isFree(candidate)) {
      return candidate;
    }
  }
  throw new CommandError(
    'branch_taken',
    `No free branch name like ${wanted} was found. Name the branch yourself.`,
  );
}

export interface NewTask {
  readonly title: string;
  readonly branch: string;
  readonly baseBranch: string;
}

/**
 * Names a task and claims its branch, or refuses.
 * @param takenBranches branches of the repository's tasks that may clash.
 * @throws {CommandError} repository_not_found, repository_archived, installation_inactive, branch_taken, branch_is_base
 */
export function decideNewTask(
  state: {
    readonly organization: Organization | null;
    readonly repository: Repository | null;
    readonly takenBranches: readonly string[];
  },
  request: {
    readonly title?: string | undefined;
    readonly branch?: string | undefined;
    readonly baseBranch?: string | undefined;
    readonly prompt?: string | undefined;
  },
): NewTask {
  const { organization, repository, takenBranches } = state;
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
  const title = request.title ?? titleFromPrompt(request.prompt);
  const baseBranch = request.baseBranch ?? repository.defaultBranch;
  const reserved = [...takenBranches, repository.defaultBranch, baseBranch];
  if (request.branch === undefined) {
    return { title, branch: freeBranch(branchFromTitle(title), reserved), baseBranch };
  }
  const { branch } = request;
  if (branch === baseBranch || branch === repository.defaultBranch) {
    throw new CommandError(
      'branch_is_base',
      `A task needs a branch of its own; ${branch} is the one it would start from.`,
    );
  }
  const clash = reserved.find((taken) => branchesClash(branch, taken));
  if (clash !== undefined) {
    throw new CommandError(
      'branch_taken',
      clash === branch
        ? `The branch ${branch} already has a task. Open that one, or choose another name.`
        : `The branch ${branch} cannot exist beside ${clash}: git would need one name for a file and a folder.`,
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
