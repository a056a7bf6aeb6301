import { atLeast, type RepositoryRole } from '@foundry/shared/roles';
import type { Draft, Organization, TaskState } from '@foundry/shared/entities';
import type { SetDraftRequest, SetTaskStateRequest } from '@foundry/shared/requests';

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
  };
  return {
    ...base,
    organizationId: ids.organizationId,
    activeSessionId: request.activeSessionId === undefined ? base.activeSessionId : request.activeSessionId,
    // Two tabs may report what they read in any order.
    lastReadVersion: Math.max(base.lastReadVersion, request.lastReadVersion ?? 0),
    markedUnread: request.markedUnread ?? (request.lastReadVersion === undefined ? base.markedUnread : false),
  };
}

/**
 * What becomes of a draft. Null: what is there stays, because another page wrote it since this one last saw it, and
 * nobody has looked at both. A page's own save may come twice, or its answer may have been lost.
 */
export function nextDraft(
  before: Draft | null,
  ids: { taskId: string; organizationId: string },
  { sessionId, text, basedOnMs, writer }: Omit<SetDraftRequest, 'commandId'>,
  nowMs: number,
): Draft | null {
  const isNews = before !== null && before.writer !== writer && before.savedAtMs !== basedOnMs;
  if (isNews && before.text !== text) return null;
  return { ...ids, sessionId, text, writer, savedAtMs: Math.max(nowMs, (before?.savedAtMs ?? 0) + 1) };
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

interface RepositoryAccess {
  readonly id: string;
  readonly organizationId: string;
  readonly role: RepositoryRole;
}

/** Of `before`, the repositories in which the person could work and, by `roles`, no longer can; by organization. */
export function lostWork(
  before: readonly RepositoryAccess[],
  roles: ReadonlyMap<string, RepositoryRole>,
): Map<string, string[]> {
  const lost = new Map<string, string[]>();
  for (const { id, organizationId, role } of before) {
    if (!atLeast(role, 'write') || atLeast(roles.get(id), 'write')) continue;
    lost.set(organizationId, [...(lost.get(organizationId) ?? []), id]);
  }
  return lost;
}

/** Whether two readings of a person's repositories are the same. */
export function isSameAccess(
  before: readonly RepositoryAccess[],
  after: readonly RepositoryAccess[],
): boolean {
  const text = ({ id, organizationId, role }: RepositoryAccess): string => `${id} ${organizationId} ${role}`;
  const known = new Set(before.map(text));
  return known.size === new Set(after.map(text)).size && after.every((one) => known.has(text(one)));
}
