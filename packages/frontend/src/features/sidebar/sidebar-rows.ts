import type { Repository, TaskState, TaskSummary } from '@foundry/shared/entities';

export type SidebarFilter = 'open' | 'mine' | 'active' | 'unread' | 'all';

export type SidebarRow =
  | { kind: 'repository'; key: string; repository: Repository; taskCount: number; collapsed: boolean }
  | { kind: 'task'; key: string; task: TaskSummary; unread: boolean };

interface SidebarInput {
  repositories: ReadonlyMap<string, Repository>;
  tasks: ReadonlyMap<string, TaskSummary>;
  taskStates: ReadonlyMap<string, TaskState>;
  search: string;
  filter: SidebarFilter;
  collapsed: ReadonlySet<string>;
  /** Login of the signed-in person, for `mine`. */
  login: string;
}

/** Unread from the moment a person has seen a task once: what nobody opened is new to everyone and marked for nobody. */
export function isUnread(task: TaskSummary, state: TaskState | undefined): boolean {
  if (state === undefined) return false;
  return state.markedUnread || (state.lastReadVersion > 0 && state.lastReadVersion < task.contentVersion);
}

function isFinished(task: TaskSummary): boolean {
  return task.status.state === 'merged' || task.status.state === 'closed';
}

function matchesFilter(task: TaskSummary, input: SidebarInput): boolean {
  switch (input.filter) {
    case 'all':
      return true;
    case 'open':
      return !isFinished(task);
    case 'mine':
      return (task.primaryUserLogin ?? task.pullRequest?.authorLogin) === input.login && !isFinished(task);
    case 'active':
      return task.activity !== 'idle';
    case 'unread':
      return isUnread(task, input.taskStates.get(task.id));
  }
}

function matchesSearch(
  task: TaskSummary,
  repository: Repository | undefined,
  words: readonly string[],
): boolean {
  if (words.length === 0) return true;
  const number = task.pullRequest === null ? '' : `#${task.pullRequest.number}`;
  const owner = task.primaryUserLogin ?? task.pullRequest?.authorLogin ?? '';
  const text = `${task.title} ${number} ${task.branch} ${owner} ${repository?.name ?? ''}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The sidebar's list: repositories by name, each with its matching tasks, the newest first. */
export function sidebarRows(input: SidebarInput): SidebarRow[] {
  const words = input.search.toLowerCase().split(/\s+/).filter(Boolean);
  const narrowed = words.length > 0 || input.filter !== 'open';
  const byRepository = new Map<string, TaskSummary[]>();
  for (const task of input.tasks.values()) {
    if (!matchesFilter(task, input)) continue;
    if (!matchesSearch(task, input.repositories.get(task.repositoryId), words)) continue;
    const list = byRepository.get(task.repositoryId);
    if (list === undefined) byRepository.set(task.repositoryId, [task]);
    else list.push(task);
  }

  const rows: SidebarRow[] = [];
  const repositories = [...input.repositories.values()].sort((left, right) =>
    left.name.localeCompare(right.name),
  );
  for (const repository of repositories) {
    const tasks = byRepository.get(repository.id) ?? [];
    if (tasks.length === 0 && (narrowed || repository.archived)) continue;
    // A search shows what it found, whatever was folded before.
    const collapsed = words.length === 0 && input.collapsed.has(repository.id);
    rows.push({
      kind: 'repository',
      key: `repository/${repository.id}`,
      repository,
      taskCount: tasks.length,
      collapsed,
    });
    if (collapsed) continue;
    for (const task of tasks.sort((left, right) => right.createdAtMs - left.createdAtMs)) {
      rows.push({ kind: 'task', key: task.id, task, unread: isUnread(task, input.taskStates.get(task.id)) });
    }
  }
  return rows;
}
