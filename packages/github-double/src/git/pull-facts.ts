import type { BareRepository } from './bare-repository.ts';
import { git } from './run-git.ts';

export interface ComputedFacts {
  mergeable: boolean;
  commits: number;
  additions: number;
  deletions: number;
  changedFiles: number;
}

/** What a pull request's page says about its two commits, asked of git. */
export async function computePullFacts(
  repository: BareRepository,
  baseSha: string,
  headSha: string,
): Promise<ComputedFacts> {
  const [fork, tree, commits] = await Promise.all([
    repository.mergeBase(baseSha, headSha),
    repository.mergeTree(baseSha, headSha),
    repository.countCommits(`${baseSha}..${headSha}`),
  ]);
  const numstat = await git(repository.path, ['diff', '-M', '--numstat', '-z', fork ?? baseSha, headSha]);
  let additions = 0;
  let deletions = 0;
  let changedFiles = 0;
  for (const match of numstat.matchAll(/(?:^|\0)(\d+|-)\t(\d+|-)\t/g)) {
    changedFiles += 1;
    additions += Number.parseInt(match[1] ?? '0', 10) || 0;
    deletions += Number.parseInt(match[2] ?? '0', 10) || 0;
  }
  return { mergeable: tree !== undefined, commits, additions, deletions, changedFiles };
}
