import type { CommandFailure } from '@foundry/shared/envelope';
import type { ParsedInput } from '../../../command-loop/catalog.ts';
import { CommandError, RetryLater } from '../../../command-loop/errors.ts';
import { effect, single, transaction, type CommandHandler } from '../../../command-loop/handlers.ts';
import { taskLimits } from '../../../limits.ts';
import { gitHubDataAddress, sandboxInstanceAddress, taskAddress, userAddress } from '../../addresses.ts';
import type { GitState } from '../../sandbox-instance/reads.ts';
import type { TaskCatalog } from '../commands.ts';
import {
  asSignInFailure,
  decideOutsidePush,
  eventOfPullRequest,
  isNews,
  refuseEmptyPublish,
  refusePublish,
} from '../decisions.ts';
import { listTurns, readTask, type TaskRecord } from '../db/repository.ts';
import { applyEvent, pumpTurns, requireTask, saveTask, sandboxAddressOf } from './task-record.ts';
import { noticesOf, withNotices, withSignInRequired, withoutBranchNotices } from './notices.ts';
import { readGitState, requireGitPlace } from './workspace.ts';
import type { ActorDatabase } from '../../../command-loop/database.ts';

type Publish = ParsedInput<TaskCatalog, 'task.command.publish'>;
type BranchPublished = ParsedInput<TaskCatalog, 'task.command.branchPublished'>;
type Published = ParsedInput<TaskCatalog, 'task.command.pullRequestPublished'>;
type PublishFailed = ParsedInput<TaskCatalog, 'task.command.publishFailed'>;
type PullRequestChanged = ParsedInput<TaskCatalog, 'task.command.pullRequestChanged'>;
type BranchPushed = ParsedInput<TaskCatalog, 'task.command.branchPushed'>;
type Pull = ParsedInput<TaskCatalog, 'task.command.pull'>;
type BranchPulled = ParsedInput<TaskCatalog, 'task.command.branchPulled'>;

function refuse(failure: CommandFailure | null): void {
  if (failure !== null) {
    throw new CommandError(failure.code, failure.message, { retryable: failure.retryable });
  }
}

/** @throws {CommandError} why it cannot be published now. */
async function requirePublishable(db: ActorDatabase): Promise<TaskRecord> {
  const record = await requireTask(db);
  const { status, publish: state, pullRequest } = record;
  refuse(
    refusePublish({
      status,
      turns: await listTurns(db),
      publish: state,
      pullRequest,
      hasOwner: record.owner !== null,
    }),
  );
  return record;
}

const check = transaction<Publish, ReturnType<typeof requireGitPlace>>('check', async (t, { envelope }) => {
  const isJustEnding = (await listTurns(t.tx)).some(({ state }) => state !== 'queued');
  if (isJustEnding && t.nowMs - envelope.at < taskLimits.publishAfterTurnMs) {
    // The session shows a turn as done a moment before the task hears of it.
    throw new RetryLater(t.nowMs + taskLimits.publishRetryMs, 'a turn may be about to end');
  }
  return requireGitPlace(await requirePublishable(t.tx));
});
const readState = effect<Publish, GitState>(
  'read git state',
  async ({ key, signal }, command) => await readGitState(key, command.resultOf(check), signal),
);

/**
 * Publishes the branch as the task's owner: the uncommitted files that were chosen are committed first and all others
 * stay where they are, then the branch is pushed, then GitHubData opens the pull request or updates it. Publishing again
 * pushes what came since.
 */
export const publish: CommandHandler<Publish> = {
  steps: [
    check,
    readState,
    transaction('start', async (t, command) => {
      const record = await requirePublishable(t.tx);
      const state = command.resultOf(readState);
      const { owner } = record;
      if (state.state === 'absent' || owner === null) {
        throw new CommandError(
          'workspace_not_ready',
          'The workspace is not running. Start it, then publish.',
          {
            retryable: true,
          },
        );
      }
      const { title, body, draft, commit = null } = command.input;
      refuse(refuseEmptyPublish(state.changes, record.pullRequest, commit));
      const wish = {
        title: title ?? record.pullRequest?.title ?? record.title,
        body: body ?? null,
        draft: draft ?? record.pullRequest?.draft ?? false,
      };
      const place = command.resultOf(check);
      await saveTask(t, record, {
        changes: withNotices(state.changes, noticesOf(record.changes)),
        publish: { state: 'running', step: 'pushing', startedAtMs: t.nowMs },
        publishWish: wish,
      });
      t.send(
        sandboxInstanceAddress(record.organizationId, place.providerId, place.sandboxId),
        'sandbox.command.push',
        { person: owner, commit },
      );
      return null;
    }),
  ],
};

