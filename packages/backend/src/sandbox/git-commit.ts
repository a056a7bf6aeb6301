import type { PublishCommit } from '@foundry/shared/requests';
import type { SandboxTarget } from './execute-in-sandbox.ts';
import { requireGit, runGit } from './git-command.ts';
import { readUncommittedPaths } from './git-changes.ts';
import { SandboxError } from './sandbox-error.ts';

const commitTimeoutMs = 60_000;

/**
 * Commits the chosen files as they are now, and nothing else: what others an agent has staged stays staged. Files that
 * are no longer uncommitted are passed over, so that it may be repeated. Returns whether there was something to commit.
 */
export async function commitFiles(
  target: SandboxTarget,
  { paths, message }: PublishCommit,
): Promise<boolean> {
  const uncommitted = await readUncommittedPaths(target);
  const chosen = paths.filter((path) => uncommitted.has(path));
  if (chosen.length === 0) return false;
  const call = { timeoutMs: commitTimeoutMs, env: { GIT_OPTIONAL_LOCKS: '1' } };
  // Not `git add`: it refuses a deleted file that is staged as deleted already.
  await requireGit(target, ['update-index', '--add', '--remove', '--replace', '--', ...chosen], call);
  const commit = ['commit', '--quiet', '-m', message];
  if (await isMerging(target)) {
    if (chosen.length < uncommitted.size) {
      throw new SandboxError(
        'git_failed',
        'A merge is under way in the workspace, and git commits a merge only as a whole. Choose all uncommitted files, or none of them.',
      );
    }
    await requireGit(target, commit, call);
  } else {
    await requireGit(target, [...commit, '--only', '--', ...chosen], call);
  }
  return true;
}

async function isMerging(target: SandboxTarget): Promise<boolean> {
  return (await runGit(target, ['rev-parse', '--quiet', '--verify', 'MERGE_HEAD'])).exitCode === 0;
}
