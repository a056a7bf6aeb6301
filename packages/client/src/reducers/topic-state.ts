import { snapshotSchemas } from '@foundry/shared/realtime';
import type { Change, Topic } from '@foundry/shared/topics';
import { applyOrganizationChange, organizationFromSnapshot } from './organization.ts';
import type { OrganizationState } from './organization.ts';
import { applySessionChange, sessionFromSnapshot } from './session.ts';
import type { SessionState } from './session.ts';
import {
  appFromSnapshot,
  applyAppChange,
  applySandboxChange,
  applyTaskChange,
  applyUserChange,
  sandboxFromSnapshot,
  taskFromSnapshot,
  userFromSnapshot,
} from './small-topics.ts';
import type { AppState, SandboxState, TaskPageState, UserState } from './small-topics.ts';

export interface StateByTopic {
  app: AppState;
  user: UserState;
  organization: OrganizationState;
  task: TaskPageState;
  session: SessionState;
  sandbox: SandboxState;
}
export type TopicKind = Topic['kind'];

/** How one kind of topic turns snapshots and changes into what screens read. All functions are pure. */
interface TopicReducer<K extends TopicKind> {
  /** Throws ZodError when the snapshot is not one of this topic. */
  fromSnapshot: (snapshot: unknown, previous: StateByTopic[K] | undefined) => StateByTopic[K];
  applyChange: (state: StateByTopic[K], change: Change) => StateByTopic[K];
}

export const topicReducers: { [K in TopicKind]: TopicReducer<K> } = {
  app: {
    fromSnapshot: (snapshot, previous) => appFromSnapshot(snapshotSchemas.app.parse(snapshot), previous),
    applyChange: applyAppChange,
  },
  user: {
    fromSnapshot: (snapshot, previous) => userFromSnapshot(snapshotSchemas.user.parse(snapshot), previous),
    applyChange: applyUserChange,
  },
  organization: {
    fromSnapshot: (snapshot, previous) =>
      organizationFromSnapshot(snapshotSchemas.organization.parse(snapshot), previous),
    applyChange: applyOrganizationChange,
  },
  task: {
    fromSnapshot: (snapshot) => taskFromSnapshot(snapshotSchemas.task.parse(snapshot)),
    applyChange: applyTaskChange,
  },
  session: {
    fromSnapshot: (snapshot, previous) =>
      sessionFromSnapshot(snapshotSchemas.session.parse(snapshot), previous),
    applyChange: applySessionChange,
  },
  sandbox: {
    fromSnapshot: (snapshot) => sandboxFromSnapshot(snapshotSchemas.sandbox.parse(snapshot)),
    applyChange: applySandboxChange,
  },
};

/** What became of a list of changes: `applied` (some may have been old), a gap before one of them, or a request to reload. */
export type ChangesResult<K extends TopicKind> =
  | { outcome: 'applied'; state: StateByTopic[K] }
  | { outcome: 'gap'; state: StateByTopic[K] }
  | { outcome: 'reload'; state: StateByTopic[K] };

/**
 * Applies, in order, the changes that follow on `sinceVersion`. Versions already seen are dropped; when the state is older
 * than that, something was missed and none is applied.
 */
export function applyChanges<K extends TopicKind>(
  kind: K,
  state: StateByTopic[K],
  { sinceVersion, changes }: { sinceVersion: number; changes: readonly Change[] },
): ChangesResult<K> {
  let next = state;
  for (const change of changes) {
    if (change.version <= next.version) continue;
    if (change.reload === true) return { outcome: 'reload', state: next };
    if (sinceVersion > state.version) return { outcome: 'gap', state: next };
    next = topicReducers[kind].applyChange(next, change);
  }
  return { outcome: 'applied', state: next };
}
