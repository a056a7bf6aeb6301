import { toApiError } from '@foundry/client/api-error';
import type { ApiError } from '@foundry/client/api-error';
import { loadNextTaskPage } from '@foundry/client/commands/task-pages';
import { useFoundryClient } from '@foundry/client/react/hooks';
import type { OrganizationState } from '@foundry/client/reducers/organization';
import { useEffect, useState } from 'react';

export interface TaskPages {
  loading: boolean;
  error: ApiError | null;
  retry: () => void;
}

/** Reads page after page until all tasks are here, so that the sidebar can search them without asking the server. */
export function useAllTaskPages(organizationId: string, organization: OrganizationState | null): TaskPages {
  const { api, realtime } = useFoundryClient();
  const [failure, setFailure] = useState<{ cursor: string; error: ApiError } | null>(null);
  const cursor = organization?.nextCursor ?? null;
  const failed = failure !== null && failure.cursor === cursor;

  useEffect(() => {
    if (cursor === null || failed) return;
    const abort = new AbortController();
    const load = async () => {
      try {
        await loadNextTaskPage(api, realtime, organizationId, abort.signal);
      } catch (error) {
        if (!abort.signal.aborted) setFailure({ cursor, error: toApiError(error) });
      }
    };
    void load();
    return () => abort.abort();
  }, [api, realtime, organizationId, cursor, failed]);

  return {
    loading: cursor !== null && !failed,
    error: failed ? failure.error : null,
    retry: () => setFailure(null),
  };
}
