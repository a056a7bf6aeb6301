import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readNotes, titleOf } from '../src/notes.js';

test('the title is the first heading', () => {
  assert.equal(titleOf('a', 'text\n# Heading\n'), 'Heading');
  assert.equal(titleOf('a', 'no heading'), 'a');
});

test('notes are read in order', () => {
  const names = readNotes(join(import.meta.dirname, '..', 'notes')).map((note) => note.name);
  assert.deepEqual(names, ['groceries', 'ideas']);
});
