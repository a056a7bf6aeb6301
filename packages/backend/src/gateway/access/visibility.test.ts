import type { RuntimeIssue, SyncProgress } from '@foundry/shared/entities';
import { describe, expect, test } from 'vitest';
import {
  mentionsHidden,
  visibleAppChange,
  visibleAuditEntries,
  visibleChange,
  visibleIssue,
  visibleSync,
  type Visibility,
} from './visibility.ts';

const hiddenRepository = { id: '7', name: 'vault', fullName: 'acme/vault' };
const tasks = new Map([
  ['task_visible1', '1'],
  ['task_hidden01', '7'],
]);
const limited: Visibility = {
  sees: (id) => id === '1',
  roleIn: (id) => (id === '1' ? 'write' : undefined),
  hidden: [hiddenRepository],
  repositoryOfTask: (id) => tasks.get(id) ?? /^pr_(\d+)_/.exec(id)?.[1] ?? null,
  taskOfSession: (id) => (id === 'session_known' ? 'task_visible1' : null),
};
const full: Visibility = { ...limited, sees: () => true, hidden: [] };

const issue = (actor: string, message = 'broke'): RuntimeIssue => ({
  id: 'i',
  actor,
  command: null,
  step: null,
  attempt: null,
  message,
  count: 1,
  firstAtMs: 1,
  lastAtMs: 1,
});

describe('changes of an organization', () => {
  const empty = { version: 5, upserts: [], removes: [] };

  test('keep their version when nothing of them is visible', () => {
    const change = { ...empty, removes: [{ type: 'repository' as const, id: '7' }] };
    expect(visibleChange(change, limited)).toEqual(empty);
    expect(visibleChange(change, full)).toEqual(change);
  });

  test('a repository comes with what the person may do in it, and a hidden one not at all', () => {
    const found = (id: string) => ({
      type: 'repository' as const,
      entity: {
        id,
        name: 'shop',
        fullName: 'acme/shop',
        private: false,
        archived: false,
        description: null,
        defaultBranch: 'main',
        htmlUrl: 'https://github.test/acme/shop',
        pushedAtMs: null,
      },
    });
    expect(visibleChange({ ...empty, upserts: [found('1'), found('7')] }, limited)).toEqual({
      ...empty,
      upserts: [found('1'), { type: 'repositoryRole', entity: { id: '1', role: 'write' } }],
    });
  });

  test('a removed task is passed on when its repository is visible, dropped when hidden', () => {
    const removes = (id: string) => ({ ...empty, removes: [{ type: 'taskSummary' as const, id }] });
    expect(visibleChange(removes('pr_1_4'), limited)).toEqual(removes('pr_1_4'));
    expect(visibleChange(removes('pr_7_4'), limited)).toEqual(empty);
  });

  test('a removed task of which nothing is known makes everybody reload instead of telling its id', () => {
    const removes = { ...empty, removes: [{ type: 'taskSummary' as const, id: 'task_unknown1' }] };
    expect(visibleChange(removes, limited)).toEqual({ ...empty, reload: true });
  });
});

describe('runtime issues', () => {
  test.each([
    ['task org/1/task/task_visible1', true],
    ['task org/1/task/task_hidden01', false],
    ['task org/1/task/task_unknown1', false],
    ['task org/1/task/pr_7_1', false],
    ['repository org/1/repo/1', true],
    ['repository org/1/repo/7', false],
    ['taskSession org/1/session/session_known', true],
    ['taskSession org/1/session/session_other', false],
    ['sandboxInstance org/1/sandbox/local/s1', false],
    ['githubData org/1/github', true],
    ['organization org/1', true],
  ])('%s is shown to somebody with a hidden repository: %s', (actor, isShown) => {
    expect(visibleIssue(issue(actor), limited) !== null).toBe(isShown);
    expect(visibleIssue(issue(actor), full)).not.toBeNull();
  });

  test('words that name a hidden repository are replaced', () => {
    const seen = visibleIssue(issue('githubData org/1/github', 'GET /repos/acme/vault/pulls: 502'), limited);
    expect(seen?.message).toBe('The details concern a repository that you cannot see.');
  });
});

test.each([
  ['acme/vault is gone', true],
  ['VAULT: 404', true],
  ['repository 7 failed', true],
  ['pr_7_12', true],
  ['vaulted, 77 and 17 are other words', false],
  ['', false],
])('%j names a hidden repository: %s', (text, isNamed) => {
  expect(mentionsHidden(text, limited)).toBe(isNamed);
  expect(mentionsHidden(text, full)).toBe(false);
});

test('counts of a sync are for those who see all', () => {
  const sync: SyncProgress = {
    state: 'failed',
    phase: 'repositories',
    done: 5,
    total: 6,
    startedAtMs: 1,
    finishedAtMs: 2,
    failure: { code: 'x', message: 'acme/vault: 404', retryable: true },
    retryAtMs: null,
    unread: [],
  };
  expect(visibleSync(sync, full)).toEqual(sync);
  const seen = visibleSync(sync, limited);
  expect(seen).toMatchObject({ done: 0, total: null, state: 'failed' });
  expect(JSON.stringify(seen)).not.toContain('vault');
  expect(visibleSync({ ...sync, phase: 'members' }, limited)).toMatchObject({ done: 5, total: 6 });
});

test('what a sync left out is told to those who see it, and nothing to others, not even the next try', () => {
  const left = (repositoryId: string | null, name: string) => ({ repositoryId, name, message: '500' });
  const sync: SyncProgress = {
    state: 'done',
    phase: null,
    done: 0,
    total: null,
    startedAtMs: 1,
    finishedAtMs: 2,
    failure: null,
    retryAtMs: 9,
    unread: [left('7', 'pull requests of acme/vault'), left('1', 'pull requests of acme/site')],
  };
  expect(visibleSync(sync, full).unread).toHaveLength(2);
  expect(visibleSync(sync, limited)).toMatchObject({ unread: [{ repositoryId: '1' }], retryAtMs: 9 });
  const hidden = visibleSync({ ...sync, unread: [left('7', 'pull requests of acme/vault')] }, limited);
  expect(hidden).toMatchObject({ unread: [], retryAtMs: null });
});

test('audit entries of hidden repositories, of unknown tasks, and such as name one are left out', () => {
  const entry = (id: string, repositoryId: string | null, subject: string, summary = '') => ({
    id,
    sequence: 1,
    atMs: 1,
    action: 'a',
    by: 'b',
    causedBy: null,
    subject,
    summary,
    repositoryId,
  });
  const entries = [
    entry('1', '1', 'task_visible1'),
    entry('2', '7', 'task_hidden01'),
    entry('3', null, 'task_hidden01'),
    entry('4', null, 'task_unknown1'),
    entry('5', null, 'sync', 'Read acme/vault'),
    entry('6', null, 'sync', 'Read everything'),
  ];
  expect(visibleAuditEntries(entries, limited).map(({ id }) => id)).toEqual(['1', '6']);
  expect(visibleAuditEntries(entries, full)).toHaveLength(6);
});

test('the directory shows a person only their own organizations', () => {
  const organization = (id: string) => ({
    type: 'organization' as const,
    entity: { id, login: id, kind: 'organization' as const, name: null, avatarUrl: null, installation: null },
  });
  const change = {
    version: 2,
    upserts: [organization('1'), organization('2')],
    removes: [{ type: 'organization' as const, id: '2' }],
  };
  expect(visibleAppChange(change, new Set(['1']))).toEqual({
    version: 2,
    upserts: [organization('1')],
    removes: [],
  });
});
