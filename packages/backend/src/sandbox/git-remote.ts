import type { SandboxTarget } from './execute-in-sandbox.ts';
import { readHeadSha } from './git-clone.ts';
import {
  credentialOptions,
  gitWords,
  requireBranchName,
  requireGit,
  runGit,
  saysAuthenticationFailed,
} from './git-command.ts';

const networkTimeoutMs = 120_000;

export type PushOutcome =
  | { outcome: 'pushed'; headSha: string; changed: boolean }
  /** The remote branch has commits the checkout lacks: pull first. */
  | { outcome: 'rejected_non_fast_forward'; reason: string }
  /** The remote refused for a reason of its own: a protected branch, a hook. */
  | { outcome: 'rejected_by_remote'; reason: string }
  | { outcome: 'authentication_failed'; reason: string }
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
  const reason = refusal === '' ? gitWords(result) : `${refusal}\n${result.stderr.trim()}`.trim();
  if (refusal.startsWith('[rejected]')) return { outcome: 'rejected_non_fast_forward', reason };
  if (refusal.startsWith('[remote rejected]')) return { outcome: 'rejected_by_remote', reason };
  if (saysAuthenticationFailed(result.stderr)) return { outcome: 'authentication_failed', reason };
  return { outcome: 'failed', reason };
}

export type PullOutcome =
  | { outcome: 'up_to_date'; headSha: string }
  | { outcome: 'fast_forwarded'; fromSha: string; headSha: string }
  /** The checkout has commits that the remote lacks, and nothing to get. */
  | { outcome: 'ahead'; headSha: string; unpushedCommits: number }
  /** Both have commits of their own; nothing was changed. */
  | { outcome: 'diverged'; reason: string; localCommits: number; remoteCommits: number }
  /** Uncommitted work, or another branch checked out, is in the way; nothing was changed. */
  | { outcome: 'blocked'; reason: string }
  | { outcome: 'remote_branch_missing' }
  | { outcome: 'authentication_failed'; reason: string }
  | { outcome: 'failed'; reason: string };

/** Takes over what was pushed to the branch from elsewhere, if that is a fast-forward. */
export async function pullBranch(
  target: SandboxTarget,
  branch: string,
  signal?: AbortSignal,
): Promise<PullOutcome> {
  const fetched = await fetchBranches(target, [branch], signal);
  if (fetched.outcome !== 'fetched') return fetched;
  const remote = `refs/remotes/origin/${branch}`;
  const current = await runGit(target, ['symbolic-ref', '--quiet', '--short', 'HEAD']);
  if (current.stdout.trim() !== branch) {
    const found = current.stdout.trim() === '' ? 'no branch' : current.stdout.trim();
    return { outcome: 'blocked', reason: `The checkout is on ${found}, not on ${branch}.` };
  }
  const fromSha = await readHeadSha(target);
  const { stdout } = await requireGit(target, [
    'rev-list',
    '--left-right',
    '--count',
    `HEAD...${remote}`,
    '--',
  ]);
  const [localCommits = 0, remoteCommits = 0] = stdout.trim().split(/\s+/).map(Number);
  if (remoteCommits === 0) {
    if (localCommits === 0) return { outcome: 'up_to_date', headSha: fromSha };
    return { outcome: 'ahead', headSha: fromSha, unpushedCommits: localCommits };
  }
  if (localCommits > 0) {
    const reason = `The checkout has ${localCommits} commit(s) that ${branch} on the remote lacks, and lacks ${remoteCommits} of it.`;
    return { outcome: 'diverged', reason, localCommits, remoteCommits };
  }
  const merged = await runGit(target, ['merge', '--ff-only', '--quiet', remote], {
    timeoutMs: networkTimeoutMs,
    env: { GIT_OPTIONAL_LOCKS: '1' },
    signal,
  });
  if (merged.exitCode !== 0) return { outcome: 'blocked', reason: gitWords(merged) };
  return { outcome: 'fast_forwarded', fromSha, headSha: await readHeadSha(target) };
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
