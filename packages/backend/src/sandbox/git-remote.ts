import type { SandboxTarget } from './execute-in-sandbox.ts';
import { readHeadSha } from './git-clone.ts';
import {
  credentialOptions,
  gitWords,
  requireBranchName,
  requireGit,
  runGit,
  saysAuthenticationFailed,
  saysForbidden,
  withoutHints,
} from './git-command.ts';
import { SandboxError } from './sandbox-error.ts';

const networkTimeoutMs = 120_000;

/**
 * Makes `origin` lead to that address, for pushes too, whatever it led to before. Call it before each push and fetch:
 * what a name meant earlier may be another repository now, and an agent may have changed where git really goes.
 * @throws {SandboxError} wrong_repository when a setting would still send it elsewhere.
 */
export async function pointRemote(target: SandboxTarget, url: string): Promise<void> {
  if ((await addressesOfOrigin(target)).every((address) => address === url)) return;
  await requireGit(target, ['config', '--local', '--replace-all', 'remote.origin.url', url]);
  // Exit code 5: there was none.
  await runGit(target, ['config', '--local', '--unset-all', 'remote.origin.pushurl']);
  const elsewhere = (await addressesOfOrigin(target)).find((address) => address !== url);
  if (elsewhere !== undefined) {
    throw new SandboxError(
      'wrong_repository',
      `A setting of git in the workspace would lead to ${elsewhere} instead of this task's repository (look for url.*.insteadOf and remote.origin in git config --list --show-origin). Nothing was sent.`,
    );
  }
}

/** Where git would fetch from and push to, one address each as a rule; empty where there is no `origin`. */
async function addressesOfOrigin(target: SandboxTarget): Promise<string[]> {
  const answers = await Promise.all(
    [[], ['--push']].map((direction) =>
      runGit(target, ['remote', 'get-url', ...direction, '--all', 'origin']),
    ),
  );
  return answers.map(({ stdout }) => stdout.trim());
}

export type PushOutcome =
  | { outcome: 'pushed'; headSha: string; changed: boolean }
  /** The remote branch has commits the checkout lacks: pull first. */
  | { outcome: 'rejected_non_fast_forward'; reason: string }
  /** The remote refused for a reason of its own: a protected branch, a hook. */
  | { outcome: 'rejected_by_remote'; reason: string }
  /** The token is not good (any more). */
  | { outcome: 'authentication_failed'; reason: string }
  /** The token is good, and whose it is may not do this. */
  | { outcome: 'forbidden'; reason: string }
  | { outcome: 'failed'; reason: string };

/** Pushes the task's branch, never by force. May be repeated. */
export async function pushBranch(
  target: SandboxTarget,
  branch: string,
  signal?: AbortSignal,
): Promise<PushOutcome> {
  const ref = `refs/heads/${requireBranchName(branch)}`;
  const result = await runGit(
    target,
    [...credentialOptions(target), 'push', '--porcelain', 'origin', `${ref}:${ref}`],
    { timeoutMs: networkTimeoutMs, signal },
  );
  if (result.exitCode === 0) {
    const { stdout } = await requireGit(target, ['rev-parse', '--verify', ref]);
    return {
      outcome: 'pushed',
      headSha: stdout.trim(),
      changed: !/^=\t/m.test(result.stdout),
    };
  }
  const refusal = /^!\t[^\t]*\t(?<summary>.*)$/m.exec(result.stdout)?.groups?.['summary'] ?? '';
  const reason = refusal === '' ? gitWords(result) : `${refusal}\n${withoutHints(result.stderr)}`.trim();
  if (refusal.startsWith('[rejected]')) return { outcome: 'rejected_non_fast_forward', reason };
  if (refusal.startsWith('[remote rejected]')) return { outcome: 'rejected_by_remote', reason };
  if (saysForbidden(result.stderr)) return { outcome: 'forbidden', reason };
  if (saysAuthenticationFailed(result.stderr)) return { outcome: 'authentication_failed', reason };
  return { outcome: 'failed', reason };
}

export type PullOutcome =
  | { outcome: 'up_to_date'; headSha: string }
  | { outcome: 'fast_forwarded'; fromSha: string; headSha: string }
  /** The checkout has commits that the remote lacks, and nothing to get. */
  | { outcome: 'ahead'; headSha: string; unpushedCommits: number }
  /** The branch was rewritten on GitHub, and nothing of the workspace's own is lost by following it. */
  | { outcome: 'followed'; fromSha: string; headSha: string }
  /** Both have commits of their own; nothing was changed. `rewritten`: GitHub's branch lost commits it once had. */
  | { outcome: 'diverged'; localCommits: number; remoteCommits: number; rewritten: boolean }
  /** Uncommitted work, or another branch checked out, is in the way; nothing was changed. */
  | { outcome: 'blocked'; reason: string }
  | { outcome: 'remote_branch_missing' }
  | { outcome: 'authentication_failed'; reason: string }
  | { outcome: 'failed'; reason: string };

/** The last commit of the branch that GitHub was known to have: the agent's own git does not move it. */
const knownRef = 'refs/foundry/known';

