import type { PullRequestCore, Repository, Task, TaskSummary } from '@foundry/shared/entities';
import { expect, vi } from 'vitest';
import { facts, newSession } from './stand-ins.ts';

/** Ids of the seeded world; new in every test file, because an engine keeps its actors. */
export const ids = (() => {
  const base = 1_000_000 + Math.floor(Math.random() * 1e9);
  const [open, hidden] = [String(base + 1), String(base + 2)];
  const [openTask, hiddenTask, virtualTask] = [`pr_${open}_1`, `pr_${hidden}_1`, `pr_${open}_2`];
  return {
    organization: String(base),
    otherOrganization: String(base + 3),
    open,
    hidden,
    openTask,
    hiddenTask,
    virtualTask,
    openSession: `session_${openTask}_00000000000000aa`,
    hiddenSession: `session_${hiddenTask}_00000000000000bb`,
  };
})();

function repository(id: string, name: string): Repository {
  return {
    id,
    name,
    fullName: `acme/${name}`,
    private: name === 'vault',
    archived: false,
    description: null,
    defaultBranch: 'main',
    htmlUrl: `https://github.example.com/acme/${name}`,
    pushedAtMs: 1,
  };
}

function pullRequest(number: number): PullRequestCore {
  return {
    number,
    title: `Pull request ${number}`,
    state: 'open',
    draft: false,
    htmlUrl: 'https://github.example.com/pull',
    headSha: `sha${number}`,
    baseBranch: 'main',
    authorLogin: 'ada',
    authorAvatarUrl: null,
    fromFork: false,
    updatedAtMs: number,
  };
}

export function pullRequestOf(repositoryId: string, number: number, title?: string) {
  const base = { ...pullRequest(number), checks: null, reviewDecision: null };
  return {
    repositoryId,
    branch: `branch-${number}`,
    pullRequest: title === undefined ? base : { ...base, title },
  };
}

/**
 * The organization with its two repositories and three pull requests, of which two are opened as tasks.
 * @param tell hands a command to the organization and waits for it.
 */
export async function seed(tell: (name: string, body: unknown) => Promise<void>): Promise<void> {
  await tell('organization.command.applyInstallation', {
    organization: {
      id: ids.organization,
      login: 'acme',
      kind: 'organization',
      name: 'Acme',
      avatarUrl: null,
      installation: { id: '77', status: 'active' },
    },
  });
  await tell('organization.command.applyRepositories', {
    generation: null,
    repositories: [repository(ids.open, 'site'), repository(ids.hidden, 'vault')],
  });
  await tell('organization.command.applyPullRequests', {
    generation: null,
    pullRequests: [
      pullRequestOf(ids.open, 1),
      pullRequestOf(ids.open, 2),
      pullRequestOf(ids.hidden, 1, 'Secret plans'),
    ],
  });
  for (const [taskId, repositoryId, sessionId] of [
    [ids.openTask, ids.open, ids.openSession],
    [ids.hiddenTask, ids.hidden, ids.hiddenSession],
  ] as const) {
    await tell('organization.command.applyTaskState', {
      taskId,
      title: `Opened ${taskId}`,
      status: { state: 'dormant' },
      activity: 'idle',
      primaryUserLogin: null,
      primaryUserAvatarUrl: null,
      bumpContent: false,
    });
    facts.tasks.set(taskId, openedTask(taskId, repositoryId));
    facts.sessions.set(sessionId, newSession(sessionId, taskId));
  }
  await vi.waitFor(() => expect(facts.tasks.size).toBe(2));
}

function openedTask(id: string, repositoryId: string): Task {
  const summary: TaskSummary = {
    id,
    repositoryId,
    title: `Opened ${id}`,
    branch: 'branch-1',
    baseBranch: 'main',
    source: 'pull_request',
    status: { state: 'dormant' },
    pullRequest: null,
    activity: 'idle',
    primaryUserLogin: null,
    primaryUserAvatarUrl: null,
    contentVersion: 0,
    createdAtMs: 1,
    updatedAtMs: 1,
  };
  return {
    ...summary,
    owner: null,
    sandbox: null,
    changes: {
      headSha: null,
      mergeBaseSha: null,
      unpushedCommits: 0,
      uncommittedFiles: 0,
      files: [],
      truncated: false,
      readAtMs: null,
    },
    publish: { state: 'never' },
  };
}
