import { useFoundryClient } from '@foundry/client/react/hooks';
import type { Topic } from '@foundry/shared/topics';

/** A function that asks for a topic again, for "Try again" buttons. */
export function useRealtimeRefresh(topic: Topic | null): () => void {
  const { realtime } = useFoundryClient();
  return () => {
    if (topic !== null) realtime.refresh(topic);
  };
}
