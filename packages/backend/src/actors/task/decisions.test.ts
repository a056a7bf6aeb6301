import type { PullRequest, Session, TaskStatus } from '@foundry/shared/entities';
import { describe, expect, test } from 'vitest';
import {
  activityOf,
  decideOutsidePush,
  decideTurn,
  eventOfPullRequest,
  isNews,
  nextStatus,
  noChanges,
  refuseEmptyPublish,
  refuseProvision,
  refusePublish,
  type StatusEvent,
} from './decisions.ts';

const failure = { code: 'clone_failed', message: 'fatal: no', retryable: true };
const statuses: { readonly [state in TaskStatus['state']]: TaskStatus } = {
  virtual: { state: 'virtual' },
  dormant: { state: 'dormant' },
  pending: { state: 'pending' },
  provisioning: { state: 'provisioning', phase: 'cloning', message: null },
  ready: { state: 'ready' },
  failed: { state: 'failed', phase: 'cloning', failure },
  merged: { state: 'merged' },
  closed: { state: 'closed' },
};
const events: { readonly [type in StatusEvent['type']]: StatusEvent } = {
  provision: { type: 'provision' },
  progress: { type: 'progress', phase: 'starting_agent', message: 'soon' },
  ready: { type: 'ready' },
  failed: { type: 'failed', phase: 'cloning', failure },
  workspace_lost: { type: 'workspace_lost' },
  merged: { type: 'merged' },
  closed: { type: 'closed' },
  reopened: { type: 'reopened' },
};

describe('nextStatus', () => {
  test('every state with every event', () => {
    const table = Object.fromEntries(
      Object.entries(statuses).map(([from, status]) => [
        from,
        Object.fromEntries(
          Object.entries(events).flatMap(([type, event]) => {
            const next = nextStatus(status, event);
            return next === null ? [] : [[type, next.state]];
          }),
        ),
      ]),
    );
    const ends = { merged: 'merged', closed: 'closed' };
    expect(table).toEqual({
      virtual: ends,
      dormant: { provision: 'provisioning', ...ends },
      pending: { provision: 'provisioning', ...ends },
      provisioning: {
        progress: 'provisioning',
        ready: 'ready',
        failed: 'failed',
        workspace_lost: 'dormant',
        ...ends,
      },
      ready: { workspace_lost: 'dormant', ...ends },
      failed: { provision: 'provisioning', ...ends },
      merged: {},
      closed: { merged: 'merged', reopened: 'dormant' },
    });
  });

  test('a failure keeps its phase and its words', () => {
    expect(nextStatus(statuses.provisioning, events.failed)).toEqual(statuses.failed);
    expect(nextStatus(statuses.provisioning, events.progress)).toEqual({
      state: 'provisioning',
      phase: 'starting_agent',
      message: 'soon',
    });
  });
});

describe('decideTurn', () => {
  const queued = [
    { messageId: 'one', state: 'queued' as const },
    { messageId: 'two', state: 'queued' as const },
  ];
  const asked = { asked: true };

  test('[R12] grants the oldest when nothing runs, and waits while something does', () => {
    expect(decideTurn(statuses.ready, queued, asked)).toEqual({ action: 'grant', messageId: 'one' });
    const running = { messageId: 'zero', state: 'running' as const };
    expect(decideTurn(statuses.ready, [running, ...queued], asked)).toEqual({ action: 'wait' });
    const granting = { messageId: 'zero', state: 'granting' as const };
    expect(decideTurn(statuses.ready, [granting, ...queued], asked)).toEqual({ action: 'wait' });
    expect(decideTurn(statuses.ready, [running], asked)).toEqual({ action: 'wait' });
  });

  test('makes the workspace first, once', () => {
    expect(decideTurn(statuses.dormant, queued, { asked: false })).toEqual({ action: 'provision' });
    expect(decideTurn(statuses.provisioning, queued, asked)).toEqual({ action: 'wait' });
  });

  test('tries a failed workspace again only when somebody asks', () => {
    expect(decideTurn(statuses.failed, queued, asked)).toEqual({ action: 'provision' });
    expect(decideTurn(statuses.failed, queued, { asked: false })).toEqual({ action: 'wait' });
  });

  test('a workspace that can never be made is not tried again, by nobody', () => {
    const hopeless: TaskStatus = {
      state: 'failed',
      phase: 'cloning',
      failure: { ...failure, retryable: false },
    };
    const turns = [{ messageId: 'm1', state: 'queued' as const }];
    expect(decideTurn(hopeless, turns, { asked: true })).toMatchObject({ action: 'refuse' });
    expect(refuseProvision(hopeless)).toMatchObject({ code: 'clone_failed', retryable: false });
    expect(refuseProvision(statuses.failed)).toBeNull();
  });

  test('refuses what can never run', () => {
    expect(decideTurn(statuses.merged, queued, asked)).toMatchObject({
      action: 'refuse',
      failure: { code: 'task_merged', retryable: false },
    });
    expect(decideTurn(statuses.closed, queued, asked)).toMatchObject({
      action: 'refuse',
      failure: { code: 'task_closed', retryable: true },
    });
    expect(decideTurn(statuses.merged, [], asked)).toEqual({ action: 'wait' });
  });
});

