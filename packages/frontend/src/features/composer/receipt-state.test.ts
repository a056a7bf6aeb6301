import { expect, test } from 'vitest';
import { receiptState } from './receipt-state.ts';

test('a message does not say that the agent works while it waits for permission', () => {
  const working = { state: 'working' as const };
  expect(receiptState(working, { status: 'waiting_for_permission' })).toBe('waiting_for_permission');
  expect(receiptState(working, { status: 'working' })).toBe('working');
  expect(receiptState({ state: 'done' }, { status: 'waiting_for_permission' })).toBe('done');
});
