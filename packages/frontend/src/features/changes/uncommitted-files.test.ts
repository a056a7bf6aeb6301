import type { TaskChanges } from '@foundry/shared/entities';
import { expect, test } from 'vitest';
import { uncommittedFiles } from './uncommitted-files.ts';

const changes: TaskChanges = {
  headSha: 'a',
  mergeBaseSha: 'b',
  unpushedCommits: 0,
  uncommittedFiles: 3,
  uncommitted: ['a.txt', 'old.txt', 'new.txt'],
  files: [
    { path: 'new.txt', oldPath: 'old.txt', status: 'renamed', additions: 0, deletions: 0, committed: false },
  ],
  truncated: false,
  readAtMs: 1,
};

test('a renamed file is one choice, of both its names', () => {
  expect(uncommittedFiles(changes)).toEqual([
    { path: 'a.txt', label: 'a.txt', paths: ['a.txt'] },
    { path: 'new.txt', label: 'old.txt → new.txt', paths: ['old.txt', 'new.txt'] },
  ]);
});

test('a file that is back as it was on the base branch can be chosen too', () => {
  expect(uncommittedFiles({ ...changes, uncommitted: ['reverted.txt'], files: [] })).toHaveLength(1);
});
