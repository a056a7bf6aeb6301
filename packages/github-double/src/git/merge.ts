import type { BareRepository } from './bare-repository.ts';
import type { Signature } from './fast-import.ts';

export type MergeMethod = 'merge' | 'squash' | 'rebase';

/**
 * Makes the commit(s) that merging `head` into `base` would give and returns the new tip, without moving any ref.
 * Undefined when the two conflict.
 */
export async function makeMerge(
  repository: BareRepository,
  input: {
    method: MergeMethod;
    baseSha: string;
    headSha: string;
    message: string;
    /** Who pressed the button. */
    merger: Signature;
    /** Who opened the pull request: the author of a squashed commit. */
    author: Signature;
  },
): Promise<string | undefined> {
  if (input.method === 'rebase') return rebase(repository, input.baseSha, input.headSha, input.merger);
  const tree = await repository.mergeTree(input.baseSha, input.headSha);
  if (tree === undefined) return undefined;
  return input.method === 'merge'
    ? repository.commitTree(tree, [input.baseSha, input.headSha], input.message, input.merger, input.merger)
    : repository.commitTree(tree, [input.baseSha], input.message, input.author, input.merger);
}

/** Applies each commit of the branch on top of `base`, one by one. */
async function rebase(
  repository: BareRepository,
  baseSha: string,
  headSha: string,
  committer: Signature,
): Promise<string | undefined> {
  const commits = await repository.log(`${baseSha}..${headSha}`, { reverse: true });
  let tip = baseSha;
  for (const commit of commits) {
    const parent = commit.parents[0];
    if (parent === undefined || commit.parents.length > 1) continue;
    // merge-tree takes no explicit merge base in this git, so both sides get a forged one: a commit of the parent's
    // tree, from which "ours" is the new tip's tree and "theirs" the commit's.
    const parentTree = (await repository.commit(parent)).treeSha;
    const tipTree = (await repository.commit(tip)).treeSha;
    const forgedBase = await repository.commitTree(parentTree, [], 'base', committer, committer);
    const ours = await repository.commitTree(tipTree, [forgedBase], 'ours', committer, committer);
    const theirs = await repository.commitTree(commit.treeSha, [forgedBase], 'theirs', committer, committer);
    const tree = await repository.mergeTree(ours, theirs);
    if (tree === undefined) return undefined;
    tip = await repository.commitTree(tree, [tip], commit.message, commit.author, committer);
  }
  return tip;
}
