import { expect, test } from 'vitest';
import { pullRequestTaskId, taskIdSchema } from './ids.ts';

test.each([1, 9_999_999_999, 10_000_000_000, Number.MAX_SAFE_INTEGER])(
  'a pull request of every number that can be stored has an id that is accepted: %i',
  (number) => {
    const id = pullRequestTaskId('123456789', number);
    expect(taskIdSchema.parse(id)).toBe(id);
  },
);
