import { expect, test } from 'vitest';
import { describeLines, describeWithoutLines, labelOf } from './describe-file.ts';

const plain = { status: 'modified', oldPath: null, additions: 1, deletions: 0 } as const;
const noLines = { ...plain, additions: 0 };

test.each([
  ['a plain file', plain, null],
  ['a new file with lines', { ...plain, status: 'added' }, null],
  ['a new file without any', { ...noLines, status: 'added' }, 'empty'],
  ['a link', { ...plain, modes: { before: null, after: '120000' } }, 'link'],
  ['a deleted link', { ...plain, modes: { before: '120000', after: null } }, 'link'],
  ['a submodule', { ...plain, modes: { before: '160000', after: '160000' } }, 'submodule'],
  ['an executable', { ...plain, modes: { before: '100755', after: '100755' } }, null],
  ['one that became it', { ...noLines, modes: { before: '100644', after: '100755' } }, 'made executable'],
] as const)('beside %s stands what it is', (_what, file, label) => {
  expect(labelOf(file)).toBe(label);
});

test.each([
  ['binary', { ...plain, additions: null, deletions: null }, /binary/],
  ['new and empty', { ...noLines, status: 'added' }, /new, empty/],
  ['deleted and empty', { ...noLines, status: 'deleted' }, /empty file was deleted/],
  ['renamed', { ...noLines, status: 'renamed', oldPath: 'docs/old.md' }, /It was docs\/old\.md/],
  ['executable', { ...noLines, modes: { before: '100644', after: '100755' } }, /made executable/],
] as const)('a diff without lines of a file that is %s says so', (_what, file, sentence) => {
  expect(describeWithoutLines(file)).toMatch(sentence);
});

test('above the lines of a link stands what they are, above those of a plain file nothing', () => {
  expect(describeLines({ ...plain, modes: { before: '100644', after: '120000' } })).toMatch(/points to/);
  expect(describeLines(plain)).toBeNull();
});
