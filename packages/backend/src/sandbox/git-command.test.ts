import { expect, test } from 'vitest';
import { requireBranchName } from './git-command.ts';

test.each(['-option', 'a..b', 'a b', 'a~1', 'x.lock', '/a', 'a/', '@', 'a//b', ''])(
  '%j is no branch name',
  (name) => {
    expect(() => requireBranchName(name)).toThrow('cannot be the name of a branch');
  },
);
