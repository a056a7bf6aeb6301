import type { Api, TaskAddress } from '@foundry/client/api';
import { toApiError } from '@foundry/client/api-error';
import { useFoundryClient } from '@foundry/client/react/hooks';
import { draftKey } from '@foundry/client/reducers/small-topics';
import type { Draft } from '@foundry/shared/entities';
import { maxTextSizeBytes } from '@foundry/shared/requests';
import { textSizeBytes } from '@foundry/shared/text-size';
import { createContext, use, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { showError } from '../../ui/toasts.tsx';
import { useUser } from '../account/use-user.ts';
import {
  chooseDraft,
  draftSeen,
  keyOf,
  moveDraft,
  restoreDrafts,
  saveDraft,
  subscribeDrafts,
  unseenDraft,
  writeDraft,
} from './draft-store.ts';
import type { SaveDraft } from './draft-store.ts';

/** The session that is shown: null when the task has none, undefined while that is not known. */
export const ShownSessionContext = createContext<string | null | undefined>(undefined);

interface UsedDraft {
  text: string;
  setText: (text: string) => void;
  /** What another page of this person wrote meanwhile; until they have chosen, neither replaces the other. */
  theirs: Draft | null;
  choose: (which: 'mine' | 'theirs') => void;
}

function useSaveDraft(): SaveDraft {
  const { api } = useFoundryClient();
  return useMemo(() => saveWith(api), [api]);
}

function saveWith(api: Api): SaveDraft {
  return async ({ organizationId, taskId }, request) => {
    // Stays in this browser until it is shorter; the composer says so.
    if (textSizeBytes(request.text) > maxTextSizeBytes) return 'refused';
    try {
      return await api.setDraft({ organizationId, taskId }, request);
    } catch (error) {
      const failure = toApiError(error);
      // Signed out, or the server is away: the page says so already, and this browser keeps the text.
      if (failure.outcomeUnknown || failure.status === 401 || failure.status === 429) return 'later';
      showError('Your draft was not saved', `${failure.message} It is kept in this browser.`);
      return 'refused';
    }
  };
}

/** What this person has begun to write to the shown session; kept on the server, so that it is there on every device. */
export function useDraft(at: TaskAddress, { hold = false } = {}): UsedDraft {
  const { organizationId, taskId } = at;
  const { profile, drafts } = useUser();
  const userId = profile.id;
  const save = useSaveDraft();
  const shown = use(ShownSessionContext);
  const [sessionId, setSessionId] = useState(shown);
  const placeOf = (session: typeof shown) => ({ userId, organizationId, taskId, sessionId: session });
  const savedOf = (session: typeof shown) =>
    session === undefined ? undefined : drafts.get(draftKey({ taskId, sessionId: session }));
  // While its text is being sent it stays where it is.
  if (shown !== sessionId && !hold) {
    if (typeof sessionId !== 'string' && shown !== undefined)
      moveDraft(
        { place: placeOf(sessionId), shown: savedOf(sessionId) },
        { place: placeOf(shown), shown: savedOf(shown) },
        save,
      );
    setSessionId(shown);
  }
  const key = keyOf(placeOf(sessionId));
  const saved = savedOf(sessionId);
  const unseen = useSyncExternalStore(subscribeDrafts, () => unseenDraft(key));

  useEffect(() => {
    if (unseen !== undefined) draftSeen(key, saved);
  }, [key, saved, unseen]);
  useEffect(() => {
    const flush = () => saveDraft(key, save);
    addEventListener('pagehide', flush);
    return () => {
      removeEventListener('pagehide', flush);
      flush();
    };
  }, [key, save]);

  return {
    text: unseen?.text ?? saved?.text ?? '',
    setText: (text) => writeDraft(placeOf(sessionId), text, saved, save),
    theirs: unseen?.theirs ?? null,
    choose: (which) => chooseDraft(key, which, save),
  };
}

/** Saves what an earlier page of this person had no time to save, such as before their session ended. */
export function useRestoredDrafts(): void {
  const { profile } = useUser();
  const save = useSaveDraft();
  useEffect(() => restoreDrafts(profile.id, save), [profile.id, save]);
}
