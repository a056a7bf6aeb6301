import type {
  Member,
  Organization,
  Repository,
  RuntimeIssue,
  SyncProgress,
  TaskSummary,
} from '@foundry/shared/entities';
import type { Change, OrganizationSnapshot, Remove, Upsert } from '@foundry/shared/topics';
import { reconcile, toEntityMap, withEntity, withoutEntity } from './entity-map.ts';
import type { EntityMap } from './entity-map.ts';

export interface OrganizationState {
  version: number;
  organization: Organization;
  sync: SyncProgress;
  repositories: EntityMap<Repository>;
  members: EntityMap<Member>;
  tasks: EntityMap<TaskSummary>;
  /** Of the next page of tasks, or null once all are here. */
  nextCursor: string | null;
  runtimeIssues: EntityMap<RuntimeIssue>;
  /** What the person may do in each repository that they see, by its id. */
  roles: OrganizationSnapshot['roles'];
  /** Tasks that the newest snapshot or its further pages listed; what is not among them is dropped with the last page. */
  listed: ReadonlySet<string>;
  /** Tasks changed or removed since the newest snapshot: a page read over HTTP may be older than those changes. */
  touched: ReadonlySet<string>;
}

const byId = (entity: { id: string }) => entity.id;

export function organizationFromSnapshot(
  snapshot: OrganizationSnapshot,
  previous?: OrganizationState,
): OrganizationState {
  const fresh = toEntityMap(snapshot.tasks, byId);
  const complete = snapshot.nextCursor === null;
  // Until all pages have been read again, tasks of earlier pages stay visible.
  const tasks = complete || previous === undefined ? fresh : new Map([...previous.tasks, ...fresh]);
  return {
    version: snapshot.version,
    organization: snapshot.organization,
    sync: snapshot.sync,
    repositories: reconcile(previous?.repositories, toEntityMap(snapshot.repositories, byId)),
    members: reconcile(
      previous?.members,
      toEntityMap(snapshot.members, (member) => member.githubId),
    ),
    tasks: reconcile(previous?.tasks, tasks),
    nextCursor: snapshot.nextCursor,
    runtimeIssues: reconcile(previous?.runtimeIssues, toEntityMap(snapshot.runtimeIssues, byId)),
    roles: snapshot.roles,
    listed: new Set(fresh.keys()),
    touched: new Set(),
  };
}

export function applyOrganizationChange(state: OrganizationState, change: Change): OrganizationState {
  let next: OrganizationState = { ...state, version: change.version };
  for (const upsert of change.upserts) next = applyUpsert(next, upsert);
  for (const remove of change.removes) next = applyRemove(next, remove);
  return next;
}

function applyUpsert(state: OrganizationState, upsert: Upsert): OrganizationState {
  switch (upsert.type) {
    case 'organization':
      return { ...state, organization: upsert.entity };
    case 'sync':
      return { ...state, sync: upsert.entity };
    case 'repository':
      return { ...state, repositories: withEntity(state.repositories, upsert.entity.id, upsert.entity) };
    case 'repositoryRole':
      return { ...state, roles: { ...state.roles, [upsert.entity.id]: upsert.entity.role } };
    case 'member':
      return { ...state, members: withEntity(state.members, upsert.entity.githubId, upsert.entity) };
    case 'taskSummary':
      return {
        ...state,
        tasks: withEntity(state.tasks, upsert.entity.id, upsert.entity),
        listed: new Set(state.listed).add(upsert.entity.id),
        touched: new Set(state.touched).add(upsert.entity.id),
      };
    case 'runtimeIssue':
      return { ...state, runtimeIssues: withEntity(state.runtimeIssues, upsert.entity.id, upsert.entity) };
    // Entities of other topics.
    case 'profile':
    case 'defaultModel':
    case 'taskState':
    case 'draft':
    case 'task':
    case 'session':
    case 'message':
    case 'item':
    case 'sandbox':
      return state;
  }
}

function applyRemove(state: OrganizationState, remove: Remove): OrganizationState {
  switch (remove.type) {
    case 'repository':
      return { ...state, repositories: withoutEntity(state.repositories, remove.id) };
    case 'member':
      return { ...state, members: withoutEntity(state.members, remove.id) };
    case 'taskSummary':
      return {
        ...state,
        tasks: withoutEntity(state.tasks, remove.id),
        touched: new Set(state.touched).add(remove.id),
      };
    case 'runtimeIssue':
      return { ...state, runtimeIssues: withoutEntity(state.runtimeIssues, remove.id) };
    case 'organization':
    case 'taskState':
    case 'session':
    case 'message':
      return state;
  }
}

/** Adds one further page of tasks, read with `cursor`. A page for another cursor than the awaited one is ignored. */
export function addTaskPage(
  state: OrganizationState,
  cursor: string,
  page: { tasks: readonly TaskSummary[]; nextCursor: string | null },
): OrganizationState {
  if (state.nextCursor !== cursor) return state;
  const tasks = new Map(state.tasks);
  const listed = new Set(state.listed);
  for (const task of page.tasks) {
    if (state.touched.has(task.id)) continue;
    tasks.set(task.id, task);
    listed.add(task.id);
  }
  if (page.nextCursor === null) {
    for (const id of tasks.keys()) if (!listed.has(id)) tasks.delete(id);
  }
  return { ...state, tasks: reconcile(state.tasks, tasks), listed, nextCursor: page.nextCursor };
}
