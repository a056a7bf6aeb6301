import { expect, test } from 'vitest';
import { receiptState } from './receipt-state.ts';

test('a message does not say that the agent works while it waits for permission', () => {
  const working = { state: 'working' as const, failure: null };
  expect(receiptState(working, { status: 'waiting_for_permission' })).toBe('waiting_for_permission');
  expect(receiptState(working, { status: 'working' })).toBe('working');
  expect(receiptState({ state: 'done', failure: null }, { status: 'waiting_for_permission' })).toBe('done');
});

test('a message whose turn ended because Foundry was stopped has not failed', () => {
  const failed = (code: string) => ({
    state: 'failed' as const,
    failure: { code, message: 'Why', retryable: true },
  });
  expect(receiptState(failed('interrupted'), { status: 'idle' })).toBe('interrupted');
  expect(receiptState(failed('turn_failed'), { status: 'idle' })).toBe('failed');
});
