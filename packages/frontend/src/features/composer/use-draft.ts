import type { TaskAddress } from '@foundry/client/api';
import { useFoundryClient } from '@foundry/client/react/hooks';
import { useEffect, useSyncExternalStore } from 'react';
import { useUser } from '../account/use-user.ts';
import { useSaveTaskState } from '../task/use-save-task-state.ts';
import { draftSeen, saveDraft, subscribeDrafts, unseenDraft, writeDraft } from './draft-store.ts';

/** What this person has begun to write on this task; kept on the server, so that it is there on every device. */
export function useDraft(at: TaskAddress): { text: string; setText: (text: string) => void } {
  const { api } = useFoundryClient();
  const { taskId } = at;
  const saved = useUser().taskStates.get(taskId)?.draft ?? '';
  const save = useSaveTaskState(api, at);
  const unseen = useSyncExternalStore(subscribeDrafts, () => unseenDraft(taskId));

  useEffect(() => draftSeen(taskId, saved), [taskId, saved]);
  useEffect(() => {
    const flush = () => saveDraft(taskId);
    addEventListener('pagehide', flush);
    return () => {
      removeEventListener('pagehide', flush);
      flush();
    };
  }, [taskId]);

  return {
    text: unseen ?? saved,
    setText: (text) => writeDraft(taskId, text, (draft) => save({ draft })),
  };
}
