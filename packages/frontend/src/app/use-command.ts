import type { OutcomeAddress } from '@foundry/client/api';
import { toApiError } from '@foundry/client/api-error';
import type { ApiError } from '@foundry/client/api-error';
import { useFoundryClient } from '@foundry/client/react/hooks';
import { useRef, useState } from 'react';
import { showError } from '../ui/toasts.tsx';

interface Command<A extends unknown[]> {
  /** Sends the command and waits for its outcome; true when it was carried out. Never throws. */
  run: (...input: A) => Promise<boolean>;
  pending: boolean;
  error: ApiError | null;
  clearError: () => void;
}

interface CommandOptions {
  /** Where the outcome can be asked for; null for commands about the signed-in person. */
  at: OutcomeAddress | null;
  /** What did not work, for the message in the corner; null when the caller shows the error itself. */
  failureTitle: string | null;
}

/** A button's command: one at a time, its outcome followed to the end, its failure said in words. */
export function useCommand<A extends unknown[]>(
  send: (...input: A) => Promise<{ commandId: string }>,
  { at, failureTitle }: CommandOptions,
): Command<A> {
  const { outcomes } = useFoundryClient();
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const busy = useRef(false);

  const run = async (...input: A): Promise<boolean> => {
    if (busy.current) return false;
    busy.current = true;
    setPending(true);
    setError(null);
    try {
      const { commandId } = await send(...input);
      await outcomes.settled(commandId, at);
      return true;
    } catch (thrown) {
      const failure = toApiError(thrown);
      setError(failure);
      if (failureTitle !== null) showError(failureTitle, failure.message);
      return false;
    } finally {
      busy.current = false;
      setPending(false);
    }
  };
  return { run, pending, error, clearError: () => setError(null) };
}
