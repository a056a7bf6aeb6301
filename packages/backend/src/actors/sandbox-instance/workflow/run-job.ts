import { setTimeout as sleep } from 'node:timers/promises';
import type { Person, TaskNotice } from '@foundry/shared/entities';
import type { PublishCommit } from '@foundry/shared/requests';
import type { CommandMessage } from '../../../command-loop/connections.ts';
import { errorMessage } from '../../../command-loop/errors.ts';
import { cloneRepository } from '../../../sandbox/git-clone.ts';
import { credentialPath } from '../../../sandbox/git-command.ts';
import { commitFiles } from '../../../sandbox/git-commit.ts';
import { removeCredential } from '../../../sandbox/git-credential.ts';
import {
  pointRemote,
  pullBranch,
  pushBranch,
  rememberPublished,
  type PullOutcome,
} from '../../../sandbox/git-remote.ts';
import type { SandboxTarget } from '../../../sandbox/execute-in-sandbox.ts';
import { SandboxError } from '../../../sandbox/sandbox-error.ts';
import { sandboxLimits } from '../../../limits.ts';
import { enqueueToSelf, type AwakeActor } from '../../awake.ts';
import { openSandbox, sandboxFailure } from '../../sandbox-access.ts';
import { services } from '../../services.ts';
import type { JobResult } from '../commands.ts';
import { installIdentity, withAcceptedToken } from './credentials.ts';
import { locateRepository } from './locate-repository.ts';
import type { JobRecord, SandboxRecord } from '../db/repository.ts';

/** Jobs of this process by actor and job id. */
const running = new Set<string>();
/** The last job of each sandbox: they run one after the other. */
const lastOf = new Map<string, Promise<void>>();

/**
 * Runs a job beside the loop, unless this process runs it already; its end comes as `jobEnded`. `repeated`: an
 * earlier process may have begun it.
 */
export function ensureJob(
  actor: AwakeActor,
  record: SandboxRecord,
  job: JobRecord,
  options: { repeated: boolean },
): void {
  const sandboxKey = actor.key.join('/');
  const id = `${sandboxKey}/${job.jobId}`;
  if (running.has(id)) {
    return;
  }
  running.add(id);
  const before = lastOf.get(sandboxKey) ?? Promise.resolve();
  const work = before
    .then(() => runJob(actor, record, job, options.repeated))
    .catch((error: unknown) => {
      // The job's row is still there: the next look at it runs it again.
      services().log.warn(
        { actor: actor.key, job: job.job.kind, error: errorMessage(error) },
        'a job was interrupted',
      );
    })
    .finally(() => {
      running.delete(id);
      if (lastOf.get(sandboxKey) === work) {
        lastOf.delete(sandboxKey);
      }
    });
  lastOf.set(sandboxKey, work);
  void actor.keepAwake(work);
}

async function runJob(
  actor: AwakeActor,
  record: SandboxRecord,
  job: JobRecord,
  repeated: boolean,
): Promise<void> {
  let result: JobResult;
  try {
    result = await perform(record, job, { repeated, signal: actor.abortSignal });
  } catch (error) {
    if (actor.abortSignal.aborted) {
      throw error;
    }
    result = { status: 'failed', ...sandboxFailure(error) };
  }
  const ended: CommandMessage = {
    name: 'sandbox.command.jobEnded',
    body: { jobId: job.jobId, result },
    envelope: {
      // With the sandbox's own name: what follows from this reaches the task, which has had other sandboxes.
      commandId: `ended/${record.sandboxId}/${job.jobId}`.slice(0, 200),
      causedBy: job.jobId.slice(0, 200),
      by: job.by,
      at: Date.now(),
    },
  };
  await enqueueToSelf(actor, ended);
}

interface JobOptions {
  readonly repeated: boolean;
  readonly signal: AbortSignal;
}

async function perform(record: SandboxRecord, { job }: JobRecord, options: JobOptions): Promise<JobResult> {
  const { target } = await openSandbox(record.providerId, record.sandboxId);
  switch (job.kind) {
    case 'clone':
      return await clone(target, record, options);
    case 'push':
      return await push(target, record, job, options.signal);
    case 'pull':
      return await pull(
        target,
        { ...record, person: job.person ?? record.person },
        { discard: job.discard ?? false, signal: options.signal },
      );
  }
}

