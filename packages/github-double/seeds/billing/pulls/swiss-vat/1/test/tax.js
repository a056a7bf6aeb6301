import assert from 'node:assert/strict';
import { test } from 'node:test';
import { taxFor } from '../src/tax.js';

test('Switzerland has 8.1 percent', () => {
  assert.equal(taxFor('CH', 10_000), 810);
});
