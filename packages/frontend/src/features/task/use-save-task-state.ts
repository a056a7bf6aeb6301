import type { Api, TaskAddress } from '@foundry/client/api';
import { toApiError } from '@foundry/client/api-error';
import type { SetTaskStateRequest } from '@foundry/shared/requests';
import { useCallback } from 'react';
import { showError } from '../../ui/toasts.tsx';

/** Saves this person's view of a task (draft, what was read, which session). Resolves to whether it was saved; never throws. */
export function useSaveTaskState(api: Api, { organizationId, taskId }: TaskAddress) {
  return useCallback(
    async (change: SetTaskStateRequest): Promise<boolean> => {
      try {
        await api.setTaskState({ organizationId, taskId }, change);
        return true;
      } catch (error) {
        const failure = toApiError(error);
        // While the server is away the page says so already, and the next change carries this one with it.
        if (!failure.outcomeUnknown) showError('Your view of this task was not saved', failure.message);
        return false;
      }
    },
    [api, organizationId, taskId],
  );
}
