import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCents, percentOf } from '../src/money.js';

test('formats cents with two digits', () => {
  assert.equal(formatCents(1290), '12.90 €');
  assert.equal(formatCents(5), '0.05 €');
  assert.equal(formatCents(-250), '-2.50 €');
});

test('percentages are rounded to whole cents, halves up', () => {
  assert.equal(percentOf(1000, 19), 190);
  assert.equal(percentOf(1050, 5), 53);
});
