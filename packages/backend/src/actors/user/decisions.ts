import type { Organization, TaskState } from '@foundry/shared/entities';
import type { SetTaskStateRequest } from '@foundry/shared/requests';

/** The fields that a request gives replace those that are there; reading a task clears "marked unread". */
export function mergeTaskState(
  before: TaskState | null,
  ids: { taskId: string; organizationId: string },
  request: Omit<SetTaskStateRequest, 'commandId'>,
): TaskState {
  const base: TaskState = before ?? {
    ...ids,
    activeSessionId: null,
    lastReadVersion: 0,
    markedUnread: false,
    draft: '',
  };
  return {
    ...base,
    organizationId: ids.organizationId,
    activeSessionId: request.activeSessionId === undefined ? base.activeSessionId : request.activeSessionId,
    // Two tabs may report what they read in any order.
    lastReadVersion: Math.max(base.lastReadVersion, request.lastReadVersion ?? 0),
    markedUnread: request.markedUnread ?? (request.lastReadVersion === undefined ? base.markedUnread : false),
    draft: request.draft ?? base.draft,
  };
}

/** What the snapshot must be told when the accounts a person sees have changed. */
export function organizationChanges(
  before: readonly Organization[],
  after: readonly Organization[],
): { upserted: Organization[]; removedIds: string[] } {
  const textById = new Map(before.map((organization) => [organization.id, JSON.stringify(organization)]));
  const ids = new Set(after.map(({ id }) => id));
  return {
    upserted: after.filter((organization) => textById.get(organization.id) !== JSON.stringify(organization)),
    removedIds: before.map(({ id }) => id).filter((id) => !ids.has(id)),
  };
}
