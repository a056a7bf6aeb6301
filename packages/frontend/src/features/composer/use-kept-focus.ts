import { useLayoutEffect } from 'react';
import type { RefObject } from 'react';
import { useTask } from '../task/task-context.ts';

/** A composer may be replaced while a session is made and loaded; longer than this and the focus is not given back. */
const replacementMs = 5_000;

/** Where a composer with the focus was taken away last. */
let lost: { taskId: string; atMs: number } | null = null;

/** When a task's composer is replaced by another one of the same task, the focus goes along. */
export function useKeptFocus(input: RefObject<HTMLTextAreaElement | null>): void {
  const { taskId } = useTask().at;
  useLayoutEffect(() => {
    const element = input.current;
    if (lost?.taskId === taskId && Date.now() - lost.atMs < replacementMs) {
      if (document.activeElement === document.body) element?.focus();
    }
    lost = null;
    return () => {
      if (document.activeElement === element) lost = { taskId, atMs: Date.now() };
    };
  }, [input, taskId]);
}
