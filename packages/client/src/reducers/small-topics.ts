import type {
  Draft,
  Organization,
  Sandbox,
  Session,
  Task,
  TaskState,
  UserProfile,
} from '@foundry/shared/entities';
import type {
  AppSnapshot,
  Change,
  SandboxSnapshot,
  TaskSnapshot,
  UserSnapshot,
} from '@foundry/shared/topics';
import { reconcile, toEntityMap, withEntity, withoutEntity } from './entity-map.ts';
import type { EntityMap } from './entity-map.ts';

const byId = (entity: { id: string }) => entity.id;

export interface AppState {
  version: number;
  organizations: EntityMap<Organization>;
}
export function appFromSnapshot(snapshot: AppSnapshot, previous?: AppState): AppState {
  return {
    version: snapshot.version,
    organizations: reconcile(previous?.organizations, toEntityMap(snapshot.organizations, byId)),
  };
}
export function applyAppChange(state: AppState, change: Change): AppState {
  return { version: change.version, organizations: changeOrganizations(state.organizations, change) };
}

function changeOrganizations(
  organizations: EntityMap<Organization>,
  change: Change,
): EntityMap<Organization> {
  let next = organizations;
  for (const upsert of change.upserts) {
    if (upsert.type === 'organization') next = withEntity(next, upsert.entity.id, upsert.entity);
  }
  for (const remove of change.removes) {
    if (remove.type === 'organization') next = withoutEntity(next, remove.id);
  }
  return next;
}

/** A session's id is unique on the whole server; a task without one has a draft of its own. */
export function draftKey({ taskId, sessionId }: Pick<Draft, 'taskId' | 'sessionId'>): string {
  return `${taskId}/${sessionId ?? ''}`;
}

export interface UserState {
  version: number;
  profile: UserProfile;
  organizations: EntityMap<Organization>;
  defaultModelId: string | null;
  /** Why GitHub has not told what this person may see; null when it has. */
  accessProblem: UserSnapshot['accessProblem'];
  /** When it did; null: not yet. */
  accessReadAtMs: number | null;
  /** By task id. */
  taskStates: EntityMap<TaskState>;
  /** By `draftKey`. */
  drafts: EntityMap<Draft>;
}
export function userFromSnapshot(snapshot: UserSnapshot, previous?: UserState): UserState {
  return {
    version: snapshot.version,
    profile: snapshot.profile,
    organizations: reconcile(previous?.organizations, toEntityMap(snapshot.organizations, byId)),
    defaultModelId: snapshot.defaultModelId,
    accessProblem: snapshot.accessProblem,
    accessReadAtMs: snapshot.accessReadAtMs,
    taskStates: reconcile(
      previous?.taskStates,
      toEntityMap(snapshot.taskStates, (taskState) => taskState.taskId),
    ),
    drafts: reconcile(previous?.drafts, toEntityMap(snapshot.drafts, draftKey)),
  };
}
export function applyUserChange(state: UserState, change: Change): UserState {
  const next = {
    ...state,
    version: change.version,
    organizations: changeOrganizations(state.organizations, change),
  };
  for (const upsert of change.upserts) {
    if (upsert.type === 'profile') next.profile = upsert.entity;
    else if (upsert.type === 'defaultModel') next.defaultModelId = upsert.entity.modelId;
    else if (upsert.type === 'taskState') {
      next.taskStates = withEntity(next.taskStates, upsert.entity.taskId, upsert.entity);
    } else if (upsert.type === 'draft') {
      next.drafts =
        upsert.entity.text === ''
          ? withoutEntity(next.drafts, draftKey(upsert.entity))
          : withEntity(next.drafts, draftKey(upsert.entity), upsert.entity);
    }
  }
  for (const remove of change.removes) {
    if (remove.type === 'taskState') next.taskStates = withoutEntity(next.taskStates, remove.id);
  }
  return next;
}

export interface TaskPageState {
  version: number;
  task: Task;
  /** Oldest first, as tabs show them. */
  sessions: readonly Session[];
}
const oldestFirst = (left: Session, right: Session) => left.createdAtMs - right.createdAtMs;
export function taskFromSnapshot(snapshot: TaskSnapshot): TaskPageState {
  return { ...snapshot, sessions: snapshot.sessions.toSorted(oldestFirst) };
}
export function applyTaskChange(state: TaskPageState, change: Change): TaskPageState {
  const next = { ...state, version: change.version };
  for (const upsert of change.upserts) {
    if (upsert.type === 'task') next.task = upsert.entity;
    else if (upsert.type === 'session') {
      const others = next.sessions.filter((session) => session.id !== upsert.entity.id);
      next.sessions = [...others, upsert.entity].toSorted(oldestFirst);
    }
  }
  for (const remove of change.removes) {
    if (remove.type === 'session')
      next.sessions = next.sessions.filter((session) => session.id !== remove.id);
  }
  return next;
}

export interface SandboxState {
  version: number;
  sandbox: Sandbox;
}
export function sandboxFromSnapshot(snapshot: SandboxSnapshot): SandboxState {
  return snapshot;
}
export function applySandboxChange(state: SandboxState, change: Change): SandboxState {
  const next = { ...state, version: change.version };
  for (const upsert of change.upserts) if (upsert.type === 'sandbox') next.sandbox = upsert.entity;
  return next;
}
