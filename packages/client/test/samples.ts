import type { Message, Organization, Session, SyncProgress, TaskSummary } from '@foundry/shared/entities';
import type { OrganizationSnapshot, SessionSnapshot } from '@foundry/shared/topics';
import type { TranscriptItem } from '@foundry/shared/transcript';

export const organization: Organization = {
  id: '42',
  login: 'acme',
  kind: 'organization',
  name: 'Acme',
  avatarUrl: null,
  installation: { id: '1', status: 'active' },
};

const sync: SyncProgress = {
  state: 'done',
  phase: null,
  done: 0,
  total: null,
  startedAtMs: 1,
  finishedAtMs: 2,
  failure: null,
  retryAtMs: null,
  unread: [],
};

export function task(number: number, change: Partial<TaskSummary> = {}): TaskSummary {
  return {
    id: `pr_7_${number}`,
    repositoryId: '7',
    title: `Task ${number}`,
    branch: `branch-${number}`,
    baseBranch: 'main',
    source: 'pull_request',
    status: { state: 'virtual' },
    pullRequest: null,
    activity: 'idle',
    primaryUserLogin: null,
    primaryUserAvatarUrl: null,
    contentVersion: 1,
    createdAtMs: 1_000 + number,
    updatedAtMs: 1_000 + number,
    ...change,
  };
}

export function organizationSnapshot(change: Partial<OrganizationSnapshot> = {}): OrganizationSnapshot {
  return {
    version: 10,
    organization,
    sync,
    repositories: [],
    members: [],
    tasks: [task(1), task(2)],
    nextCursor: null,
    roles: {},
    runtimeIssues: [],
    ...change,
  };
}

export const session: Session = {
  id: 'session_00000001',
  taskId: 'pr_7_1',
  title: 'Session 1',
  agent: 'demo',
  modelId: null,
  models: [],
  status: 'idle',
  createdAtMs: 1,
  updatedAtMs: 1,
};

export function item(sequence: number, text = `text ${sequence}`): TranscriptItem {
  return { sequence, atMs: sequence, messageId: null, body: { kind: 'agent_text', text } };
}

export function message(id: string, change: Partial<Message> = {}): Message {
  return {
    id,
    sessionId: session.id,
    text: 'hello',
    author: { userId: 'user-1', login: 'ada', avatarUrl: null },
    state: 'accepted',
    attempt: 1,
    position: 1,
    failure: null,
    acceptedAtMs: 1,
    deliveredAtMs: null,
    workingAtMs: null,
    finishedAtMs: null,
    ...change,
  };
}

export function sessionSnapshot(change: Partial<SessionSnapshot> = {}): SessionSnapshot {
  return {
    version: 5,
    session,
    messages: [],
    items: [item(11), item(12)],
    olderCursor: 11,
    ...change,
  };
}
