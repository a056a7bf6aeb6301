import type { PullRequest } from '@foundry/shared/entities';
import { organizationSnapshotSchema, type OrganizationSnapshot } from '@foundry/shared/topics';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestRegistry } from '../../engine/testing.ts';
import { ActorConnections } from '../../command-loop/connections.ts';
import type { CommandInput, CommandName } from '../../command-loop/catalog.ts';
import { systemEnvelope } from '../../command-loop/envelopes.ts';
import { provideLoopRuntime } from '../../command-loop/runtime.ts';
import { createLogger } from '../../log.ts';
import { organizationAddress } from '../addresses.ts';
import { app } from '../app/index.ts';
import { auditLog } from '../audit-log/index.ts';
import type { OrganizationCatalog } from './commands.ts';
import { organization } from './index.ts';

/* The task index under what GitHub can do to branches and pull requests. */

const log = createLogger('silent');
let connections: ActorConnections;
let stop: () => Promise<void>;
vi.setConfig({ testTimeout: 30_000 });

beforeAll(async () => {
  const registry = await startTestRegistry({ use: { app, auditLog, organization } });
  connections = new ActorConnections({ endpoint: registry.endpoint, poolName: registry.pool, log });
  provideLoopRuntime({ connections, log });
  stop = registry.stop;
}, 30_000);
afterAll(async () => {
  await connections.dispose();
  await stop();
});

const repositoryId = '77';

function pull(number: number, branch: string, changes: Partial<PullRequest> = {}) {
  return {
    repositoryId,
    branch,
    pullRequest: {
      number,
      title: `Pull ${number}`,
      state: 'open' as const,
      draft: false,
      htmlUrl: `https://github.com/acme/shop/pull/${number}`,
      headSha: `${number}`.repeat(40).slice(0, 40),
      baseBranch: 'main',
      authorLogin: 'ada',
      authorAvatarUrl: null,
      fromFork: false,
      updatedAtMs: 1_000,
      ...changes,
      checks: changes.checks ?? null,
      reviewDecision: changes.reviewDecision ?? null,
    },
  };
}

async function world() {
  const id = String(Math.floor(Math.random() * 1e12));
  const address = organizationAddress(id);
  const send = async <N extends CommandName<OrganizationCatalog>>(
    name: N,
    body: CommandInput<OrganizationCatalog, N>,
  ) => await connections.sendAndWait(address, name, body, systemEnvelope(crypto.randomUUID(), null), 10_000);
  await send('organization.command.applyInstallation', {
    organization: {
      id,
      login: 'acme',
      kind: 'organization',
      name: null,
      avatarUrl: null,
      installation: { id: '5', status: 'active' },
    },
  });
  const snapshot = async (): Promise<OrganizationSnapshot> =>
    organizationSnapshotSchema.parse(await connections.call(address, 'snapshot', []));
  return {
    send,
    snapshot,
    version: async () => await connections.call(address, 'version', []),
    pulls: async (generation: number | null, ...items: ReturnType<typeof pull>[]) =>
      await send('organization.command.applyPullRequests', { generation, pullRequests: items }),
    index: async () =>
      (await snapshot()).tasks
        .map(
          (task) =>
            `${task.id} ${task.branch} ${task.status.state} #${task.pullRequest?.number} ${task.title}`,
        )
        .sort(),
  };
}

