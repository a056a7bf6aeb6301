import { realtimeProtocolVersion } from '@foundry/shared/realtime';
import { createApi } from './api.ts';
import type { Api } from './api.ts';
import { ApiError } from './api-error.ts';
import { Outcomes } from './commands/outcomes.ts';
import { OutgoingMessages } from './commands/outgoing-messages.ts';
import { Realtime } from './realtime/realtime.ts';
import type { RealtimeOptions } from './realtime/realtime.ts';

/** Everything a Foundry user interface needs to talk to its gateway. One per tab. */
export interface FoundryClient {
  api: Api;
  realtime: Realtime;
  outcomes: Outcomes;
  outgoing: OutgoingMessages;
  dispose(): void;
}

export interface FoundryClientOptions {
  /** The gateway's origin, for example `http://127.0.0.1:7741`. */
  origin: string;
  realtime?: Partial<RealtimeOptions>;
}

export function createFoundryClient(options: FoundryClientOptions): FoundryClient {
  const api = createApi({ baseUrl: options.origin });
  const socketOrigin = options.origin.replace(/^http/, 'ws');
  const realtime = new Realtime({
    url: () => `${socketOrigin}/api/v1/realtime?protocol=${realtimeProtocolVersion}`,
    isSignedOut: () => isSignedOut(api),
    ...options.realtime,
  });
  const outcomes = new Outcomes(api, realtime);
  return {
    api,
    realtime,
    outcomes,
    outgoing: new OutgoingMessages(api),
    dispose: () => {
      outcomes.dispose();
      realtime.dispose();
    },
  };
}

async function isSignedOut(api: Api): Promise<boolean> {
  try {
    await api.me();
    return false;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return true;
    throw error;
  }
}