async function clone(
  target: SandboxTarget,
  record: SandboxRecord,
  { repeated, signal }: JobOptions,
): Promise<JobResult> {
  const attempts = repeated ? sandboxLimits.repeatedCloneAttempts : 1;
  const url = await locateRepository(record.repositoryId, record.person, signal);
  const request = {
    repositoryUrl: url,
    branch: record.branch,
    baseBranch: record.baseBranch,
    signal,
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { headSha } = await withAcceptedToken(target, record.person, () =>
        cloneRepository(target, request),
      );
      await installIdentity(target, record.person);
      return { status: 'cloned', headSha };
    } catch (error) {
      const mayMeetOldOne = error instanceof SandboxError && error.code === 'clone_failed';
      if (!mayMeetOldOne || attempt >= attempts) {
        throw error;
      }
      await sleep(sandboxLimits.repeatedCloneDelayMs, undefined, { signal });
    }
  }
}

/** Thrown by git's talk with GitHub: a renewed token may help. */
function tokenRefused(reason: string): SandboxError {
  return new SandboxError('authentication_failed', 'GitHub does not take the token.', {
    providerMessage: reason,
  });
}

/** The token goes in for this only, unless it is there anyway for its owner's turns. */
async function withToken<T>(target: SandboxTarget, person: Person, work: () => Promise<T>): Promise<T> {
  const wasThere = (await target.client.stat(credentialPath(target))) !== null;
  try {
    return await withAcceptedToken(target, person, work);
  } finally {
    if (!wasThere) {
      await removeCredential(target);
    }
  }
}

async function push(
  target: SandboxTarget,
  { repositoryId, branch }: SandboxRecord,
  job: { person: Person; commit: PublishCommit | null },
  signal: AbortSignal,
): Promise<JobResult> {
  const url = await locateRepository(repositoryId, job.person, signal);
  if (job.commit !== null) {
    await installIdentity(target, job.person);
    await commitFiles(target, job.commit);
  }
  const pushed = await withToken(target, job.person, async () => {
    await pointRemote(target, url);
    const outcome = await pushBranch(target, branch, signal);
    if (outcome.outcome === 'authentication_failed') throw tokenRefused(outcome.reason);
    return outcome;
  });
  switch (pushed.outcome) {
    case 'pushed':
      await rememberPublished(target, pushed.headSha);
      return { status: 'pushed', headSha: pushed.headSha, changed: pushed.changed };
    case 'rejected_non_fast_forward':
      return {
        status: 'failed',
        code: 'branch_diverged',
        message: `The branch on GitHub has commits that this workspace lacks. Ask the agent to merge or rebase onto origin/${branch}, then publish again. ${pushed.reason}`,
        retryable: true,
      };
    case 'rejected_by_remote':
      return {
        status: 'failed',
        code: 'push_refused',
        message: `GitHub refused the push: ${pushed.reason}`,
        retryable: true,
      };
    case 'forbidden':
      return {
        status: 'failed',
        code: 'push_forbidden',
        message: `GitHub does not let ${job.person.login} push to this repository. ${pushed.reason}`,
        retryable: true,
      };
    case 'failed':
      return {
        status: 'failed',
        code: 'push_failed',
        message: `The push failed: ${pushed.reason}`,
        retryable: true,
      };
  }
}

async function pull(
  target: SandboxTarget,
  record: SandboxRecord,
  { discard, signal }: { discard: boolean; signal: AbortSignal },
): Promise<JobResult> {
  const url = await locateRepository(record.repositoryId, record.person, signal);
  const pulled = await withToken(target, record.person, async () => {
    await pointRemote(target, url);
    const outcome = await pullBranch(target, record.branch, signal, { discard });
    if (outcome.outcome === 'authentication_failed') throw tokenRefused(outcome.reason);
    return outcome;
  });
  return { status: 'pulled', notice: noticeOf(pulled) };
}

/** Null: the workspace has what GitHub has. */
function noticeOf(pulled: Exclude<PullOutcome, { outcome: 'authentication_failed' }>): TaskNotice | null {
  switch (pulled.outcome) {
    case 'up_to_date':
    case 'fast_forwarded':
    case 'followed':
    case 'ahead':
      return null;
    case 'diverged': {
      const { localCommits, remoteCommits, rewritten } = pulled;
      return { kind: 'diverged', localCommits, remoteCommits, rewritten };
    }
    case 'blocked':
      return { kind: 'pull_blocked', reason: pulled.reason };
    case 'remote_branch_missing':
      return { kind: 'branch_missing' };
    case 'failed':
      return { kind: 'fetch_failed', reason: pulled.reason };
  }
}
