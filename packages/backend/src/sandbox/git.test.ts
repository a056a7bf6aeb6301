import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync, symlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { executeInSandbox } from './execute-in-sandbox.ts';
import { parseRawAndNumstat, readChanges, readCommits, readDiff } from './git-changes.ts';
import { cloneRepository, readHeadSha } from './git-clone.ts';
import { requireBranchName } from './git-command.ts';
import { installCredential, removeCredential, setGitIdentity } from './git-credential.ts';
import { listTree, readCheckoutFile } from './git-files.ts';
import { fetchBranches, pullBranch, pushBranch } from './git-remote.ts';
import { createRemote, createTestSandbox, git, serveGitOverHttp, writeFiles } from './testing/sandbox.ts';
import type { TestSandbox } from './testing/sandbox.ts';

const oddName = 'odd "name"\twith ünïcode & $(touch pwned).txt';
const branches = { branch: 'task/one', baseBranch: 'main' };

describe('git in the sandbox', { timeout: 20_000 }, () => {
  let sandbox: TestSandbox;
  let remote: ReturnType<typeof createRemote>;
  let checkout: string;

  beforeEach(async () => {
    sandbox = await createTestSandbox();
    checkout = sandbox.identity.checkoutPath;
    remote = createRemote(sandbox.folder, {
      'README.md': 'one\ntwo\nthree\n',
      [oddName]: 'odd\n',
      'to rename.txt': 'a\nb\nc\nd\ne\n',
      'to delete.txt': 'gone\n',
      'image.bin': new Uint8Array([0, 1, 2, 3]),
      '.gitignore': 'ignored.txt\n',
    });
  });
  afterEach(() => sandbox.destroy());

  const clone = (branch = branches.branch) =>
    cloneRepository(sandbox.target, { repositoryUrl: remote.url, branch, baseBranch: 'main' });

  const commit = async (message: string): Promise<void> => {
    await setGitIdentity(sandbox.target, { name: 'Ada', email: 'ada@example.test' });
    git(checkout, 'add', '--all');
    const args = ['commit', '--quiet', '-m', message];
    const request = { command: 'git', args, cwd: checkout, timeoutMs: 5_000 };
    expect(await executeInSandbox(sandbox.target, request)).toMatchObject({ exitCode: 0 });
  };

  test('clone makes the branch from its base, and is done once', async () => {
    const first = await clone();
    expect(first).toEqual({
      headSha: git(remote.bare, 'rev-parse', 'main'),
      branch: 'created',
      alreadyThere: false,
    });
    expect(git(checkout, 'symbolic-ref', '--short', 'HEAD')).toBe('task/one');
    writeFiles(checkout, { 'work.txt': 'not to be lost' });
    expect(await clone()).toEqual({ ...first, alreadyThere: true });
    expect(readFileSync(path.join(checkout, 'work.txt'), 'utf8')).toBe('not to be lost');
  });

  test('clone takes the branch of a pull request that exists, and completes an interrupted one', async () => {
    git(remote.outside, 'checkout', '--quiet', '-b', 'feature/x');
    writeFiles(remote.outside, { 'feature.txt': 'x' });
    git(remote.outside, 'add', '.');
    git(remote.outside, 'commit', '--quiet', '-m', 'Feature');
    git(remote.outside, 'push', '--quiet', 'origin', 'feature/x');
    writeFiles(checkout, { '.git/HEAD': 'half a clone', 'left/over.txt': '' });
    const result = await clone('feature/x');
    expect(result).toMatchObject({ branch: 'existing', alreadyThere: false });
    expect(result.headSha).toBe(git(remote.bare, 'rev-parse', 'feature/x'));
    expect((await listTree(sandbox.target)).paths).toContain('feature.txt');
    expect((await listTree(sandbox.target)).paths).not.toContain('left/over.txt');
    const changes = await readChanges(sandbox.target, { branch: 'feature/x', baseBranch: 'main' });
    expect(changes.files.map((file) => file.path)).toEqual(['feature.txt']);
    expect(changes.mergeBaseSha).toBe(git(remote.bare, 'rev-parse', 'main'));
  });

  test("a clone that fails gives git's words", async () => {
    await expect(
      cloneRepository(sandbox.target, {
        ...branches,
        repositoryUrl: `${remote.url}.missing`,
      }),
    ).rejects.toMatchObject({
      code: 'clone_failed',
      providerMessage: expect.stringContaining('does not appear to be a git repository'),
    });
    await expect(
      cloneRepository(sandbox.target, {
        ...branches,
        baseBranch: 'nothing',
        repositoryUrl: remote.url,
      }),
    ).rejects.toMatchObject({
      code: 'clone_failed',
      providerMessage: expect.stringContaining('Remote branch nothing not found'),
    });
    await expect(
      cloneRepository(sandbox.target, {
        ...branches,
        repositoryUrl: 'https://x-access-token:secret@github.example/a/b.git',
      }),
    ).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('changes and diff hold committed, uncommitted and untracked work, odd names and renames', async () => {
    await clone();
    writeFiles(checkout, { 'README.md': 'one\n2\nthree\nfour\n' });
    await commit('Edit the readme');
    renameSync(path.join(checkout, 'to rename.txt'), path.join(checkout, 'renamed file.txt'));
    rmSync(path.join(checkout, 'to delete.txt'));
    writeFiles(checkout, {
      [oddName]: 'odd\nodder\n',
      'new folder/new.txt': 'new\n',
      'image.bin': new Uint8Array([0, 9, 9]),
      'ignored.txt': 'ignored',
    });
    git(checkout, 'add', 'image.bin');
    const before = git(checkout, 'status', '--porcelain', '-z');
    const changes = await readChanges(sandbox.target, branches);
    expect(changes).toMatchObject({
      headSha: git(checkout, 'rev-parse', 'HEAD'),
      mergeBaseSha: git(remote.bare, 'rev-parse', 'main'),
      unpushedCommits: 1,
      uncommittedFiles: 6,
      truncated: false,
    });
    const modified = { oldPath: null, status: 'modified' };
    expect([...changes.files].sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: 'README.md', ...modified, additions: 2, deletions: 1, committed: true },
      { path: 'image.bin', ...modified, additions: null, deletions: null, committed: false },
      {
        path: 'new folder/new.txt',
        oldPath: null,
        status: 'added',
        additions: 1,
        deletions: 0,
        committed: false,
      },
      { path: oddName, ...modified, additions: 1, deletions: 0, committed: false },
      {
        path: 'renamed file.txt',
        oldPath: 'to rename.txt',
        status: 'renamed',
        additions: 0,
        deletions: 0,
        committed: false,
      },
      {
        path: 'to delete.txt',
        oldPath: null,
        status: 'deleted',
        additions: 0,
        deletions: 1,
        committed: false,
      },
    ]);
    // The agent's own index is untouched by the reading.
    expect(git(checkout, 'status', '--porcelain', '-z')).toBe(before);
    expect(git(checkout, 'ls-files', '-o', '.git')).toBe('');

    const whole = await readDiff(sandbox.target, { baseBranch: 'main' });
    expect(whole.truncated).toBe(false);
    git(checkout, 'add', '--all');
    const compared = ['diff', '--cached', '--find-renames', changes.mergeBaseSha ?? ''];
    const asked = git(checkout, '-c', 'core.quotePath=false', ...compared);
    expect(whole.diff.trim().replaceAll(/^index .*$/gm, '')).toBe(asked.replaceAll(/^index .*$/gm, ''));
    const one = await readDiff(sandbox.target, { baseBranch: 'main', paths: [oddName] });
    expect(one.diff).toContain('+odder');
    expect(one.diff).not.toContain('README');
    const cut = await readDiff(sandbox.target, { baseBranch: 'main', maxBytes: 100 });
    expect(cut).toMatchObject({ truncated: true });
    expect(cut.diff.length).toBeLessThanOrEqual(100);
    expect(await readCommits(sandbox.target, { baseBranch: 'main' })).toMatchObject([
      { authorName: 'Ada', authorEmail: 'ada@example.test', subject: 'Edit the readme' },
    ]);
  });

  test('changes are read in the middle of a merge conflict and around a repository inside', async () => {
    await clone();
    writeFiles(checkout, { 'README.md': 'ours\n' });
    await commit('Ours');
    git(checkout, 'checkout', '--quiet', '-b', 'other', 'origin/main');
    writeFiles(checkout, { 'README.md': 'theirs\n' });
    await commit('Theirs');
    git(checkout, 'checkout', '--quiet', 'task/one');
    expect(() => git(checkout, 'merge', 'other')).toThrow('git merge other');
    git(checkout, 'init', '--quiet', 'aa empty repository');
    writeFiles(checkout, { 'zz.txt': 'z' });
    const { files } = await readChanges(sandbox.target, branches);
    expect(files).toEqual([
      expect.objectContaining({ path: 'README.md', status: 'modified', committed: false }),
      expect.objectContaining({ path: 'zz.txt', status: 'added', committed: false }),
    ]);
    const { diff } = await readDiff(sandbox.target, { baseBranch: 'main' });
    expect(diff).toContain('+<<<<<<< HEAD');
  });

  test('push: done, done again, refused as no fast-forward, refused by a hook', async () => {
    await clone();
    writeFiles(checkout, { 'a.txt': 'a' });
    await commit('Add a');
    const headSha = await readHeadSha(sandbox.target);
    expect(await pushBranch(sandbox.target, 'task/one')).toEqual({
      outcome: 'pushed',
      headSha,
      changed: true,
    });
    expect(git(remote.bare, 'rev-parse', 'task/one')).toBe(headSha);
    expect(await pushBranch(sandbox.target, 'task/one')).toMatchObject({ changed: false });
    expect((await readChanges(sandbox.target, branches)).unpushedCommits).toBe(0);

    pushFromOutside('task/one', { 'outside.txt': 'o' });
    writeFiles(checkout, { 'b.txt': 'b' });
    await commit('Add b');
    expect(await pushBranch(sandbox.target, 'task/one')).toMatchObject({
      outcome: 'rejected_non_fast_forward',
    });
    expect(await pullBranch(sandbox.target, 'task/one')).toMatchObject({
      outcome: 'diverged',
      localCommits: 1,
      remoteCommits: 1,
    });
    writeFiles(remote.bare, { 'hooks/pre-receive': '#!/bin/sh\necho "not today" >&2; exit 1\n' });
    execFileSync('chmod', ['+x', path.join(remote.bare, 'hooks/pre-receive')]);
    git(checkout, 'reset', '--quiet', '--hard', 'origin/task/one');
    writeFiles(checkout, { 'c.txt': 'c' });
    await commit('Add c');
    expect(await pushBranch(sandbox.target, 'task/one')).toMatchObject({
      outcome: 'rejected_by_remote',
      reason: expect.stringContaining('not today'),
    });
  });

  test('pull: fast-forward, up to date, ahead, in the way of uncommitted work, no such branch', async () => {
    await clone();
    expect(await pullBranch(sandbox.target, 'task/one')).toEqual({
      outcome: 'remote_branch_missing',
    });
    const pushed = await pushBranch(sandbox.target, 'task/one');
    expect(pushed.outcome).toBe('pushed');
    expect(await pullBranch(sandbox.target, 'task/one')).toMatchObject({ outcome: 'up_to_date' });
    const fromSha = await readHeadSha(sandbox.target);
    const headSha = pushFromOutside('task/one', { 'README.md': 'from outside\n' });
    writeFiles(checkout, { 'README.md': 'by the agent\n' });
    expect(await pullBranch(sandbox.target, 'task/one')).toMatchObject({
      outcome: 'blocked',
      reason: expect.stringContaining('README.md'),
    });
    expect(readFileSync(path.join(checkout, 'README.md'), 'utf8')).toBe('by the agent\n');
    git(checkout, 'checkout', '--quiet', '--', 'README.md');
    expect(await pullBranch(sandbox.target, 'task/one')).toEqual({
      outcome: 'fast_forwarded',
      fromSha,
      headSha,
    });
    git(checkout, 'checkout', '--quiet', '-b', 'elsewhere');
    expect(await pullBranch(sandbox.target, 'task/one')).toEqual({
      outcome: 'blocked',
      reason: 'The checkout is on elsewhere, not on task/one.',
    });
    git(checkout, 'checkout', '--quiet', 'task/one');
    writeFiles(checkout, { 'more.txt': 'm' });
    await commit('More');
    expect(await pullBranch(sandbox.target, 'task/one')).toMatchObject({
      outcome: 'ahead',
      unpushedCommits: 1,
    });
    expect(await fetchBranches(sandbox.target, ['main'])).toEqual({ outcome: 'fetched' });
  });

  test('a credential goes in privately, and after a swap or removal no trace of the old one is left', async () => {
    await clone();
    const oldToken = 'ghu_oldSecretOfTheFormerOwner';
    await installCredential(sandbox.target, oldToken, 'https://github.example');
    const file = path.join(sandbox.identity.homePath, '.git-token');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const filled = await executeInSandbox(sandbox.target, {
      command: 'sh',
      args: ['-c', 'printf "protocol=https\\nhost=github.example\\n\\n" | git credential fill'],
      cwd: checkout,
      timeoutMs: 5_000,
    });
    expect(filled.stdout).toContain(`password=${oldToken}`);
    rmSync(file);
    symlinkSync(path.join(checkout, 'trap.txt'), file);
    await installCredential(sandbox.target, oldToken, 'https://github.example');
    await installCredential(sandbox.target, 'ghu_newToken', 'https://github.example:8443');
    expect(readFileSync(file, 'utf8')).toBe('https://x-access-token:ghu_newToken@github.example:8443\n');
    expect(findText(oldToken)).toBe('');
    await removeCredential(sandbox.target);
    await removeCredential(sandbox.target);
    expect(findText('ghu_newToken')).toBe('');
    expect(environmentsWith('ghu_')).toBe('');
  });

  test('over HTTP the token in the file opens the repository, and a bad one is said to be bad', async () => {
    git(remote.bare, 'config', 'http.receivepack', 'true');
    const server = await serveGitOverHttp(sandbox.folder, path.basename(remote.bare));
    try {
      server.tokens.add('first-owner');
      server.tokens.add('second-owner');
      const request = { ...branches, repositoryUrl: server.url };
      await expect(cloneRepository(sandbox.target, request)).rejects.toMatchObject({
        code: 'authentication_failed',
      });
      await installCredential(sandbox.target, 'wrong', server.hostUrl);
      await expect(cloneRepository(sandbox.target, request)).rejects.toMatchObject({
        code: 'authentication_failed',
        providerMessage: expect.stringContaining('Authentication failed'),
      });
      await installCredential(sandbox.target, 'first-owner', server.hostUrl);
      expect(await cloneRepository(sandbox.target, request)).toMatchObject({ branch: 'created' });
      writeFiles(checkout, { 'a.txt': 'a' });
      await commit('Add a');
      await installCredential(sandbox.target, 'second-owner', server.hostUrl);
      expect(await pushBranch(sandbox.target, 'task/one')).toMatchObject({ outcome: 'pushed' });
      expect(git(remote.bare, 'rev-parse', 'task/one')).toBe(await readHeadSha(sandbox.target));
      expect(findText('first-owner')).toBe('');
      // The agent's own git finds the token too.
      const agent = { command: 'git', args: ['fetch'], cwd: checkout, timeoutMs: 10_000 };
      expect(await executeInSandbox(sandbox.target, agent)).toMatchObject({ exitCode: 0 });

      server.tokens.delete('second-owner');
      expect(await pullBranch(sandbox.target, 'task/one')).toMatchObject({
        outcome: 'authentication_failed',
      });
      await removeCredential(sandbox.target);
      writeFiles(checkout, { 'b.txt': 'b' });
      await commit('Add b');
      expect(await pushBranch(sandbox.target, 'task/one')).toMatchObject({
        outcome: 'authentication_failed',
      });
      server.refuseWith = { status: 403, words: 'Resource not accessible' };
      expect(await pushBranch(sandbox.target, 'task/one')).toMatchObject({
        outcome: 'authentication_failed',
        reason: expect.stringContaining('403'),
      });
      server.refuseWith = { status: 500, words: 'broken' };
      expect(await pushBranch(sandbox.target, 'task/one')).toMatchObject({
        outcome: 'failed',
        reason: expect.stringContaining('500'),
      });
    } finally {
      await server.close();
    }
  });

  test('the tree and files are read as they are; nothing outside the checkout is', async () => {
    await clone();
    writeFiles(checkout, { 'new.txt': 'new', 'ignored.txt': 'i' });
    rmSync(path.join(checkout, 'to delete.txt'));
    symlinkSync('/etc/passwd', path.join(checkout, 'link.txt'));
    expect(await listTree(sandbox.target)).toEqual({
      paths: ['.gitignore', 'README.md', 'image.bin', 'link.txt', 'new.txt', oddName, 'to rename.txt'],
      truncated: false,
    });
    expect((await readCheckoutFile(sandbox.target, oddName)).text).toBe('odd\n');
    expect(await readCheckoutFile(sandbox.target, 'image.bin')).toEqual({
      sizeBytes: 4,
      binary: true,
      text: null,
    });
    for (const name of ['../home/.git-token', 'link.txt', '/etc/passwd', '']) {
      await expect(readCheckoutFile(sandbox.target, name)).rejects.toMatchObject({
        code: 'invalid_request',
      });
    }
    await expect(readCheckoutFile(sandbox.target, 'none.txt')).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(readCheckoutFile(sandbox.target, 'README.md', { maxBytes: 3 })).rejects.toMatchObject({
      code: 'too_large',
    });
  });

  test('executeInSandbox: no shell, exit codes, timeouts, missing programs, a full disk', async () => {
    const run = (command: string, args: string[], timeoutMs = 5_000) =>
      executeInSandbox(sandbox.target, { command, args, cwd: checkout, timeoutMs });
    expect(await run('printf', ['%s', '$(id); "x"'])).toEqual({
      exitCode: 0,
      stdout: '$(id); "x"',
      stderr: '',
      truncated: false,
    });
    expect((await run('false', [])).exitCode).toBe(1);
    await expect(run('sleep', ['5'], 200)).rejects.toMatchObject({ code: 'timeout' });
    await expect(run('no-such-program', [])).rejects.toMatchObject({ code: 'command_failed' });
    await expect(run('cp', ['/etc/hostname', '/dev/full'])).rejects.toMatchObject({
      code: 'disk_full',
      providerMessage: expect.stringContaining('No space left on device'),
    });
  });

  function pushFromOutside(branch: string, files: Record<string, string>): string {
    git(remote.outside, 'fetch', '--quiet', 'origin');
    git(remote.outside, 'checkout', '--quiet', '-B', branch, `origin/${branch}`);
    writeFiles(remote.outside, files);
    git(remote.outside, 'add', '.');
    git(remote.outside, 'commit', '--quiet', '-m', 'From outside');
    git(remote.outside, 'push', '--quiet', 'origin', branch);
    return git(remote.outside, 'rev-parse', 'HEAD');
  }

  /** The files anywhere in the sandbox's folder (HOME, checkout, .git, logs) that hold a text. */
  function findText(text: string): string {
    try {
      return execFileSync('grep', ['-rlaF', text, sandbox.folder], { encoding: 'utf8' });
    } catch (error) {
      // grep exits with 1 when it finds nothing.
      if (error instanceof Error && 'status' in error && error.status === 1) return '';
      throw error;
    }
  }

  /** The processes of this sandbox whose environment or arguments hold a text. */
  function environmentsWith(text: string): string {
    const script = `for p in /proc/[0-9]*; do
      if { tr '\\0' '\\n' < $p/environ; } 2>/dev/null | grep -qF "FOUNDRY_LOCAL_SANDBOX=$1"; then
        cat $p/environ $p/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -F "$2"
      fi
    done; true`;
    const folder = path.dirname(sandbox.identity.homePath);
    return execFileSync('sh', ['-c', script, 'sh', folder, text], { encoding: 'utf8' });
  }
});

test('parseRawAndNumstat joins the two listings by name', () => {
  const zeros = '0'.repeat(40);
  const output = [
    `:100644 100644 ${zeros} ${zeros} R090`,
    'old\tname',
    'new\tname',
    `:000000 100644 ${zeros} ${zeros} A`,
    'added',
    '3\t1\t',
    'old\tname',
    'new\tname',
    '-\t-\tadded',
    '',
  ].join('\0');
  expect(parseRawAndNumstat(output)).toEqual([
    { path: 'new\tname', oldPath: 'old\tname', status: 'renamed', additions: 3, deletions: 1 },
    { path: 'added', oldPath: null, status: 'added', additions: null, deletions: null },
  ]);
});

test.each(['-option', 'a..b', 'a b', 'a~1', 'x.lock', '/a', 'a/', '@', 'a//b', ''])(
  '%j is no branch name',
  (name) => {
    expect(() => requireBranchName(name)).toThrow('cannot be the name of a branch');
  },
);
