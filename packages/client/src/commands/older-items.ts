import type { Api, SessionAddress } from '../api.ts';
import { addOlderItems } from '../reducers/session.ts';
import type { Realtime } from '../realtime/realtime.ts';

const pageSize = 100;

/** Reads the page before the oldest loaded transcript item into the session's topic. Throws ApiError. */
export async function loadOlderItems(api: Api, realtime: Realtime, at: SessionAddress): Promise<void> {
  const topic = { kind: 'session', ...at } as const;
  const before = realtime.view<'session'>(topic).data?.olderCursor;
  if (before === null || before === undefined) return;
  const page = await api.transcript(at, { before, limit: pageSize });
  realtime.update<'session'>(topic, (state) =>
    state.olderCursor === before ? addOlderItems(state, page) : state,
  );
}