describe('the task index', () => {
  test('unchanged rows broadcast nothing; older news changes nothing', async () => {
    const { pulls, version, index } = await world();
    await pulls(1, pull(1, 'a'), pull(2, 'b'));
    const before = await version();
    await pulls(2, pull(1, 'a'), pull(2, 'b'));
    await pulls(null, pull(1, 'a', { title: 'Older', updatedAtMs: 500 }));
    expect(await version()).toBe(before);
    await pulls(null, pull(1, 'a', { title: 'Newer', updatedAtMs: 2_000 }));
    expect(await version()).toBe(Number(before) + 1);
    expect(await index()).toEqual(['pr_77_1 a virtual #1 Newer', 'pr_77_2 b virtual #2 Pull 2']);
  });

  test('one branch is one task: the first open pull request stays, a later one follows a closed one', async () => {
    const { pulls, index } = await world();
    await pulls(1, pull(1, 'a'));
    await pulls(1, pull(2, 'a', { baseBranch: 'release', updatedAtMs: 3_000 }));
    expect(await index()).toEqual(['pr_77_1 a virtual #1 Pull 1']);
    await pulls(null, pull(1, 'a', { state: 'closed', updatedAtMs: 4_000 }));
    // Nobody ever opened it: nothing to be shown, and nothing that older news could bring back.
    expect(await index()).toEqual([]);
    await pulls(null, pull(1, 'a', { updatedAtMs: 2_000 }));
    expect(await index()).toEqual([]);
    await pulls(null, pull(2, 'a', { updatedAtMs: 5_000 }));
    expect(await index()).toEqual(['pr_77_1 a virtual #2 Pull 2']);
  });

  test('a branch renamed on GitHub takes its task along, also onto a name that is taken', async () => {
    const { pulls, index } = await world();
    await pulls(1, pull(1, 'a'), pull(2, 'b'));
    await pulls(null, pull(1, 'renamed', { updatedAtMs: 2_000 }));
    expect(await index()).toEqual(['pr_77_1 renamed virtual #1 Pull 1', 'pr_77_2 b virtual #2 Pull 2']);
    const taken = await pulls(null, pull(1, 'b', { updatedAtMs: 3_000 }));
    expect(taken).toMatchObject({ status: 'done' });
    expect(await index()).toHaveLength(2);
  });

  test('a new head forgets the old checks; checks and reviews apply to the right rows', async () => {
    const { pulls, send, snapshot } = await world();
    const checks = { state: 'success' as const, total: 2, failed: 0 };
    const first = pull(1, 'a');
    await pulls(1, first, pull(2, 'b'));
    await send('organization.command.applyChecks', {
      checks: [{ repositoryId, headSha: first.pullRequest.headSha, checks }],
    });
    await send('organization.command.applyReviews', {
      reviews: [
        { repositoryId, number: 2, reviewDecision: 'approved' },
        { repositoryId: '78', number: 1, reviewDecision: 'approved' },
      ],
    });
    const read = async (number: number) =>
      (await snapshot()).tasks.find((task) => task.pullRequest?.number === number);
    expect((await read(1))?.pullRequest).toMatchObject({ checks, reviewDecision: 'none' });
    expect(await read(2)).toMatchObject({
      contentVersion: 1,
      pullRequest: { checks: { state: 'none' }, reviewDecision: 'approved' },
    });
    await pulls(null, pull(1, 'a', { headSha: 'f'.repeat(40), updatedAtMs: 2_000 }));
    await pulls(null, pull(2, 'b', { title: 'Same head', updatedAtMs: 2_000 }));
    expect((await read(1))?.pullRequest?.checks.state).toBe('none');
    expect((await read(2))?.pullRequest?.reviewDecision).toBe('approved');
  });

  test('mergeability holds for the commits it was read for', async () => {
    const { pulls, send, snapshot } = await world();
    const read = async () => (await snapshot()).tasks[0]?.pullRequest?.mergeable;
    const contentVersion = async () => (await snapshot()).tasks[0]?.contentVersion;
    const first = pull(1, 'a');
    const conflicts = { repositoryId, number: 1, mergeable: 'conflicting' } as const;
    await pulls(1, first);
    expect(await read()).toBe('unknown');
    await send('organization.command.applyMergeability', {
      pulls: [{ ...conflicts, headSha: first.pullRequest.headSha }],
    });
    expect(await read()).toBe('conflicting');
    expect(await contentVersion()).toBe(1);
    await pulls(null, pull(1, 'a', { title: 'Other words', updatedAtMs: 2_000 }));
    expect(await read()).toBe('conflicting');
    await pulls(null, pull(1, 'a', { headSha: 'f'.repeat(40), updatedAtMs: 3_000 }));
    expect(await read()).toBe('unknown');
    await send('organization.command.applyMergeability', {
      pulls: [{ ...conflicts, headSha: first.pullRequest.headSha }],
    });
    expect(await read()).toBe('unknown');
    await send('organization.command.applyMergeability', {
      pulls: [{ ...conflicts, headSha: 'f'.repeat(40), mergeable: 'clean' }],
    });
    expect(await contentVersion()).toBe(1);
    await pulls(null, pull(1, 'a', { headSha: 'f'.repeat(40), baseBranch: 'next', updatedAtMs: 4_000 }));
    expect(await read()).toBe('unknown');
  });

  test('the sweep takes what the sync did not see and what is closed, never what a webhook brought meanwhile', async () => {
    const { pulls, send, index } = await world();
    const generation = Date.now();
    await pulls(generation - 1, pull(1, 'gone'), pull(2, 'seen'), pull(3, 'closed'));
    await pulls(null, pull(4, 'webhook'), pull(3, 'closed', { state: 'merged', updatedAtMs: 2_000 }));
    await pulls(generation, pull(2, 'seen'));
    await send('organization.command.sweep', { phase: 'pull_requests', generation });
    expect(await index()).toEqual(['pr_77_2 seen virtual #2 Pull 2', 'pr_77_4 webhook virtual #4 Pull 4']);
  });

  test('200 pull requests in two messages fill one page, newest first', async () => {
    const { pulls, snapshot } = await world();
    const many = Array.from({ length: 200 }, (_, number) =>
      pull(number + 1, `branch-${number}`, { updatedAtMs: number }),
    );
    await pulls(1, ...many.slice(0, 100));
    await pulls(1, ...many.slice(100));
    const { tasks, nextCursor } = await snapshot();
    expect(tasks).toHaveLength(200);
    expect(tasks[0]?.branch).toBe('branch-199');
    expect(nextCursor).toBeNull();
  });
});

describe('what a sync could not read, and what it has overcome', () => {
  const progress = {
    state: 'done' as const,
    phase: null,
    done: 1,
    total: 1,
    startedAtMs: 1,
    finishedAtMs: 2,
    failure: null,
    retryAtMs: null,
    unread: [],
  };

  test('tasks of a repository that could not be read outlive the sweep', async () => {
    const { send, pulls, index } = await world();
    const other = { ...pull(9, 'b'), repositoryId: '78' };
    await pulls(1, pull(1, 'a'), other);
    await send('organization.command.applyPullRequests', {
      generation: 2,
      pullRequests: [],
      unreadRepositoryIds: [repositoryId],
    });
    await send('organization.command.sweep', { phase: 'pull_requests', generation: 2 });
    expect(await index()).toEqual(['pr_77_1 a virtual #1 Pull 1']);
  });

  test('problems of earlier syncs close themselves, those of others stay', async () => {
    const { send, snapshot } = await world();
    const report = { step: 'read', attempt: 3, message: 'broke', atMs: 1 };
    for (const command of ['githubData.command.syncBatch', 'githubData.command.publishPullRequest']) {
      await send('organization.command.reportRuntimeIssue', {
        ...report,
        actor: 'githubData org/1/github',
        command,
      });
    }
    await send('organization.command.reportSync', { progress: { ...progress, state: 'running' } });
    expect((await snapshot()).runtimeIssues).toHaveLength(2);
    await send('organization.command.reportSync', { progress });
    expect((await snapshot()).runtimeIssues).toMatchObject([
      { command: 'githubData.command.publishPullRequest' },
    ]);
  });
});
