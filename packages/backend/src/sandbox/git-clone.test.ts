import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readChanges } from './git-changes.ts';
import { cloneRepository } from './git-clone.ts';
import { listTree } from './git-files.ts';
import { branches, createTestCheckout, type TestCheckout } from './testing/checkout.ts';
import { git, writeFiles } from './testing/sandbox.ts';

let work: TestCheckout;
beforeEach(async () => {
  work = await createTestCheckout();
});
afterEach(() => work.sandbox.destroy());

test('clone makes the branch from its base, and is done once', async () => {
  const { remote, checkout, clone } = work;
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
  const { sandbox, remote, checkout, clone } = work;
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
  const { sandbox, remote } = work;
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