const pullRequest: PullRequest = {
  number: 1,
  title: 'Title',
  state: 'open',
  draft: false,
  htmlUrl: 'https://github.test/acme/shop/pull/1',
  headSha: 'a',
  baseBranch: 'main',
  authorLogin: 'ada',
  authorAvatarUrl: null,
  fromFork: false,
  reviewDecision: 'none',
  mergeable: 'clean',
  checks: { state: 'none', total: 0, failed: 0 },
  updatedAtMs: 1,
};

describe('publishing', () => {
  const facts = {
    status: statuses.ready,
    turns: [],
    publish: { state: 'never' as const },
    pullRequest: null,
    hasOwner: true,
  };
  const running = [{ messageId: 'one', state: 'running' as const }];

  test('is refused with a reason, and else allowed', () => {
    expect(refusePublish(facts)).toBeNull();
    expect(refusePublish({ ...facts, pullRequest })).toBeNull();
    expect(refusePublish({ ...facts, turns: [{ messageId: 'one', state: 'queued' }] })).toBeNull();
    const codes = [
      refusePublish({ ...facts, status: statuses.dormant }),
      refusePublish({ ...facts, status: statuses.merged }),
      refusePublish({ ...facts, pullRequest: { ...pullRequest, fromFork: true } }),
      refusePublish({ ...facts, hasOwner: false }),
      refusePublish({ ...facts, turns: running }),
      refusePublish({ ...facts, publish: { state: 'running', step: 'pushing', startedAtMs: 1 } }),
    ].map((refusal) => refusal?.code);
    expect(codes).toEqual([
      'workspace_not_ready',
      'task_merged',
      'fork_pull_request',
      'task_without_owner',
      'turn_running',
      'publish_running',
    ]);
  });

  test('needs a change, unless there is a pull request whose text may be updated', () => {
    const unchanged = { ...noChanges, headSha: 'a', mergeBaseSha: 'a' };
    expect(refuseEmptyPublish(unchanged, null, null)?.code).toBe('nothing_to_publish');
    expect(refuseEmptyPublish(unchanged, pullRequest, null)).toBeNull();
    const commit = { paths: ['a'], message: 'A' };
    expect(refuseEmptyPublish({ ...unchanged, uncommittedFiles: 1 }, null, commit)).toBeNull();
    expect(refuseEmptyPublish({ ...unchanged, uncommittedFiles: 1 }, null, null)?.message).toMatch(
      /none of the uncommitted files/,
    );
    expect(refuseEmptyPublish({ ...unchanged, headSha: 'b' }, null, null)).toBeNull();
  });
});

describe('what GitHub says', () => {
  test('merged and closed end the task; reopening means something for closed ones only', () => {
    expect(eventOfPullRequest(statuses.ready, pullRequest)).toBeNull();
    expect(eventOfPullRequest(statuses.closed, pullRequest)).toEqual({ type: 'reopened' });
    expect(eventOfPullRequest(statuses.ready, { ...pullRequest, state: 'merged' })).toEqual({
      type: 'merged',
    });
    expect(refuseProvision(statuses.closed)?.code).toBe('task_closed');
    expect(refuseProvision(statuses.failed)).toBeNull();
  });

  test('only changes that people care for are news', () => {
    expect(isNews(pullRequest, { ...pullRequest, updatedAtMs: 9 })).toBe(false);
    expect(isNews(pullRequest, { ...pullRequest, headSha: 'b' })).toBe(true);
    expect(isNews(null, pullRequest)).toBe(true);
  });

  test('a conflict is news when it comes, not while it lasts and not when it goes', () => {
    const of = (mergeable: PullRequest['mergeable']): PullRequest => ({ ...pullRequest, mergeable });
    expect(isNews(of('clean'), of('conflicting'))).toBe(true);
    expect(isNews(of('unknown'), of('conflicting'))).toBe(true);
    expect(isNews(of('conflicting'), { ...of('conflicting'), title: 'Other words' })).toBe(false);
    expect(isNews(of('conflicting'), of('clean'))).toBe(false);
    expect(isNews(of('clean'), of('unknown'))).toBe(false);
  });

  test('a push from outside is taken over, after the running turn if there is one', () => {
    const changes = { ...noChanges, headSha: 'a' };
    const facts = { status: statuses.ready, turns: [], changes, headSha: 'b' };
    expect(decideOutsidePush(facts)).toBe('pull');
    expect(decideOutsidePush({ ...facts, headSha: 'a' })).toBe('nothing');
    expect(decideOutsidePush({ ...facts, status: statuses.dormant })).toBe('nothing');
    expect(decideOutsidePush({ ...facts, turns: [{ messageId: 'one', state: 'running' }] })).toBe(
      'pull_after_turn',
    );
  });
});

test('a waiting permission request counts more than a running turn', () => {
  const session: Session = {
    id: 'session_12345678',
    taskId: 'task_12345678',
    title: 'Session 1',
    agent: 'mock',
    modelId: null,
    models: [],
    status: 'working',
    createdAtMs: 1,
    updatedAtMs: 1,
  };
  const running = [{ messageId: 'one', state: 'running' as const }];
  expect(activityOf([session], running)).toBe('working');
  expect(activityOf([session, { ...session, status: 'waiting_for_permission' }], running)).toBe(
    'waiting_for_permission',
  );
  expect(activityOf([session], [])).toBe('idle');
});
