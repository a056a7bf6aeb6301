import type { OrganizationId } from '@foundry/shared/ids';
import type { Api } from '../api.ts';
import { addTaskPage } from '../reducers/organization.ts';
import type { Realtime } from '../realtime/realtime.ts';

const pageSize = 200;

/**
 * Reads the next page of an organization's tasks into its topic. Does nothing when all are there.
 * Throws ApiError. Calling it while a page is under way is harmless: the second answer finds another cursor and is ignored.
 */
export async function loadNextTaskPage(
  api: Api,
  realtime: Realtime,
  organizationId: OrganizationId,
  signal?: AbortSignal,
): Promise<void> {
  const topic = { kind: 'organization', organizationId } as const;
  const cursor = realtime.view<'organization'>(topic).data?.nextCursor;
  if (cursor === null || cursor === undefined) return;
  const page = await api.tasks(organizationId, { cursor, limit: pageSize }, signal);
  realtime.update<'organization'>(topic, (state) => addTaskPage(state, cursor, page));
}
