import type { Double } from '../double.ts';
import { now } from '../double.ts';
import { changedFiles } from '../git/changed-files.ts';
import type { BareRepository, Commit } from '../git/bare-repository.ts';
import { zeroSha } from '../git/bare-repository.ts';
import { pushCommitShape } from '../shapes/commit.ts';
import { fullName } from '../shapes/repository.ts';
import type { Account } from '../store/accounts.ts';
import type { PullRequest } from '../store/pulls.ts';
import type { OwnedRepository } from '../store/repositories.ts';
import { emit } from '../webhooks/emit.ts';
import { emitPull } from './pull-events.ts';

/** GitHub names at most this many commits in one push webhook. */
const pushCommitLimit = 20;

interface RefChange {
  name: string;
  before: string;
  after: string;
  forced: boolean;
  commits: { commit: Commit; files: Awaited<ReturnType<typeof changedFiles>> }[];
  headCommit: { commit: Commit; files: Awaited<ReturnType<typeof changedFiles>> } | null;
}

/**
 * Compares the real refs with those last seen, and does what GitHub does after a push: remembers them, moves, closes
 * or merges pull requests, and writes the webhooks. Safe to call at any time; without a change it does nothing.
 * Call it within the repository's exclusive queue.
 */
export async function syncRefs(double: Double, repository: OwnedRepository, pusher: Account): Promise<void> {
  const bare = double.folders.open(repository);
  const real = await bare.refs();
  const seen = double.store.repositories.refs(repository.id);
  const names = new Set([...real.keys(), ...seen.keys()]);
  const changes: RefChange[] = [];
  for (const name of names) {
    const before = seen.get(name) ?? zeroSha;
    const after = real.get(name) ?? zeroSha;
    if (before !== after) changes.push(await describeChange(bare, repository, name, before, after));
  }
  if (changes.length === 0) return;
  const branches = changes.flatMap((change) => branchOf(change.name) ?? []);
  const pulls = double.store.pulls.openTouching(repository.id, branches);
  const outcomes: { pull: PullRequest; outcome: PullOutcome }[] = [];
  for (const pull of pulls) {
    const outcome = await decidePull(bare, pull, real, changes);
    outcomes.push({ pull, outcome });
    // Asked now, so that the webhook can say how large the pull request has become.
    if (outcome.kind === 'moved') await double.pullFacts.whole(repository, outcome);
  }
  double.store.transaction(() => {
    for (const change of changes) {
      if (change.after === zeroSha) double.store.repositories.removeRef(repository.id, change.name);
      else double.store.repositories.setRef(repository.id, change.name, change.after);
    }
    double.store.repositories.update(repository.id, { pushedAt: now() });
    for (const change of changes) emitPush(double, repository, pusher, change);
    for (const { pull, outcome } of outcomes) applyOutcome(double, repository, pusher, pull, outcome);
  });
  await bare.setPullHeads(
    outcomes.flatMap(({ pull, outcome }) =>
      outcome.kind === 'moved' ? [{ number: pull.number, headSha: outcome.headSha }] : [],
    ),
  );
  double.webhooks.kick();
}

export function branchOf(ref: string): string | undefined {
  return ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : undefined;
}

async function describeChange(
  bare: BareRepository,
  repository: OwnedRepository,
  name: string,
  before: string,
  after: string,
): Promise<RefChange> {
  if (after === zeroSha) return { name, before, after, forced: false, commits: [], headCommit: null };
  let range = `${before}..${after}`;
  if (before === zeroSha) {
    // A new branch tells only of the commits that the default branch does not have.
    const main = await bare.resolveCommit(`refs/heads/${repository.defaultBranch}`);
    range = main === undefined || main === after ? after : `${main}..${after}`;
  }
  const forced = before !== zeroSha && !(await bare.isAncestor(before, after));
  const log = await bare.log(range, { limit: pushCommitLimit });
  const describe = async (commit: Commit) => ({
    commit,
    files: commit.parents[0] === undefined ? [] : await changedFiles(bare, commit.parents[0], commit.sha),
  });
  const commits: RefChange['commits'] = [];
  for (const commit of log.toReversed()) commits.push(await describe(commit));
  const headCommit = commits.at(-1) ?? (await describe(await bare.commit(after)));
  return { name, before, after, forced, commits, headCommit };
}

