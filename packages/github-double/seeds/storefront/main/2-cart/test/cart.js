import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addToCart, cartTotal, emptyCart, removeFromCart } from '../src/cart.js';

test('adding the same product twice adds the quantities', () => {
  const cart = addToCart(addToCart(emptyCart(), 'mug'), 'mug', 2);
  assert.deepEqual(cart.lines, [{ productId: 'mug', quantity: 3 }]);
});

test('the total is the sum of all lines', () => {
  const cart = addToCart(addToCart(emptyCart(), 'mug', 2), 'pen');
  assert.equal(cartTotal(cart), 2 * 1290 + 2350);
});

test('removing a product leaves the others', () => {
  const cart = removeFromCart(addToCart(addToCart(emptyCart(), 'mug'), 'bag'), 'mug');
  assert.deepEqual(cart.lines, [{ productId: 'bag', quantity: 1 }]);
});

test('a quantity must be a whole number', () => {
  assert.throws(() => addToCart(emptyCart(), 'mug', 0.5), /whole number/);
});
