import {
  appAddress,
  auditLogAddress,
  organizationAddress,
  sandboxInstanceAddress,
  taskAddress,
} from '../addresses.ts';
import {
  ada,
  entryOf,
  headSha,
  organizationOf,
  pullRequestOf,
  repositoryOf,
  sandboxIdOf,
} from '../testing/fixtures.ts';
import {
  sampleMessage,
  type ActorSamples,
  type SampleMessage,
  type SampleScope,
} from '../testing/samples.ts';
import type { OrganizationCatalog } from './commands.ts';

const issue = { actor: 'task a', command: 'c', step: null, attempt: 3, message: 'broke', atMs: 5 };
const member = { githubId: '1', login: 'ada', avatarUrl: null, role: 'admin' as const };
const progress = {
  state: 'running' as const,
  phase: 'members' as const,
  done: 3,
  total: null,
  startedAtMs: 1,
  finishedAtMs: null,
  failure: null,
  retryAtMs: null,
};

const nothingLikeIt = { branches: [], baseExists: null };

function toSelf({ organizationId }: SampleScope) {
  return organizationAddress(organizationId);
}

/** The account and its repository are known, as after the first phase of a sync. */
function known(scope: SampleScope): SampleMessage[] {
  return [
    sampleMessage(toSelf(scope), 'organization.command.applyInstallation', {
      organization: organizationOf(scope),
    }),
    sampleMessage(toSelf(scope), 'organization.command.applyRepositories', {
      generation: 5,
      repositories: [repositoryOf(scope)],
    }),
  ];
}

function pullRequestApplied(scope: SampleScope, generation: number | null = 5): SampleMessage {
  return sampleMessage(toSelf(scope), 'organization.command.applyPullRequests', pulls(scope, generation));
}

function pulls(scope: SampleScope, generation: number | null) {
  const pullRequest = { ...pullRequestOf(scope), checks: null, reviewDecision: null };
  const { repositoryId, branch } = scope;
  return { generation, pullRequests: [{ repositoryId, branch, pullRequest }] };
}

/** The pull request's task has an actor, which is told of what changes. */
function opened(scope: SampleScope): SampleMessage[] {
  return [
    ...known(scope),
    pullRequestApplied(scope),
    sampleMessage(pullTask(scope), 'task.command.open', {}),
  ];
}

function pullTask({ organizationId, repositoryId }: SampleScope) {
  return taskAddress(organizationId, `pr_${repositoryId}_1`);
}

