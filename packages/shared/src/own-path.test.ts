import { expect, test } from 'vitest';
import { ownPath } from './own-path.ts';

test.each([
  '//evil.test',
  '/.//evil.test',
  '/%2e//evil.test',
  '/a/..//evil.test',
  '/\\evil.test',
  '\\\\evil.test',
  'https://evil.test/',
  'javascript:alert(1)',
  'evil',
  '',
  '/\t/evil.test',
  '/\n/evil.test',
])('%j leads away', (value) => {
  expect(ownPath(value)).toBeNull();
});

test.each([
  ['/', '/'],
  ['/organizations/1/tasks/pr_1_2?view=changes#top', '/organizations/1/tasks/pr_1_2?view=changes#top'],
  ['/a/../b', '/b'],
  ['/sign-in?next=%2F%2Fevil.test', '/sign-in?next=%2F%2Fevil.test'],
])('%s stays here', (value, path) => {
  expect(ownPath(value)).toBe(path);
});
