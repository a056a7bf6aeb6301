import type { Repository, TaskState, TaskSummary } from '@foundry/shared/entities';
import { describe, expect, test } from 'vitest';
import { pullRequest, repository, summaryOf } from '../../../e2e/fixture/samples.ts';
import { isUnread, sidebarRows } from './sidebar-rows.ts';
import type { SidebarFilter } from './sidebar-rows.ts';

const repositories = [
  repository('11', 'web'),
  repository('12', 'api'),
  repository('13', 'old', { archived: true }),
];
const tasks = [
  summaryOf('11', pullRequest(1, 'Fix the cart'), { createdAtMs: 1 }),
  summaryOf('11', pullRequest(2, 'Faster search'), { createdAtMs: 2, primaryUserLogin: 'grace' }),
  summaryOf('12', pullRequest(3, 'Rate limits'), { createdAtMs: 3, activity: 'working' }),
  summaryOf('12', pullRequest(4, 'Merged one', { state: 'merged' }), { status: { state: 'merged' } }),
];
const taskState = (change: Partial<TaskState>): TaskState => ({
  taskId: 'pr_11_1',
  organizationId: '1',
  activeSessionId: null,
  lastReadVersion: 1,
  markedUnread: false,
  ...change,
});
const mapOf = <T extends Repository | TaskSummary>(entities: readonly T[]) =>
  new Map(entities.map((entity) => [entity.id, entity]));

function keys(
  change: { search?: string; filter?: SidebarFilter; collapsed?: string[]; states?: TaskState[] } = {},
) {
  return sidebarRows({
    repositories: mapOf(repositories),
    tasks: mapOf(tasks),
    taskStates: new Map((change.states ?? []).map((state) => [state.taskId, state])),
    search: change.search ?? '',
    filter: change.filter ?? 'open',
    collapsed: new Set(change.collapsed),
    login: 'grace',
  }).map((row) => row.key);
}

describe('sidebarRows', () => {
  test('lists repositories by name and their open tasks, newest first, without empty archived ones', () => {
    expect(keys()).toEqual(['repository/12', 'pr_12_3', 'repository/11', 'pr_11_2', 'pr_11_1']);
  });
  test('a collapsed repository keeps its row', () => {
    expect(keys({ collapsed: ['11'] })).toEqual(['repository/12', 'pr_12_3', 'repository/11']);
  });
  test('a search looks at title, number, branch, owner and repository, and opens what was collapsed', () => {
    expect(keys({ search: 'cart', collapsed: ['11'] })).toEqual(['repository/11', 'pr_11_1']);
    expect(keys({ search: '#3' })).toEqual(['repository/12', 'pr_12_3']);
    expect(keys({ search: 'web SEARCH' })).toEqual(['repository/11', 'pr_11_2']);
    expect(keys({ search: 'nothing' })).toEqual([]);
  });
  test('filters', () => {
    expect(keys({ filter: 'all' })).toContain('pr_12_4');
    expect(keys({ filter: 'active' })).toEqual(['repository/12', 'pr_12_3']);
    // The owner counts, and the author where nobody owns it yet.
    expect(keys({ filter: 'mine' })).toEqual([
      'repository/12',
      'pr_12_3',
      'repository/11',
      'pr_11_2',
      'pr_11_1',
    ]);
    expect(keys({ filter: 'unread', states: [taskState({ markedUnread: true })] })).toEqual([
      'repository/11',
      'pr_11_1',
    ]);
  });
});

describe('isUnread', () => {
  const task = summaryOf('11', pullRequest(1, 'Fix the cart'), { contentVersion: 3 });
  test('compares what was read with what is there', () => {
    expect(isUnread(task, taskState({ lastReadVersion: 2 }))).toBe(true);
    expect(isUnread(task, taskState({ lastReadVersion: 3 }))).toBe(false);
    expect(isUnread(task, taskState({ lastReadVersion: 3, markedUnread: true }))).toBe(true);
  });
  test('a task never seen is not unread', () => {
    expect(isUnread(task, undefined)).toBe(false);
    expect(isUnread(task, taskState({ lastReadVersion: 0 }))).toBe(false);
  });
});