export const branchPublished = single<BranchPublished>(async (t, { input }) => {
  const record = await requireTask(t.tx);
  const { publish: state, publishWish: wish, owner } = record;
  if (state.state !== 'running' || wish === null || owner === null) {
    return null;
  }
  if (input.changed) {
    t.audit({
      action: 'branch.pushed',
      subject: record.taskId,
      summary: `${record.branch} was pushed to ${record.repository.fullName} as ${owner.login} (${input.headSha.slice(0, 7)})`,
      repositoryId: record.repository.id,
    });
  }
  await saveTask(t, record, {
    publish: { ...state, step: 'opening_pull_request' },
    changes: {
      ...withNotices(record.changes, withoutBranchNotices(record.changes)),
      headSha: input.headSha,
      unpushedCommits: 0,
    },
  });
  t.send(gitHubDataAddress(record.organizationId), 'githubData.command.publishPullRequest', {
    taskId: record.taskId,
    repositoryId: record.repository.id,
    ownerUserId: owner.userId,
    branch: record.branch,
    baseBranch: record.baseBranch,
    headSha: input.headSha,
    title: wish.title,
    body: wish.body,
    draft: wish.draft,
  });
  t.send(taskAddress(record.organizationId, record.taskId), 'task.command.refresh', {});
  return null;
});

export const pullRequestPublished = single<Published>(async (t, { input }) => {
  const record = await requireTask(t.tx);
  const { headSha } = input;
  const isNew = record.pullRequest === null;
  // GitHub's answer to a publish says nothing of reviews, checks and mergeability: what is known of them stays.
  const pullRequest =
    record.pullRequest === null
      ? input.pullRequest
      : {
          ...input.pullRequest,
          reviewDecision: record.pullRequest.reviewDecision,
          ...(record.pullRequest.headSha === input.pullRequest.headSha
            ? { checks: record.pullRequest.checks, mergeable: record.pullRequest.mergeable }
            : {}),
        };
  await saveTask(
    t,
    record,
    {
      pullRequest,
      publish: {
        state: 'done',
        headSha,
        pullRequestNumber: pullRequest.number,
        finishedAtMs: t.nowMs,
      },
      publishWish: null,
    },
    { bumpContent: true },
  );
  t.audit({
    action: isNew ? 'pullRequest.published' : 'pullRequest.updated',
    subject: record.taskId,
    summary: `Pull request #${pullRequest.number} of task "${record.title}" was ${isNew ? 'opened' : 'updated'} as ${
      record.owner?.login ?? 'its owner'
    }`,
    repositoryId: record.repository.id,
  });
  return null;
});

export const publishFailed = single<PublishFailed>(async (t, { input }) => {
  const record = await requireTask(t.tx);
  const { owner } = record;
  if (record.publish.state !== 'running') {
    return null;
  }
  const signIn = owner === null ? null : asSignInFailure(input.failure, owner.login);
  const failure = signIn ?? input.failure;
  await saveTask(t, record, {
    publish: { state: 'failed', failure, finishedAtMs: t.nowMs },
    publishWish: null,
    ...(signIn === null || owner === null
      ? {}
      : { changes: withSignInRequired(record.changes, owner.login) }),
  });
  if (signIn !== null && owner !== null) {
    // Their own pages say it, too, and what else goes on in their name hears of it.
    t.send(userAddress(owner.userId), 'user.command.refreshAccess', {
      reason: 'GitHub refused a publish in their name',
    });
  }
  t.audit({
    action: 'publish.failed',
    subject: record.taskId,
    summary: `Task "${record.title}" could not be published: ${failure.message}`.slice(0, 2_000),
    repositoryId: record.repository.id,
  });
  return null;
});

