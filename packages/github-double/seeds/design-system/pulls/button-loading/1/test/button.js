import assert from 'node:assert/strict';
import { test } from 'node:test';
import { button } from '../src/button.js';

test('renders the label escaped', () => {
  assert.equal(
    button({ label: 'Save <all>' }),
    '<button class="button button-primary">Save &lt;all&gt;</button>',
  );
});

test('can be disabled', () => {
  assert.match(button({ label: 'Save', disabled: true }), / disabled>/);
});

test('a loading button is busy and cannot be pressed', () => {
  assert.match(button({ label: 'Save', loading: true }), / disabled aria-busy="true">/);
});
