import { useLayoutEffect } from 'react';
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

/** The composer on the page, for what puts the focus there by itself. */
export function currentComposer(): HTMLTextAreaElement | null {
  return current;
}

/** Focuses the composer. Pressed before there is one (its task is still loading), the composer gets the focus once it is there. */
export function focusComposer(): void {
  if (current === null) {
    owed = { atMs: Date.now(), from: document.activeElement, taskId: null, selection: null };
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

/** Composers are replaced while a task and its session are loaded or made; focus and caret go along. */
export function useComposerFocus(input: RefObject<HTMLTextAreaElement | null>, taskId: string): void {
  useLayoutEffect(() => {
    const element = input.current;
    current = element;
    if (element !== null && owed !== null && Date.now() - owed.atMs < replacementMs) {
      giveFocus(element, taskId, owed);
    }
    owed = null;
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
