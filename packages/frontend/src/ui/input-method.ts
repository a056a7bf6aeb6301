/**
 * Whether a key belongs to an input method: its Enter picks a word, its Escape gives one up. WebKit ends the composition
 * before it tells of the key that ended it; only the old code 229, "taken by an input method", says so then.
 */
export function isInputMethodKey(event: Pick<KeyboardEvent, 'isComposing' | 'keyCode'>): boolean {
  // There is no other sign of it: https://bugs.webkit.org/show_bug.cgi?id=165004
  // oxlint-disable-next-line typescript/no-deprecated
  return event.isComposing || event.keyCode === 229;
}