/** What is on GitHub is no work of the workspace's own, also when somebody removes it there. */
export async function rememberPublished(target: SandboxTarget, headSha: string): Promise<void> {
  await requireGit(target, ['update-ref', knownRef, headSha]);
}

/**
 * Takes over what was pushed to the branch from elsewhere. A rewritten branch is followed when the workspace has nothing
 * of its own. `discard`: also when it has; that is put aside below `refs/foundry/backup`.
 */
export async function pullBranch(
  target: SandboxTarget,
  branch: string,
  signal?: AbortSignal,
  options: { discard?: boolean } = {},
): Promise<PullOutcome> {
  const remote = `refs/remotes/origin/${requireBranchName(branch)}`;
  const published = await existing(target, [remote, knownRef]);
  const fetched = await fetchBranches(target, [branch], signal);
  if (fetched.outcome !== 'fetched') return fetched;
  const current = await runGit(target, ['symbolic-ref', '--quiet', '--short', 'HEAD']);
  if (current.stdout.trim() !== branch) {
    const found = current.stdout.trim() === '' ? 'no branch' : current.stdout.trim();
    return { outcome: 'blocked', reason: `The checkout is on ${found}, not on ${branch}.` };
  }
  const fromSha = await readHeadSha(target);
  const localCommits = await countCommits(target, 'HEAD', [remote]);
  const remoteCommits = await countCommits(target, remote, ['HEAD']);
  const ownCommits = await countCommits(target, 'HEAD', [remote, ...published]);
  // Of what GitHub once had, something is missing there.
  const rewritten = localCommits > ownCommits;
  if (localCommits > 0 && options.discard === true) {
    await putAside(target, fromSha);
  } else if (remoteCommits === 0 && !rewritten) {
    await rememberPublished(target, await shaOf(target, remote));
    if (localCommits === 0) return { outcome: 'up_to_date', headSha: fromSha };
    return { outcome: 'ahead', headSha: fromSha, unpushedCommits: localCommits };
  } else if (ownCommits > 0) {
    return { outcome: 'diverged', localCommits: ownCommits, remoteCommits, rewritten };
  }
  // Neither overwrites a file that git does not know, nor one with changes of its own.
  const isForward = localCommits === 0;
  const moved = await runGit(
    target,
    isForward ? ['merge', '--ff-only', '--quiet', remote] : ['reset', '--quiet', '--keep', remote],
    { timeoutMs: networkTimeoutMs, env: { GIT_OPTIONAL_LOCKS: '1' }, signal },
  );
  if (moved.exitCode !== 0) return { outcome: 'blocked', reason: gitWords(moved) };
  const headSha = await readHeadSha(target);
  await rememberPublished(target, headSha);
  return { outcome: isForward ? 'fast_forwarded' : 'followed', fromSha, headSha };
}

async function existing(target: SandboxTarget, refs: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const ref of refs) {
    const { exitCode, stdout } = await runGit(target, [
      'rev-parse',
      '--verify',
      '--quiet',
      `${ref}^{commit}`,
    ]);
    if (exitCode === 0) found.push(stdout.trim());
  }
  return found;
}

async function shaOf(target: SandboxTarget, ref: string): Promise<string> {
  return (await requireGit(target, ['rev-parse', '--verify', ref])).stdout.trim();
}

async function countCommits(
  target: SandboxTarget,
  from: string,
  without: readonly string[],
): Promise<number> {
  const { stdout } = await requireGit(target, [
    'rev-list',
    '--count',
    from,
    ...without.map((ref) => `^${ref}`),
    '--',
  ]);
  return Number(stdout.trim());
}

/** Commits and uncommitted changes are kept under a name of their own before another version takes their place. */
async function putAside(target: SandboxTarget, headSha: string): Promise<void> {
  const backup = `refs/foundry/backup/${headSha}`;
  await requireGit(target, ['update-ref', backup, headSha]);
  const stashed = (await requireGit(target, ['stash', 'create'])).stdout.trim();
  if (stashed !== '') await requireGit(target, ['update-ref', `${backup}-uncommitted`, stashed]);
  await requireGit(target, ['reset', '--quiet', '--hard', 'HEAD']);
}

export type FetchOutcome =
  | { outcome: 'fetched' }
  | Extract<PullOutcome, { outcome: 'remote_branch_missing' | 'authentication_failed' | 'failed' }>;

/** Brings the remote-tracking branches up to date, for instance the base branch. */
export async function fetchBranches(
  target: SandboxTarget,
  branches: readonly string[],
  signal?: AbortSignal,
): Promise<FetchOutcome> {
  const refspecs = branches.map((branch) => {
    const name = requireBranchName(branch);
    return `+refs/heads/${name}:refs/remotes/origin/${name}`;
  });
  const result = await runGit(
    target,
    [...credentialOptions(target), 'fetch', '--quiet', '--no-tags', 'origin', ...refspecs],
    { timeoutMs: networkTimeoutMs, signal },
  );
  if (result.exitCode === 0) return { outcome: 'fetched' };
  const reason = gitWords(result);
  if (/couldn't find remote ref/.test(reason)) return { outcome: 'remote_branch_missing' };
  if (saysAuthenticationFailed(reason)) return { outcome: 'authentication_failed', reason };
  return { outcome: 'failed', reason };
}
