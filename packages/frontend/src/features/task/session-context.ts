import type { SessionAddress } from '@foundry/client/api';
import type { SessionState } from '@foundry/client/reducers/session';
import { createContext, use } from 'react';

interface SessionContextValue extends SessionState {
  at: SessionAddress;
}

export const SessionContext = createContext<SessionContextValue | null>(null);

/** The session whose conversation is shown, live. */
export function useSession(): SessionContextValue {
  const value = use(SessionContext);
  if (value === null) throw new Error('useSession needs SessionView above it');
  return value;
}
