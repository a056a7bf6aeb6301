import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { branchesClash, branchNameProblem } from './branch-names.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'foundry-branch-names-'));
  spawnSync('git', ['init', '--quiet', folder]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Both of git's checks: the name as people give it, and the ref that it would be. */
function gitTakes(name: string): boolean {
  const ask = (...args: string[]) =>
    spawnSync('git', ['check-ref-format', ...args], { cwd: folder }).status === 0;
  return ask('--branch', name) && ask(`refs/heads/${name}`);
}

/** What GitHub refuses beyond git, what no file can be named, and git's short name for the commit that is checked out. */
function isRefusedBeyondGit(name: string): boolean {
  return (
    name === '@' || name.startsWith('refs/') || /^[0-9a-f]{40}$/i.test(name) || Buffer.byteLength(name) > 244
  );
}

/** Names made of what git's rules speak about, so that most of them are near an edge. */
const pieces = constantFrom(
  // Letters, and what looks like none.
  ...'a B 1 ä 日 😀 - _ \u202e \u00a0 \u0085'.split(' '),
  // What the rules speak about.
  ...'. .. / // @ { @{ } .lock lock HEAD refs/ heads/ ~ ^ : ? * [ ] \\'.split(' '),
  ...'" \' # % + = ! $ & ( , ; < | `'.split(' '),
  ' ',
  '\t',
  '\n',
  '\u0001',
  '\u007f',
);
const nearTheRules = array(pieces, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
const anything = string({ unit: 'binary', minLength: 1, maxLength: 30 });

describe('names of branches', () => {
  test.each([
    'feature/.hidden',
    'a.lock/b',
    'HEAD',
    '@',
    'refs/heads/x',
    '-option',
    'a..b',
    'a b',
    'a~1',
    'x.lock',
    '/a',
    'a/',
    'a//b',
    '',
    'a.',
    'a@{1}',
    'a\nb',
    '.a',
    'a'.repeat(245),
    'f'.repeat(40),
    'a\ud800',
  ])('%j is refused', (name) => {
    expect(branchNameProblem(name)).toEqual(expect.any(String));
  });

  test.each([
    'fix/ä',
    '修正',
    'a/@',
    'HEAD/a',
    'a@b',
    'a.b',
    'x.lock.y',
    '@a',
    'a'.repeat(244),
    'head',
    'a{1}',
  ])('%j is taken', (name) => {
    expect(branchNameProblem(name)).toBeNull();
    expect(gitTakes(name)).toBe(true);
  });

  test('what is taken and what is refused is what git check-ref-format says', { timeout: 120_000 }, () => {
    assert(
      property(oneof(nearTheRules, anything), (name) => {
        // An argument cannot hold it: git never sees such a name.
        const expected = !name.includes('\0') && gitTakes(name) && !isRefusedBeyondGit(name);
        expect(branchNameProblem(name) === null).toBe(expected);
      }),
      { numRuns: 600 },
    );
  });

  test('a name and a folder of that name cannot both exist', () => {
    expect(branchesClash('fix', 'fix/login')).toBe(true);
    expect(branchesClash('fix/login', 'fix')).toBe(true);
    expect(branchesClash('fix', 'fix')).toBe(true);
    expect(branchesClash('fix', 'fix-login')).toBe(false);
    expect(branchesClash('fix/a', 'fix/b')).toBe(false);
  });
});
