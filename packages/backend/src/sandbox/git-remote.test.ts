import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { executeInSandbox } from './execute-in-sandbox.ts';
import { readChanges } from './git-changes.ts';
import { cloneRepository, readHeadSha } from './git-clone.ts';
import { installCredential, removeCredential } from './git-credential.ts';
import { fetchBranches, pullBranch, pushBranch } from './git-remote.ts';
import { branches, createTestCheckout, type TestCheckout } from './testing/checkout.ts';
import { git, serveGitOverHttp, writeFiles } from './testing/sandbox.ts';

let work: TestCheckout;
beforeEach(async () => {
  work = await createTestCheckout();
});
afterEach(() => work.sandbox.destroy());

test('push: done, done again, refused as no fast-forward, refused by a hook', async () => {
  const { sandbox, remote, checkout, clone, commit, pushFromOutside } = work;
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
    // Git's advice is for somebody at a command line.
    reason: expect.not.stringContaining('hint:'),
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
  const { sandbox, checkout, clone, commit, pushFromOutside } = work;
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
  const { sandbox, checkout, clone } = work;
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
  const { sandbox, remote, checkout, commit } = work;
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
      outcome: 'forbidden',
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

/** The files anywhere in the sandbox's folder (HOME, checkout, .git, logs) that hold a text. */
function findText(text: string): string {
  try {
    return execFileSync('grep', ['-rlaF', text, work.sandbox.folder], { encoding: 'utf8' });
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
  const folder = path.dirname(work.sandbox.identity.homePath);
  return execFileSync('sh', ['-c', script, 'sh', folder, text], { encoding: 'utf8' });
}

/** Somebody takes the branch back to an earlier commit on the remote, and adds one of their own. */
function rewriteOutside({ remote }: TestCheckout, to: string): string {
  git(remote.outside, 'fetch', '--quiet', 'origin');
  git(remote.outside, 'checkout', '--quiet', '-B', 'task/one', to);
  writeFiles(remote.outside, { 'instead.txt': 'instead' });
  git(remote.outside, 'add', '.');
  git(remote.outside, 'commit', '--quiet', '-m', 'Instead');
  git(remote.outside, 'push', '--quiet', '--force', 'origin', 'task/one');
  return git(remote.outside, 'rev-parse', 'HEAD');
}

async function publishTwo({ sandbox, checkout, clone, commit }: TestCheckout): Promise<string> {
  await clone();
  writeFiles(checkout, { 'a.txt': 'a' });
  await commit('Add a');
  const first = await readHeadSha(sandbox.target);
  writeFiles(checkout, { 'secret.txt': 'removed later' });
  await commit('Add a secret');
  await pushBranch(sandbox.target, 'task/one');
  expect(await pullBranch(sandbox.target, 'task/one')).toMatchObject({ outcome: 'up_to_date' });
  return first;
}

test('a branch rewritten on the remote is followed while the workspace has nothing of its own', async () => {
  const { sandbox, checkout } = work;
  const first = await publishTwo(work);
  const headSha = rewriteOutside(work, first);
  // The agent looked for itself: what the remote had before is forgotten by its own git.
  git(checkout, 'fetch', '--quiet', 'origin');
  writeFiles(checkout, { 'loose.txt': 'nobody but the workspace has it' });
  expect(await pullBranch(sandbox.target, 'task/one')).toMatchObject({ outcome: 'followed', headSha });
  expect(readFileSync(path.join(checkout, 'loose.txt'), 'utf8')).toContain('nobody');
  expect(git(checkout, 'log', '--format=%s')).not.toContain('secret');
});

test('uncommitted changes in the way of a rewritten branch are kept, and said', async () => {
  const { sandbox, checkout } = work;
  const first = await publishTwo(work);
  rewriteOutside(work, first);
  writeFiles(checkout, { 'secret.txt': 'changed here' });
  expect(await pullBranch(sandbox.target, 'task/one')).toMatchObject({ outcome: 'blocked' });
  expect(readFileSync(path.join(checkout, 'secret.txt'), 'utf8')).toBe('changed here');
});

test('with own commits a rewritten branch is a choice: nothing changes, or own work is put aside', async () => {
  const { sandbox, checkout, commit } = work;
  const first = await publishTwo(work);
  writeFiles(checkout, { 'own.txt': 'own' });
  await commit('Own work');
  const own = await readHeadSha(sandbox.target);
  const headSha = rewriteOutside(work, first);
  expect(await pullBranch(sandbox.target, 'task/one')).toEqual({
    outcome: 'diverged',
    localCommits: 1,
    remoteCommits: 1,
    rewritten: true,
  });
  expect(await readHeadSha(sandbox.target)).toBe(own);
  writeFiles(checkout, { 'own.txt': 'own, and more' });
  expect(await pullBranch(sandbox.target, 'task/one', undefined, { discard: true })).toMatchObject({
    outcome: 'followed',
    headSha,
  });
  expect(git(checkout, 'rev-parse', `refs/foundry/backup/${own}`)).toBe(own);
  expect(git(checkout, 'show', `refs/foundry/backup/${own}-uncommitted:own.txt`)).toBe('own, and more');
});
