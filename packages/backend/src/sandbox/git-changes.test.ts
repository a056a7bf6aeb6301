import { renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseRawAndNumstat, readChanges, readCommits, readDiff } from './git-changes.ts';
import { branches, createTestCheckout, oddName, type TestCheckout } from './testing/checkout.ts';
import { git, writeFiles } from './testing/sandbox.ts';

describe('the changes of a checkout', () => {
  let work: TestCheckout;
  beforeEach(async () => {
    work = await createTestCheckout();
  });
  afterEach(() => work.sandbox.destroy());

  test('changes and diff hold committed, uncommitted and untracked work, odd names and renames', async () => {
    const { sandbox, remote, checkout, clone, commit } = work;
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
      totals: { files: 6, additions: 4, deletions: 2 },
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
    const { sandbox, checkout, clone, commit } = work;
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
});

test('modes say what is executable, a link or another repository; plain files have none', () => {
  const sha = '0'.repeat(40);
  const raw = (modes: string, letter: string, name: string) => `:${modes} ${sha} ${sha} ${letter}\0${name}`;
  const files = parseRawAndNumstat(
    [
      raw('100644 100755', 'M', 'run.sh'),
      raw('000000 120000', 'A', 'link'),
      raw('160000 160000', 'M', 'module'),
      raw('000000 100644', 'A', 'empty'),
      '0\t0\trun.sh',
      '1\t0\tlink',
      '1\t1\tmodule',
      '0\t0\tempty',
      '',
    ].join('\0'),
  );
  expect(files.map(({ path: name, modes }) => [name, modes])).toEqual([
    ['run.sh', { before: '100644', after: '100755' }],
    ['link', { before: null, after: '120000' }],
    ['module', { before: '160000', after: '160000' }],
    ['empty', undefined],
  ]);
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
