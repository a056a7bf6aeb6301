import { expect } from 'vitest';
import { executeInSandbox } from '../execute-in-sandbox.ts';
import { cloneRepository } from '../git-clone.ts';
import { setGitIdentity } from '../git-credential.ts';
import { createRemote, createTestSandbox, git, writeFiles } from './sandbox.ts';

/** A name that breaks whatever splits at blanks, quotes, or trusts ASCII. */
export const oddName = 'odd "name"\twith ünïcode & $(touch pwned).txt';
/** The branch of the task, which does not exist yet, and its base. */
export const branches = { branch: 'task/one', baseBranch: 'main' };

export type TestCheckout = Awaited<ReturnType<typeof createTestCheckout>>;

/** A sandbox, and the remote repository that `clone` brings into it. */
export async function createTestCheckout() {
  const sandbox = await createTestSandbox();
  const checkout = sandbox.identity.checkoutPath;
  const remote = createRemote(sandbox.folder, {
    'README.md': 'one\ntwo\nthree\n',
    [oddName]: 'odd\n',
    'to rename.txt': 'a\nb\nc\nd\ne\n',
    'to delete.txt': 'gone\n',
    'image.bin': new Uint8Array([0, 1, 2, 3]),
    '.gitignore': 'ignored.txt\n',
  });

  /** Clones the remote; the branch is made from main where the remote has none. */
  const clone = (branch = branches.branch) =>
    cloneRepository(sandbox.target, { repositoryUrl: remote.url, branch, baseBranch: 'main' });

  /** Commits everything, as the agent would. */
  const commit = async (message: string): Promise<void> => {
    await setGitIdentity(sandbox.target, { name: 'Ada', email: 'ada@example.test' });
    git(checkout, 'add', '--all');
    const args = ['commit', '--quiet', '-m', message];
    const request = { command: 'git', args, cwd: checkout, timeoutMs: 5_000 };
    expect(await executeInSandbox(sandbox.target, request)).toMatchObject({ exitCode: 0 });
  };

  /** Adds a commit to a branch of the remote, as somebody else. @returns the commit's SHA. */
  const pushFromOutside = (branch: string, files: Record<string, string>): string => {
    git(remote.outside, 'fetch', '--quiet', 'origin');
    git(remote.outside, 'checkout', '--quiet', '-B', branch, `origin/${branch}`);
    writeFiles(remote.outside, files);
    git(remote.outside, 'add', '.');
    git(remote.outside, 'commit', '--quiet', '-m', 'From outside');
    git(remote.outside, 'push', '--quiet', 'origin', branch);
    return git(remote.outside, 'rev-parse', 'HEAD');
  };

  return { sandbox, checkout, remote, clone, commit, pushFromOutside };
}
