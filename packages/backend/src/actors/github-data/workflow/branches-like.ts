import { UserError } from 'rivetkit';
import { z } from 'zod';
import type { LoopActionContext } from '../../../command-loop/command-loop.ts';
import { GitHubError, RateLimited } from '../../../github/github-errors.ts';
import type { GitHubApi, GitHubReply } from '../../../github/github-client.ts';
import { gitHubLimits, organizationLimits } from '../../../limits.ts';
import { mapBounded } from '../../../parallel.ts';
import type { BranchesOnGitHub } from '../commands.ts';
import { readInstallation, readRepositoryName } from '../db/repository.ts';
import { gitHub } from './github.ts';
import { ownerAndName } from './requests.ts';

const inputSchema = z.object({
  repositoryId: z.string(),
  names: z.array(z.string()).min(1).max(4),
  baseBranch: z.string().nullable(),
});
const refShape = z.object({ ref: z.string() });
const heads = 'refs/heads/';

interface Place {
  readonly api: GitHubApi;
  readonly target: { owner: string; repo: string };
  readonly signal: AbortSignal;
}

/**
 * Which branches GitHub has at this moment that stand in the way of these names, asked anew every time: a name is about
 * to be claimed. An action and no command, because it changes nothing and its caller waits for it (R2).
 * @returns null when GitHub does not show the repository to this installation.
 * @throws {UserError} github_unavailable, github_busy
 */
export async function branchesLike(c: LoopActionContext, input: unknown): Promise<BranchesOnGitHub | null> {
  const { repositoryId, names, baseBranch } = inputSchema.parse(input);
  const installation = await readInstallation(c.db);
  const fullName = await readRepositoryName(c.db, repositoryId);
  if (installation?.status !== 'active' || fullName === null) {
    return null;
  }
  const place: Place = {
    api: gitHub().asInstallation(installation.installationId),
    target: ownerAndName(fullName),
    signal: AbortSignal.any([c.abortSignal, AbortSignal.timeout(gitHubLimits.branchesTimeoutMs)]),
  };
  try {
    const found = new Set<string>();
    for (const name of names) {
      for (const branch of await listBeginningWith(place, name)) {
        if (isLike(branch, name)) found.add(branch);
      }
    }
    const above = [...new Set(names.flatMap(foldersOf))];
    await mapBounded(above, gitHubLimits.parallelRequests, async (branch) => {
      if (await exists(place, branch)) found.add(branch);
    });
    return {
      branches: [...found].slice(0, organizationLimits.branchesLookedUp),
      baseExists: baseBranch === null ? null : await exists(place, baseBranch),
    };
  } catch (error) {
    if (error instanceof GitHubError && error.status === 409) {
      // "Git Repository is empty": it has no branches at all.
      return { branches: [], baseExists: null };
    }
    if (error instanceof GitHubError && error.code === 'github_not_found') {
      return null;
    }
    throw refusalOf(error);
  }
}

/** `a/b/c` lies below `a` and `a/b`. */
function foldersOf(name: string): string[] {
  const parts = name.split('/');
  return parts.slice(1).map((_part, index) => parts.slice(0, index + 1).join('/'));
}

/** The name itself, a numbered form of it, or something below one of them. */
function isLike(branch: string, name: string): boolean {
  return branch.startsWith(name) && /^(-\d+)?(\/|$)/.test(branch.slice(name.length));
}

async function listBeginningWith({ api, target, signal }: Place, name: string): Promise<string[]> {
  const branches: string[] = [];
  let page: string | null = '1';
  for (let read = 0; page !== null && read < gitHubLimits.branchPages; read += 1) {
    const reply: GitHubReply<{ ref: string }[]> = await api.read(
      'GET /repos/{owner}/{repo}/git/matching-refs/{+ref}',
      { ...target, ref: `heads/${encodePath(name)}`, per_page: gitHubLimits.pageSize, page },
      z.array(refShape),
      { signal },
    );
    if (reply.kind === 'unchanged') {
      break;
    }
    branches.push(...reply.data.map(({ ref }) => ref.slice(heads.length)));
    page = reply.next;
  }
  return branches;
}

/** Asked for by its whole name: GitHub answers such a question for one ref only. */
async function exists({ api, target, signal }: Place, branch: string): Promise<boolean> {
  try {
    const reply = await api.send(
      'GET /repos/{owner}/{repo}/git/ref/{+ref}',
      { ...target, ref: `heads/${encodePath(branch)}` },
      refShape,
      { signal },
    );
    return reply.ref === `${heads}${branch}`;
  } catch (error) {
    if (error instanceof GitHubError && error.code === 'github_not_found') {
      return false;
    }
    throw error;
  }
}

/** The slashes of a name are slashes of the address; everything else may mean something else there. */
function encodePath(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}

function refusalOf(error: unknown): unknown {
  if (error instanceof RateLimited) {
    const at = new Date(error.retryAtMs).toISOString().slice(11, 16);
    return new UserError(
      `GitHub wants to be left alone until ${at} UTC (its rate limit is used up), so Foundry cannot see which branch names are free. Try again then.`,
      { code: 'github_busy' },
    );
  }
  if (error instanceof GitHubError) {
    return new UserError(
      `Foundry could not ask GitHub which branch names are free, so no task was made: ${error.message}. Try again in a moment.`,
      { code: error.code === 'github_unavailable' ? 'github_unavailable' : error.code },
    );
  }
  return error;
}
