import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tagsOf } from '../src/tags.js';

test('finds each tag once, and no headings', () => {
  assert.deepEqual(tagsOf('# Title\nbuy #bread and #milk, then more #bread'), ['bread', 'milk']);
});
