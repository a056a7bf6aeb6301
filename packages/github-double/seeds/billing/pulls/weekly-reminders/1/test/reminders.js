import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remindersDue } from '../src/reminders.js';

const invoice = { dueAt: new Date('2026-10-01T00:00:00Z') };

test('reminds every week', () => {
  assert.equal(remindersDue(invoice, new Date('2026-10-07T00:00:00Z')), 0);
  assert.equal(remindersDue(invoice, new Date('2026-10-08T00:00:00Z')), 1);
  assert.equal(remindersDue(invoice, new Date('2026-10-30T00:00:00Z')), 4);
});

test('a paid invoice needs no reminder', () => {
  assert.equal(remindersDue({ ...invoice, paidAt: new Date() }, new Date('2026-12-01T00:00:00Z')), 0);
});
