import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findProduct, search } from '../src/catalog.js';

test('finds a product by id', () => {
  assert.equal(findProduct('mug').name, 'Enamel mug');
});

test('an unknown id is an error that names it', () => {
  assert.throws(() => findProduct('sofa'), /sofa/);
});

test('search looks at names and tags', () => {
  assert.deepEqual(
    search('gift').map((product) => product.id),
    ['mug', 'pen'],
  );
  assert.deepEqual(
    search('LAMP').map((product) => product.id),
    ['lamp'],
  );
});

test('an empty search shows everything', () => {
  assert.equal(search(' ').length, 4);
});

test('every word must be found', () => {
  assert.deepEqual(
    search('office gift').map((product) => product.id),
    ['pen'],
  );
});
