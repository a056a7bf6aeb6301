import { useFoundryClient } from '@foundry/client/react/hooks';
import { useEffect } from 'react';
import { useUser } from '../account/use-user.ts';
import { useSaveTaskState } from './use-save-task-state.ts';
import { useTask } from './task-context.ts';

/** Tells the server what this person has seen of the task, whenever there is something new and the page is in view. */
export function useMarkAsRead(): void {
  const { task, at } = useTask();
  const { api } = useFoundryClient();
  const state = useUser().taskStates.get(task.id);
  const save = useSaveTaskState(api, at);
  const version = task.contentVersion;
  const isNews = state === undefined || state.markedUnread || state.lastReadVersion < version;
  useEffect(() => {
    if (!isNews) return;
    const read = () => {
      if (document.visibilityState === 'visible')
        void save({ lastReadVersion: version, markedUnread: false });
    };
    read();
    document.addEventListener('visibilitychange', read);
    return () => document.removeEventListener('visibilitychange', read);
  }, [isNews, version, save]);
}
