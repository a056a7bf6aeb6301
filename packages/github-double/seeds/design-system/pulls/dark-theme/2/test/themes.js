import assert from 'node:assert/strict';
import { test } from 'node:test';
import { darkTokens } from '../src/themes.js';
import { tokens } from '../src/tokens.js';

test('the dark theme has the same colours by name', () => {
  assert.deepEqual(Object.keys(darkTokens.color), Object.keys(tokens.color));
});

test('only colours differ', () => {
  assert.deepEqual(darkTokens.space, tokens.space);
});
