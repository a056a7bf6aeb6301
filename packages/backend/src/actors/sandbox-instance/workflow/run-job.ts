import { setTimeout as sleep } from 'node:timers/promises';
import type { Person } from '@foundry/shared/entities';
import type { CommandMessage } from '../../../command-loop/connections.ts';
import { errorMessage } from '../../../command-loop/errors.ts';
import { cloneRepository } from '../../../sandbox/git-clone.ts';
import { credentialPath, requireGit } from '../../../sandbox/git-command.ts';
import { removeCredential } from '../../../sandbox/git-credential.ts';
import { pullBranch, pushBranch } from '../../../sandbox/git-remote.ts';
import type { SandboxTarget } from '../../../sandbox/execute-in-sandbox.ts';
import { SandboxError } from '../../../sandbox/sandbox-error.ts';
import { sandboxLimits } from '../../../limits.ts';
import { enqueueToSelf, type AwakeActor } from '../../awake.ts';
import { openSandbox, sandboxFailure } from '../../sandbox-access.ts';
import { services } from '../../services.ts';
import type { JobResult } from '../commands.ts';
import { installIdentity, installToken } from './credentials.ts';
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
      return await push(target, record.branch, job, options.signal);
    case 'pull':
      return await pull(target, { ...record, person: job.person ?? record.person }, options.signal);
  }
}

async function clone(
  target: SandboxTarget,
  record: SandboxRecord,
  { repeated, signal }: JobOptions,
): Promise<JobResult> {
  const attempts = repeated ? sandboxLimits.repeatedCloneAttempts : 1;
  await installToken(target, record.person);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { headSha } = await cloneRepository(target, {
        repositoryUrl: `${services().config.github.webUrl}/${record.repositoryFullName}.git`,
        branch: record.branch,
        baseBranch: record.baseBranch,
        signal,
      });
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

/** The token goes in for this only, unless it is there anyway for its owner's turns. */
async function withToken<T>(target: SandboxTarget, person: Person, work: () => Promise<T>): Promise<T> {
  const wasThere = (await target.client.stat(credentialPath(target))) !== null;
  await installToken(target, person);
  try {
    return await work();
  } finally {
    if (!wasThere) {
      await removeCredential(target);
    }
  }
}

async function push(
  target: SandboxTarget,
  branch: string,
  job: { person: Person; commitMessage: string },
  signal: AbortSignal,
): Promise<JobResult> {
  return await withToken(target, job.person, async () => {
    await commitAll(target, job);
    const pushed = await pushBranch(target, branch, signal);
    switch (pushed.outcome) {
      case 'pushed':
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
      case 'authentication_failed':
        return {
          status: 'failed',
          code: 'authentication_failed',
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
  });
}

/** Commits whatever is uncommitted, as the person who publishes; nothing when the checkout is clean. */
async function commitAll(
  target: SandboxTarget,
  job: { person: Person; commitMessage: string },
): Promise<void> {
  const { stdout } = await requireGit(target, ['status', '--porcelain', '--untracked-files=all']);
  if (stdout.trim() === '') {
    return;
  }
  await installIdentity(target, job.person);
  await requireGit(target, ['add', '--all']);
  await requireGit(target, ['commit', '--quiet', '-m', job.commitMessage], { timeoutMs: 60_000 });
}

async function pull(target: SandboxTarget, record: SandboxRecord, signal: AbortSignal): Promise<JobResult> {
  const pulled = await withToken(target, record.person, () => pullBranch(target, record.branch, signal));
  switch (pulled.outcome) {
    case 'up_to_date':
    case 'fast_forwarded':
    case 'ahead':
      return { status: 'pulled', warning: null };
    case 'diverged':
      return {
        status: 'pulled',
        warning: `Somebody pushed to ${record.branch}, and this workspace has commits of its own: the two have to be merged. ${pulled.reason}`,
      };
    case 'blocked':
      return {
        status: 'pulled',
        warning: `Somebody pushed to ${record.branch}; uncommitted changes in this workspace keep it from being taken over. ${pulled.reason}`,
      };
    case 'remote_branch_missing':
      return { status: 'pulled', warning: `The branch ${record.branch} does not exist on GitHub any more.` };
    case 'authentication_failed':
    case 'failed':
      return {
        status: 'pulled',
        warning: `Somebody pushed to ${record.branch}, but it could not be fetched: ${pulled.reason}`,
      };
  }
}
