import { toApiError } from '@foundry/client/api-error';
import { useFoundryClient } from '@foundry/client/react/hooks';
import { useState } from 'react';

/** The way to GitHub and back to `next`, a path of this site. */
export function useSignIn(next: string) {
  const { api } = useFoundryClient();
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const signIn = async () => {
    setPending(true);
    setFailure(null);
    try {
      const back = next === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(next)}`;
      const { url } = await api.signIn(next, back);
      location.assign(url);
    } catch (error) {
      setFailure(toApiError(error).message);
      setPending(false);
    }
  };
  return { pending, failure, signIn };
}
