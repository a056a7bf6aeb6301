import { useEffectEvent, useLayoutEffect } from 'react';
import type { RefObject } from 'react';
import { pageId } from '../organization/organization-context.ts';

/** Between asking for a composer, or losing one, and the next one; longer than this and the focus is left where it is. */
const replacementMs = 5_000;

/** The composer on the page; there is one at most. */
let current: HTMLTextAreaElement | null = null;

/** The focus that the next composer gets. */
interface OwedFocus {
  atMs: number;
  /** Had the focus then. If something else has it by now, that is where the person wants to be. */
  from: Element | null;
  taskId: string | null;
  selection: readonly [number, number] | null;
}
let owed: OwedFocus | null = null;
/** Pages on which a composer is about to appear. */
let coming = 0;
/** Typed for a composer that was asked for and is not there yet. */
let typedAhead = '';

/** A composer is about to appear: what is typed is meant for it, and no shortcut. */
export function isComposerComing(): boolean {
  if (current !== null) return false;
  return coming > 0 || isAwaited();
}

/** Asked for on the way to a task. */
function isAwaited(): boolean {
  const isAsked = owed !== null && owed.taskId === null && Date.now() - owed.atMs < replacementMs;
  return isAsked && location.pathname.includes('/tasks/');
}

/** To be used by a page whose composer will come once it knows more. */
export function useComposerComing(isComing: boolean): void {
  useLayoutEffect(() => {
    if (!isComing) return;
    coming += 1;
    return () => {
      coming -= 1;
    };
  }, [isComing]);
}

function typeAhead(event: KeyboardEvent): void {
  if (!isAwaited()) {
    stopTypingAhead();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
  // Keys that write nothing have names.
  event.preventDefault();
  typedAhead += event.key;
}

function stopTypingAhead(): string {
  removeEventListener('keydown', typeAhead, { capture: true });
  const typed = typedAhead;
  typedAhead = '';
  return typed;
}

/** The composer on the page, for what puts the focus there by itself. */
export function currentComposer(): HTMLTextAreaElement | null {
  return current;
}

/** Focuses the composer. Pressed before there is one (its task is still loading), the composer gets the focus once it is there. */
export function focusComposer(): void {
  if (current === null) {
    owed = { atMs: Date.now(), from: document.activeElement, taskId: null, selection: null };
    addEventListener('keydown', typeAhead, { capture: true });
  } else {
    focusText(current);
  }
}

/** A draft is gone on with at its end, unless the caret was put somewhere. */
function focusText(element: HTMLTextAreaElement): void {
  if (element.selectionEnd === 0) element.setSelectionRange(element.value.length, element.value.length);
  element.focus();
}

function giveFocus(element: HTMLTextAreaElement, taskId: string, { from, ...owing }: OwedFocus): void {
  const { activeElement, body } = document;
  const isElsewhere = activeElement !== body && activeElement?.id !== pageId && activeElement !== from;
  if (isElsewhere) return;
  if (owing.taskId !== taskId || owing.selection === null) {
    focusText(element);
    return;
  }
  element.setSelectionRange(...owing.selection);
  element.focus();
}

/** Composers come and go with their pages; focus and caret go along, and what was typed before one was there. */
export function useComposerFocus(
  input: RefObject<HTMLTextAreaElement | null>,
  taskId: string,
  onTypedAhead: (text: string) => void,
): void {
  const takeTypedAhead = useEffectEvent((typed: string) => onTypedAhead(typed));
  useLayoutEffect(() => {
    const element = input.current;
    current = element;
    if (element !== null && owed !== null && Date.now() - owed.atMs < replacementMs) {
      giveFocus(element, taskId, owed);
    }
    owed = null;
    const typed = stopTypingAhead();
    if (typed !== '') takeTypedAhead(typed);
    return () => {
      current = null;
      if (element === null || document.activeElement !== element) return;
      owed = {
        atMs: Date.now(),
        from: element,
        taskId,
        selection: [element.selectionStart, element.selectionEnd],
      };
    };
  }, [input, taskId]);
}
