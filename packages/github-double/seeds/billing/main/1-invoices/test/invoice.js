import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInvoice, isOverdue } from '../src/invoice.js';

const order = { id: 'o-1', country: 'DE', items: [{ priceCents: 1000, quantity: 3 }] };
const issuedAt = new Date('2026-10-01T00:00:00Z');

test('adds the tax of the country', () => {
  const invoice = createInvoice(order, issuedAt);
  assert.deepEqual([invoice.netCents, invoice.taxCents, invoice.grossCents], [3000, 570, 3570]);
});

test('is due after fourteen days', () => {
  const invoice = createInvoice(order, issuedAt);
  assert.equal(isOverdue(invoice, new Date('2026-10-15T00:00:00Z')), false);
  assert.equal(isOverdue(invoice, new Date('2026-10-15T00:00:01Z')), true);
});

test('a country without a rate is an error that names it', () => {
  assert.throws(() => createInvoice({ ...order, country: 'XX' }, issuedAt), /XX/);
});
