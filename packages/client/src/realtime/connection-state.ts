/** The life of the tab's one socket. */
export type ConnectionState =
  /** Nothing is watched, so there is no socket. */
  | { state: 'idle' }
  /**
   * `attempt` counts failures in a row; 0 is the first try. `blocked`: the server answers everything but sockets, so
   * that something on the way must be holding them up.
   */
  | { state: 'connecting'; attempt: number; blocked: boolean }
  | { state: 'open' }
  | { state: 'waiting'; attempt: number; retryAtMs: number; blocked: boolean }
  /** Newer tabs of the same person took its place; it waits until somebody asks for it. */
  | { state: 'displaced' }
  /** For good: signed out, or this page speaks another protocol version than the server. */
  | { state: 'closed'; reason: 'signed_out' | 'protocol_version' | 'disposed' };
