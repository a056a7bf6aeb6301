import { topicKey } from '@foundry/shared/topics';
import type { Topic } from '@foundry/shared/topics';
import { createContext, use, useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import type { SessionAddress } from '../api.ts';
import type { OutgoingMessage } from '../commands/outgoing-messages.ts';
import type { FoundryClient } from '../foundry-client.ts';
import type { TopicKind } from '../reducers/topic-state.ts';
import type { ConnectionState } from '../realtime/connection-state.ts';
import type { TopicOf } from '../realtime/realtime.ts';
import type { TopicView } from '../realtime/topic-entry.ts';

export const FoundryClientContext = createContext<FoundryClient | null>(null);

export function useFoundryClient(): FoundryClient {
  const client = use(FoundryClientContext);
  if (client === null) throw new Error('useFoundryClient needs a FoundryClientContext above it');
  return client;
}

const unknown = { status: 'loading', data: null, error: null } as const;

/**
 * Watches a topic for as long as the component is mounted; null while it is not known yet which. The view is the same
 * object until something changes.
 */
export function useTopic<K extends TopicKind>(topic: TopicOf<K> | null): TopicView<K> {
  const { realtime } = useFoundryClient();
  const watched = useSameTopic(topic);
  const subscribe = useCallback(
    (listener: () => void) => (watched === null ? () => undefined : realtime.subscribe(watched, listener)),
    [realtime, watched],
  );
  return useSyncExternalStore(subscribe, () => (watched === null ? unknown : realtime.view<K>(watched)));
}

/** The first object of equal topics: callers write a new one on every render, and it must not subscribe anew. */
function useSameTopic<T extends Topic>(topic: T | null): T | null {
  const [kept, setKept] = useState(topic);
  const isSame = kept === null || topic === null ? kept === topic : topicKey(kept) === topicKey(topic);
  if (isSame) return kept;
  setKept(topic);
  return topic;
}

export function useConnectionState(): ConnectionState {
  const { realtime } = useFoundryClient();
  const subscribe = useCallback((listener: () => void) => realtime.subscribeConnection(listener), [realtime]);
  return useSyncExternalStore(subscribe, () => realtime.connectionState);
}

/** Messages of this tab that the session does not show yet. */
export function useOutgoingMessages(at: SessionAddress): readonly OutgoingMessage[] {
  const { outgoing } = useFoundryClient();
  const subscribe = useCallback((listener: () => void) => outgoing.subscribe(listener), [outgoing]);
  return useSyncExternalStore(subscribe, () => outgoing.of(at));
}

/** Reconnects at once when the network or the tab comes back, instead of at the end of the current wait. */
export function useWakeOnReturn(): void {
  const { realtime } = useFoundryClient();
  useEffect(() => {
    const wake = () => {
      if (document.visibilityState === 'visible') realtime.wake();
    };
    addEventListener('online', wake);
    document.addEventListener('visibilitychange', wake);
    return () => {
      removeEventListener('online', wake);
      document.removeEventListener('visibilitychange', wake);
    };
  }, [realtime]);
}
