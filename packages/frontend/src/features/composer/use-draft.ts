import { useFoundryClient } from '@foundry/client/react/hooks';
import { useEffect, useRef, useState } from 'react';
import { useUser } from '../account/use-user.ts';
import { useTask } from '../task/task-context.ts';
import { useSaveTaskState } from '../task/use-save-task-state.ts';

/** Pause in typing after which the draft is saved, in milliseconds. */
const saveDelayMs = 800;

/** By task: what this page has written and the server has not shown back yet. A composer that is replaced begins with it. */
const unseenDrafts = new Map<string, string>();

interface Draft {
  text: string;
  setText: (text: string) => void;
}

/** What this person has begun to write on this task; kept on the server, so that it is there on every device. */
export function useDraft(): Draft {
  const { at } = useTask();
  const { api } = useFoundryClient();
  const saved = useUser().taskStates.get(at.taskId)?.draft ?? '';
  const save = useSaveTaskState(api, at);
  const [text, setText] = useState(unseenDrafts.get(at.taskId) ?? saved);
  const unsaved = useRef<string | null>(null);

  useEffect(() => {
    if (unseenDrafts.get(at.taskId) === saved) unseenDrafts.delete(at.taskId);
  }, [at.taskId, saved]);

  useEffect(() => {
    const flush = () => {
      const draft = unsaved.current;
      unsaved.current = null;
      if (draft !== null) void save({ draft });
    };
    addEventListener('pagehide', flush);
    return () => {
      removeEventListener('pagehide', flush);
      flush();
    };
  }, [save]);

  useEffect(() => {
    if (unsaved.current === null) return;
    const timer = setTimeout(() => {
      unsaved.current = null;
      void save({ draft: text });
    }, saveDelayMs);
    return () => clearTimeout(timer);
  }, [text, save]);

  return {
    text,
    setText: (next) => {
      unsaved.current = next;
      unseenDrafts.set(at.taskId, next);
      setText(next);
    },
  };
}
