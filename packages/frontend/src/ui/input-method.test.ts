import { expect, test } from 'vitest';
import { isInputMethodKey } from './input-method.ts';

test('a key is known as the input method’s in every order of events', () => {
  // Chromium and Firefox: keydown, then compositionend.
  expect(isInputMethodKey({ isComposing: true, keyCode: 13 })).toBe(true);
  // WebKit: compositionend, then keydown.
  expect(isInputMethodKey({ isComposing: false, keyCode: 229 })).toBe(true);
  expect(isInputMethodKey({ isComposing: false, keyCode: 13 })).toBe(false);
});