type PullOutcome =
  | { kind: 'same' }
  | { kind: 'base'; baseSha: string }
  | { kind: 'moved'; headSha: string; baseSha: string }
  | { kind: 'closed' }
  | { kind: 'merged'; headSha: string; mergeCommitSha: string };

/** What a push means for one open pull request. */
async function decidePull(
  bare: BareRepository,
  pull: PullRequest,
  real: Map<string, string>,
  changes: readonly RefChange[],
): Promise<PullOutcome> {
  const headSha = real.get(`refs/heads/${pull.headRef}`);
  const baseSha = real.get(`refs/heads/${pull.baseRef}`);
  if (baseSha === undefined) return { kind: 'closed' };
  const baseMoved = changes.some((change) => change.name === `refs/heads/${pull.baseRef}`);
  // Also when the branch was deleted by the same push that merged it.
  const tip = headSha ?? pull.headSha;
  if (baseMoved && (await bare.isAncestor(tip, baseSha))) {
    return { kind: 'merged', headSha: tip, mergeCommitSha: baseSha };
  }
  if (headSha === undefined) return { kind: 'closed' };
  if (headSha !== pull.headSha) {
    // Reset to something the base already has: nothing is left to merge.
    if (await bare.isAncestor(headSha, baseSha)) return { kind: 'closed' };
    return { kind: 'moved', headSha, baseSha };
  }
  return baseSha === pull.baseSha ? { kind: 'same' } : { kind: 'base', baseSha };
}

function applyOutcome(
  double: Double,
  repository: OwnedRepository,
  pusher: Account,
  pull: PullRequest,
  outcome: PullOutcome,
): void {
  const { pulls } = double.store;
  const at = now();
  switch (outcome.kind) {
    case 'same':
      return;
    case 'base':
      pulls.update(pull.id, { baseSha: outcome.baseSha });
      return;
    case 'moved': {
      const { headSha, baseSha } = outcome;
      const moved = pulls.update(pull.id, { headSha, baseSha, updatedAt: at });
      emitPull(double, repository, moved, 'synchronize', pusher, { before: pull.headSha, after: headSha });
      return;
    }
    case 'closed': {
      const closed = pulls.update(pull.id, { state: 'closed', closedAt: at, updatedAt: at });
      emitPull(double, repository, closed, 'closed', pusher);
      return;
    }
    case 'merged': {
      const merged = pulls.update(pull.id, {
        state: 'closed',
        merged: true,
        headSha: outcome.headSha,
        mergeCommitSha: outcome.mergeCommitSha,
        mergedAt: at,
        mergedById: pusher.id,
        closedAt: at,
        updatedAt: at,
      });
      emitPull(double, repository, merged, 'closed', pusher);
    }
  }
}

function emitPush(double: Double, repository: OwnedRepository, pusher: Account, change: RefChange): void {
  const html = `${double.urls.web}/${fullName(repository)}`;
  const shape = (entry: NonNullable<RefChange['headCommit']>) =>
    pushCommitShape(double, repository, entry.commit, entry.files);
  emit(double, {
    event: 'push',
    sender: pusher,
    account: repository.owner,
    repository,
    payload: {
      ref: change.name,
      before: change.before,
      after: change.after,
      created: change.before === zeroSha,
      deleted: change.after === zeroSha,
      forced: change.forced,
      base_ref: null,
      compare: `${html}/compare/${change.before.slice(0, 12)}...${change.after.slice(0, 12)}`,
      commits: change.commits.map(shape),
      head_commit: change.headCommit === null ? null : shape(change.headCommit),
      pusher: { name: pusher.login, email: pusher.email },
    },
  });
}
