import { describe, expect, test } from 'vitest';
import { parsePrompt, splitCommand } from './instructions.ts';

describe('parsePrompt', () => {
  test.each([
    [
      'create docs/hello.md with Hello world.',
      { kind: 'create', path: 'docs/hello.md', content: 'Hello world' },
    ],
    [
      'Please create a file "a b.md" containing "x; then y"',
      { kind: 'create', path: 'a b.md', content: 'x; then y' },
    ],
    [
      'create notes.txt with:\n```\none\ntwo\n```',
      { kind: 'create', path: 'notes.txt', content: 'one\ntwo\n' },
    ],
    ['append "a line" to README.md', { kind: 'append', path: 'README.md', text: 'a line' }],
    ['append to README.md: more text', { kind: 'append', path: 'README.md', text: 'more text' }],
    [
      "in src/a.ts replace 'old' with 'new'",
      { kind: 'replace', path: 'src/a.ts', search: 'old', replacement: 'new' },
    ],
    [
      'replace `a - b` with `a + b` in src/sum.js',
      { kind: 'replace', path: 'src/sum.js', search: 'a - b', replacement: 'a + b' },
    ],
    ['fix the typos in README.md', { kind: 'fixTypos', path: 'README.md' }],
    ['read README.md', { kind: 'read', path: 'README.md' }],
    ['what is in LICENSE?', { kind: 'read', path: 'LICENSE' }],
    ['delete the file old.txt', { kind: 'delete', path: 'old.txt' }],
    ['rename a.txt to b.txt', { kind: 'rename', from: 'a.txt', to: 'b.txt' }],
    ['list files', { kind: 'list', path: '.' }],
    ['search for TODO', { kind: 'search', text: 'TODO' }],
    ['run the tests', { kind: 'test' }],
    ['test', { kind: 'test' }],
    ['run `node --version`', { kind: 'run', command: ['node', '--version'] }],
    ['ask before running `git log`', { kind: 'ask', command: ['git', 'log'] }],
    ['ask permission', { kind: 'ask', command: undefined }],
    ['ask before running the tests', { kind: 'ask', command: ['test'] }],
    ['commit', { kind: 'commit', message: undefined }],
    ['commit with message "Say hello"', { kind: 'commit', message: 'Say hello' }],
    ['slow 30', { kind: 'slow', steps: 300 }],
    ['count to 50', { kind: 'slow', steps: 50 }],
    ['big output 64', { kind: 'bigOutput', sizeBytes: 65_536 }],
    ['crash', { kind: 'crash' }],
    ['help', { kind: 'help' }],
  ])('%s', (prompt, expected) => {
    expect(parsePrompt(prompt)).toEqual({
      instructions: [expected],
      notUnderstood: [],
      mayCommit: true,
    });
  });

  test('several instructions in one prompt keep their order', () => {
    const kinds = parsePrompt(
      'create a.md with one, then append "two" to a.md; run the tests and commit with message "Both"',
    ).instructions.map(({ kind }) => kind);
    expect(kinds).toEqual(['create', 'append', 'test', 'commit']);
  });

  test.each([
    'create a.md with x without committing',
    "create a.md with x, but don't commit",
    'create a.md with x. Do not commit it.',
  ])('no commit when told so: %s', (prompt) => {
    const parsed = parsePrompt(prompt);
    expect(parsed.mayCommit).toBe(false);
    expect(parsed.instructions).toEqual([{ kind: 'create', path: 'a.md', content: 'x' }]);
  });

  test('what no rule matches is reported in the words of the person', () => {
    const parsed = parsePrompt('invent a better "wheel"; list files');
    expect(parsed.notUnderstood).toEqual(['invent a better wheel']);
    expect(parsed.instructions).toEqual([{ kind: 'list', path: '.' }]);
  });
});

test('splitCommand keeps quoted words together', () => {
  expect(splitCommand(`git commit -m "two words" --author='A B'`)).toEqual([
    'git',
    'commit',
    '-m',
    'two words',
    '--author=A B',
  ]);
});