export const organizationSamples: ActorSamples<OrganizationCatalog> = {
  'organization.command.applyInstallation': [
    {
      body: (scope) => ({ organization: organizationOf(scope) }),
      observe: ({ organizationId }) => [appAddress(), auditLogAddress(organizationId)],
    },
  ],
  'organization.command.applyRepositories': [
    { body: (scope) => ({ generation: null, repositories: [repositoryOf(scope)] }) },
  ],
  'organization.command.removeRepositories': [
    {
      before: (scope) => [...known(scope), pullRequestApplied(scope)],
      body: ({ repositoryId }) => ({ repositoryIds: [repositoryId] }),
    },
  ],
  'organization.command.applyMembers': [{ body: () => ({ generation: 5, members: [member] }) }],
  'organization.command.removeMembers': [
    {
      before: (scope) => [
        sampleMessage(toSelf(scope), 'organization.command.applyMembers', {
          generation: 5,
          members: [member],
        }),
      ],
      body: () => ({ githubIds: ['1'] }),
    },
  ],
  'organization.command.applyPullRequests': [
    { before: known, body: (scope) => pulls(scope, 5) },
    {
      before: opened,
      body: (scope) => {
        const merged = pullRequestOf(scope, { state: 'merged', updatedAtMs: 9 });
        return {
          generation: null,
          pullRequests: [
            {
              repositoryId: scope.repositoryId,
              branch: scope.branch,
              pullRequest: { ...merged, checks: null, reviewDecision: null },
            },
          ],
        };
      },
      observe: (scope) => [pullTask(scope)],
    },
  ],
  'organization.command.applyChecks': [
    {
      before: opened,
      body: ({ repositoryId }) => ({
        checks: [{ repositoryId, headSha, checks: { state: 'failure', total: 2, failed: 1 } }],
      }),
      observe: (scope) => [pullTask(scope)],
    },
  ],
  'organization.command.applyReviews': [
    {
      before: (scope) => [...known(scope), pullRequestApplied(scope)],
      body: ({ repositoryId }) => ({ reviews: [{ repositoryId, number: 1, reviewDecision: 'approved' }] }),
    },
  ],
  'organization.command.applyMergeability': [
    {
      before: opened,
      body: ({ repositoryId }) => ({
        pulls: [{ repositoryId, number: 1, headSha, mergeable: 'conflicting' }],
      }),
      observe: (scope) => [pullTask(scope)],
    },
  ],
  'organization.command.branchPushed': [
    {
      before: opened,
      body: ({ repositoryId, branch }) => ({
        repositoryId,
        branch,
        headSha: 'b'.repeat(40),
        pusherLogin: 'grace',
      }),
      observe: (scope) => [pullTask(scope)],
    },
  ],
  'organization.command.sweep': [
    {
      before: (scope) => [...known(scope), pullRequestApplied(scope)],
      body: () => ({ phase: 'pull_requests', generation: 6 }),
    },
    {
      before: (scope) => [...known(scope), pullRequestApplied(scope)],
      body: () => ({ phase: 'repositories', generation: 6 }),
    },
  ],
  'organization.command.reportSync': [{ body: () => ({ progress }) }],
  // GitHub knows no such installation: what the sync itself does is GitHubData's.
  'organization.command.requestSync': [{ body: () => ({}) }],
  'organization.command.createTask': [
    {
      // The workspace cannot be made: the sandbox's own samples make real ones.
      before: (scope, world) => [...known(scope), async () => await world.refuseSandbox(sandboxIdOf(scope))],
      body: ({ repositoryId, taskId, sessionId }) => ({
        repositoryId,
        title: 'Add a cart',
        taskId,
        sessionId,
        // A first message would race with the failure of the sandbox: it may ask for another try of it, or not.
        firstMessageId: null,
        person: ada,
        gitHub: nothingLikeIt,
      }),
      observe: ({ organizationId, ...scope }) => [
        taskAddress(organizationId, scope.taskId),
        sandboxInstanceAddress(organizationId, 'local', sandboxIdOf({ organizationId, ...scope })),
      ],
    },
    {
      // The branch of the open pull request.
      before: (scope) => [...known(scope), pullRequestApplied(scope)],
      body: ({ repositoryId, taskId, sessionId, branch }) => ({
        repositoryId,
        branch,
        taskId,
        sessionId,
        firstMessageId: null,
        person: ada,
        gitHub: nothingLikeIt,
      }),
    },
  ],
  'organization.command.personLostAccess': [
    { body: ({ repositoryId, userId }) => ({ userId, login: 'ada', repositoryIds: [repositoryId] }) },
  ],
  'organization.command.personSignedIn': [{ body: ({ userId }) => ({ userId, login: 'ada' }) }],
  'organization.command.applyTaskState': [
    {
      before: (scope) => [...known(scope), pullRequestApplied(scope)],
      body: (scope) => ({
        taskId: `pr_${scope.repositoryId}_1`,
        title: entryOf(scope, 'pull_request').task.title,
        status: { state: 'dormant' },
        activity: 'idle',
        primaryUserLogin: 'ada',
        primaryUserAvatarUrl: null,
        bumpContent: true,
      }),
    },
    {
      body: ({ taskId }) => ({
        taskId,
        title: 'No such task',
        status: { state: 'ready' },
        activity: 'idle',
        primaryUserLogin: null,
        primaryUserAvatarUrl: null,
        bumpContent: false,
      }),
    },
  ],
  'organization.command.reportRuntimeIssue': [{ body: () => issue }],
  'organization.command.clearRuntimeIssue': [
    { body: () => ({ issueId: 'none' }) },
    {
      before: (scope) => [sampleMessage(toSelf(scope), 'organization.command.reportRuntimeIssue', issue)],
      // Derived from actor, command and step.
      body: () => ({ issueId: 'feX8xm1sIayxZvnIo4FO' }),
      observe: ({ organizationId }) => [auditLogAddress(organizationId)],
    },
  ],
};
