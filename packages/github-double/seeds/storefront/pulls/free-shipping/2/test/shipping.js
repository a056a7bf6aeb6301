import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shippingFor } from '../src/shipping.js';

test('small orders pay for shipping', () => {
  assert.equal(shippingFor(4999), 490);
});

test('orders from 50 € are sent for free', () => {
  assert.equal(shippingFor(5000), 0);
});

test('an empty cart is not sent at all', () => {
  assert.equal(shippingFor(0), 0);
});
