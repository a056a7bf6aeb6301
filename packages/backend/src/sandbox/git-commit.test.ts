import { renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commitFiles } from './git-commit.ts';
import { setGitIdentity } from './git-credential.ts';
import { createTestCheckout, oddName, type TestCheckout } from './testing/checkout.ts';
import { git, writeFiles } from './testing/sandbox.ts';

let work: TestCheckout;
beforeEach(async () => {
  work = await createTestCheckout();
  await work.clone();
  await setGitIdentity(work.sandbox.target, { name: 'Ada', email: 'ada@example.test' });
});
afterEach(() => work.sandbox.destroy());

const commit = async (...paths: string[]): Promise<boolean> =>
  await commitFiles(work.sandbox.target, { paths, message: 'Chosen' });
const inLastCommit = (): string[] =>
  git(work.checkout, 'show', '--name-only', '--no-renames', '-z', '--format=')
    .split('\0')
    .filter(Boolean)
    .toSorted();

test('the chosen files are committed, new, deleted, renamed or oddly named; all others stay as they are', async () => {
  const { checkout } = work;
  writeFiles(checkout, {
    'README.md': 'changed\n',
    'new/file.txt': 'new',
    [oddName]: 'odder\n',
    'secret.env': 'S=1',
  });
  renameSync(path.join(checkout, 'to rename.txt'), path.join(checkout, 'renamed.txt'));
  rmSync(path.join(checkout, 'to delete.txt'));
  git(checkout, 'rm', '--quiet', '--cached', 'to delete.txt');
  git(checkout, 'add', 'secret.env', 'README.md');
  const chosen = ['new/file.txt', oddName, 'to rename.txt', 'renamed.txt', 'to delete.txt'];
  expect(await commit(...chosen)).toBe(true);
  expect(inLastCommit()).toEqual(chosen.toSorted());
  expect(git(checkout, 'status', '--porcelain').split('\n')).toEqual(['M  README.md', 'A  secret.env']);
});

test('again, or with files that nobody changed, it commits nothing', async () => {
  const { checkout } = work;
  writeFiles(checkout, { 'README.md': 'changed\n', 'other.txt': 'x' });
  expect(await commit('README.md')).toBe(true);
  const head = git(checkout, 'rev-parse', 'HEAD');
  expect(await commit('README.md', 'no-such-file', '../outside')).toBe(false);
  expect(git(checkout, 'rev-parse', 'HEAD')).toBe(head);
});

test('a merge that is under way is committed as a whole or not at all', async () => {
  const { checkout } = work;
  git(checkout, 'checkout', '--quiet', '-b', 'side');
  writeFiles(checkout, { 'side.txt': 's' });
  await work.commit('Side');
  git(checkout, 'checkout', '--quiet', 'task/one');
  writeFiles(checkout, { 'own.txt': 'o' });
  await work.commit('Own');
  git(checkout, 'merge', '--quiet', '--no-commit', '--no-ff', 'side');
  writeFiles(checkout, { 'more.txt': 'm' });
  await expect(commit('more.txt')).rejects.toThrow('git commits a merge only as a whole');
  expect(await commit('more.txt', 'side.txt')).toBe(true);
  expect(git(checkout, 'log', '-1', '--format=%p').split(' ')).toHaveLength(2);
});
