import type { BareRepository } from './bare-repository.ts';
import { git, tryGit } from './run-git.ts';

/** How large a pull request is. */
export interface PullSizes {
  commits: number;
  additions: number;
  deletions: number;
  changedFiles: number;
}

/** What a pull request's page counts between its two commits, asked of git (two processes). */
export async function readPullSizes(
  repository: BareRepository,
  baseSha: string,
  headSha: string,
): Promise<PullSizes> {
  const [commits, numstat] = await Promise.all([
    repository.countCommits(`${baseSha}..${headSha}`),
    numstatSinceFork(repository, baseSha, headSha),
  ]);
  let additions = 0;
  let deletions = 0;
  let changedFiles = 0;
  for (const match of numstat.matchAll(/(?:^|\0)(\d+|-)\t(\d+|-)\t/g)) {
    changedFiles += 1;
    additions += Number.parseInt(match[1] ?? '0', 10) || 0;
    deletions += Number.parseInt(match[2] ?? '0', 10) || 0;
  }
  return { commits, additions, deletions, changedFiles };
}

/** Whether the two commits merge without a conflict (one process). */
export async function readMergeable(
  repository: BareRepository,
  baseSha: string,
  headSha: string,
): Promise<boolean> {
  return (await repository.mergeTree(baseSha, headSha)) !== undefined;
}

async function numstatSinceFork(
  repository: BareRepository,
  baseSha: string,
  headSha: string,
): Promise<string> {
  const args = ['diff', '-M', '--numstat', '-z'];
  const sinceFork = await tryGit(repository.path, [...args, `${baseSha}...${headSha}`]);
  if (sinceFork.exitCode === 0) return sinceFork.stdout.toString('utf8');
  // Histories without a common commit have no fork: everything differs. Any other fault shows here once more.
  return git(repository.path, [...args, baseSha, headSha]);
}
