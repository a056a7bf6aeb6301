import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHtml } from '../src/html.js';

test('headings, items and paragraphs', () => {
  assert.equal(toHtml('# A\n\n- b\nc < d\n'), '<h1>A</h1>\n<li>b</li>\n<p>c &lt; d</p>');
});
