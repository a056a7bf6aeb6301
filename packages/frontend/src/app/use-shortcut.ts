import { useEffectEvent, useLayoutEffect } from 'react';
import { isComposerComing } from '../features/composer/composer-focus.ts';
import { isInputMethodKey } from '../ui/input-method.ts';

interface Shortcut {
  key: string;
  /** Ctrl, or Command on a Mac. */
  withModifier?: boolean;
  withShift?: boolean;
  /** Works while typing too. */
  whileTyping?: boolean;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Calls `act` for a key anywhere on the page, unless a dialog is open. */
export function useShortcut(shortcut: Shortcut, act: () => void, enabled = true): void {
  const { key, withModifier = false, withShift = false, whileTyping = false } = shortcut;
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.altKey || event.key.toLowerCase() !== key) return;
    if (isInputMethodKey(event)) return;
    if ((event.ctrlKey || event.metaKey) !== withModifier) return;
    // `?` needs Shift on most keyboards; only letters ask for it by name.
    if (withShift !== event.shiftKey && /^[a-z]$/.test(key)) return;
    if (!whileTyping && isTyping(event.target)) return;
    // What is typed is meant for it; only asking for it is no text.
    if (!withModifier && key !== 'm' && isComposerComing()) return;
    if (document.querySelector('[role="dialog"], [role="menu"]') !== null) return;
    event.preventDefault();
    act();
  });
  // Before the browser paints: what is seen can be operated.
  useLayoutEffect(() => {
    if (!enabled) return;
    const listener = (event: KeyboardEvent) => onKeyDown(event);
    addEventListener('keydown', listener);
    return () => removeEventListener('keydown', listener);
  }, [enabled]);
}
