import type {
  Message,
  Organization,
  Person,
  PullRequest,
  PullRequestCore,
  Repository,
  Session,
} from '@foundry/shared/entities';
import { pullRequestCoreSchema } from '@foundry/shared/entities';
import type { TaskIndexEntry } from '../organization/commands.ts';
import type { SampleScope } from './samples.ts';

/* Entities that samples share, named after their scope. */

export const ada: Person = { userId: 'user-ada', login: 'ada', avatarUrl: null };
export const grace: Person = { userId: 'user-grace', login: 'grace', avatarUrl: null };
/** Has no GitHub token. */
export const stranger: Person = { userId: 'stranger-1', login: 'stranger', avatarUrl: null };

export function sandboxIdOf({ taskId }: SampleScope): string {
  return `${taskId}_1`;
}

/** A task that nobody opens: it refuses what its sessions and sandboxes tell it. Shared, because actors cost the engine much. */
export const unopenedTaskId = 'task_unopened';
/** A session that all tasks have; it belongs to the unopened one, so it tells them nothing. */
export const commonSessionId = 'session_common00';

export function organizationOf(scope: SampleScope): Organization {
  return {
    id: scope.organizationId,
    login: scope.login,
    kind: 'organization',
    name: 'Own',
    avatarUrl: null,
    installation: { id: scope.installationId, status: 'active' },
  };
}

export function repositoryOf(scope: SampleScope): Repository {
  return {
    id: scope.repositoryId,
    name: 'shop',
    fullName: `${scope.login}/shop`,
    private: false,
    archived: false,
    description: null,
    defaultBranch: 'main',
    htmlUrl: `https://github.example/${scope.login}/shop`,
    pushedAtMs: 1,
  };
}

export const headSha = 'a'.repeat(40);

export function pullRequestOf(scope: SampleScope, change: Partial<PullRequest> = {}): PullRequestCore {
  return pullRequestCoreSchema.parse(wholePullRequestOf(scope, change));
}

export function wholePullRequestOf(scope: SampleScope, change: Partial<PullRequest> = {}): PullRequest {
  return {
    number: 1,
    title: 'A change',
    state: 'open',
    draft: false,
    htmlUrl: `https://github.example/${scope.login}/shop/pull/1`,
    headSha,
    baseBranch: 'main',
    authorLogin: 'grace',
    authorAvatarUrl: null,
    fromFork: false,
    reviewDecision: 'none',
    mergeable: 'clean',
    checks: { state: 'none', total: 0, failed: 0 },
    updatedAtMs: 5,
    ...change,
  };
}

/** The index's entry of a task; `created` tasks make their workspace at once, a pull request's wait for somebody. */
export function entryOf(scope: SampleScope, source: 'created' | 'pull_request'): TaskIndexEntry {
  return {
    task: {
      id: scope.taskId,
      repositoryId: scope.repositoryId,
      title: 'A change',
      branch: scope.branch,
      baseBranch: 'main',
      source,
      status: source === 'created' ? { state: 'pending' } : { state: 'virtual' },
      pullRequest: source === 'created' ? null : wholePullRequestOf(scope),
      activity: 'idle',
      primaryUserLogin: 'grace',
      primaryUserAvatarUrl: null,
      contentVersion: 1,
      createdAtMs: 1,
      updatedAtMs: 1,
    },
    repository: repositoryOf(scope),
    organization: organizationOf(scope),
  };
}

export function sessionOf(scope: SampleScope): Session {
  return {
    id: scope.sessionId,
    taskId: scope.taskId,
    title: 'Session 1',
    agent: 'mock',
    modelId: null,
    models: [],
    status: 'working',
    createdAtMs: 1,
    updatedAtMs: 2,
  };
}

export function messageOf(
  { messageId }: SampleScope,
  text: string,
): Pick<Message, 'text' | 'author'> & { messageId: string } {
  return { messageId, text, author: ada };
}
