import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokens, toCss } from '../src/tokens.js';

test('every token becomes a custom property', () => {
  const css = toCss(tokens);
  assert.match(css, /--color-accent: #0969da;/);
  assert.match(css, /--space-large: 16px;/);
});