/** GitHub's side of the task changed. Merged and closed tasks give their sandbox's processes back; its files stay. */
export const pullRequestChanged = single<PullRequestChanged>(async (t, { input }) => {
  const record = await readTask(t.tx);
  // The organization keeps the pull request of a task that nobody has opened.
  if (record === null) {
    return null;
  }
  const { pullRequest } = input;
  const event = eventOfPullRequest(record.status, pullRequest);
  const changed = {
    pullRequest,
    ...(record.source === 'pull_request' ? { title: pullRequest.title } : {}),
  };
  const options = { bumpContent: isNews(record.pullRequest, pullRequest) };
  const after =
    event === null
      ? await saveTask(t, record, changed, options)
      : await applyEvent(t, record, event, changed, options);
  if (after.status.state === record.status.state) {
    return null;
  }
  const words = event?.type === 'reopened' ? 'reopened' : (event?.type ?? 'changed');
  t.audit({
    action: `task.${words}`,
    subject: record.taskId,
    summary: `Pull request #${pullRequest.number} of task "${record.title}" was ${words}`,
    repositoryId: record.repository.id,
  });
  const sandbox = sandboxAddressOf(after);
  const isOver = after.status.state === 'merged' || after.status.state === 'closed';
  const isRunning = (await listTurns(t.tx)).some(({ state }) => state !== 'queued');
  if (isOver && !isRunning && sandbox !== null) {
    t.send(sandbox, 'sandbox.command.stop', {});
  }
  await pumpTurns(t, after, { asked: false });
  return null;
});

export const branchPushed = single<BranchPushed>(async (t, { input }) => {
  const record = await readTask(t.tx);
  if (record === null) {
    return null;
  }
  const { headSha, pusherLogin } = input;
  const turns = await listTurns(t.tx);
  const decision = decideOutsidePush({ status: record.status, turns, changes: record.changes, headSha });
  // Our own push comes back as well, maybe before its end was reported.
  const isOurs = record.changes.headSha === headSha || record.publish.state === 'running';
  if (!isOurs) {
    t.audit({
      action: 'branch.pushed',
      subject: record.taskId,
      summary: /^0+$/.test(headSha)
        ? `${pusherLogin ?? 'Somebody'} deleted ${record.branch} on GitHub`
        : `${pusherLogin ?? 'Somebody'} pushed ${headSha.slice(0, 7)} to ${record.branch}`,
      repositoryId: record.repository.id,
    });
  }
  const sandbox = sandboxAddressOf(record);
  if (decision === 'pull' && sandbox !== null) {
    t.send(sandbox, 'sandbox.command.pull', { person: record.owner });
  } else if (decision === 'pull_after_turn') {
    await saveTask(t, record, { pendingHeadSha: headSha });
  }
  return null;
});

/** Somebody asks what GitHub's branch is now, or to have its version. */
export const pull = single<Pull>(async (t, { input }) => {
  const record = await requireTask(t.tx);
  const sandbox = sandboxAddressOf(record);
  requireGitPlace(record);
  if ((await listTurns(t.tx)).some(({ state }) => state !== 'queued') || record.publish.state === 'running') {
    throw new CommandError(
      'turn_running',
      'The agent is working, or the branch is being published. Wait for its end, or stop the turn first.',
      { retryable: true },
    );
  }
  if (sandbox !== null) {
    t.send(sandbox, 'sandbox.command.pull', { person: record.owner, discard: input.discard ?? false });
  }
  if (input.discard === true) {
    t.audit({
      action: 'branch.discarded',
      subject: record.taskId,
      summary: `GitHub's version of ${record.branch} takes the place of the workspace's own, which is put aside`,
      repositoryId: record.repository.id,
    });
  }
  return null;
});

export const branchPulled = single<BranchPulled>(async (t, { input }) => {
  const record = await requireTask(t.tx);
  if (record.sandbox?.id !== input.sandboxId) {
    return null;
  }
  const before = noticesOf(record.changes);
  // What did not reach GitHub found out nothing about anybody's sign-in.
  const signIn =
    input.notice?.kind === 'fetch_failed' ? before.filter(({ kind }) => kind === 'sign_in_required') : [];
  const notices = [...withoutBranchNotices(record.changes), ...signIn];
  const changes = withNotices(record.changes, input.notice === null ? notices : [...notices, input.notice]);
  await saveTask(t, record, { changes }, { bumpContent: true });
  t.send(taskAddress(record.organizationId, record.taskId), 'task.command.refresh', {});
  return null;
});
