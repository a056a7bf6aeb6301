/** The life of the tab's one socket. */
export type ConnectionState =
  /** Nothing is watched, so there is no socket. */
  | { state: 'idle' }
  /** `attempt` counts failures in a row; 0 is the first try. */
  | { state: 'connecting'; attempt: number }
  | { state: 'open' }
  | { state: 'waiting'; attempt: number; retryAtMs: number }
  /** For good: signed out, or this page speaks another protocol version than the server. */
  | { state: 'closed'; reason: 'signed_out' | 'protocol_version' | 'disposed' };
