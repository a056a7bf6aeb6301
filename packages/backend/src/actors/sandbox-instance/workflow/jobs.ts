import type { Person, TaskNotice } from '@foundry/shared/entities';
import type { CommandFailure } from '@foundry/shared/envelope';
import type { ParsedInput } from '../../../command-loop/catalog.ts';
import { effect, Finish, single, transaction, type CommandHandler } from '../../../command-loop/handlers.ts';
import type { RunningCommand, TransactionContext } from '../../../command-loop/handlers.ts';
import { sandboxLimits } from '../../../limits.ts';
import { organizationAddress, organizationIdOf, sandboxInstanceAddress } from '../../addresses.ts';
import { awakeActor } from '../../awake.ts';
import type { JobResult, SandboxInstanceCatalog, SandboxJob } from '../commands.ts';
import { deleteJob, insertJob, readJob } from '../db/repository.ts';
import { ensureJob } from './run-job.ts';
import { afterClone } from './create.ts';
import { placeOf, requireSandbox, taskOf } from './record.ts';

type Push = ParsedInput<SandboxInstanceCatalog, 'sandbox.command.push'>;
type Pull = ParsedInput<SandboxInstanceCatalog, 'sandbox.command.pull'>;
type JobEnded = ParsedInput<SandboxInstanceCatalog, 'sandbox.command.jobEnded'>;
type CheckJob = ParsedInput<SandboxInstanceCatalog, 'sandbox.command.checkJob'>;

async function addJob(
  t: TransactionContext,
  { envelope }: RunningCommand<unknown>,
  job: SandboxJob,
): Promise<void> {
  const { attempt } = await requireSandbox(t.tx);
  const jobId = envelope.commandId;
  await insertJob(t.tx, { jobId, job, attempt, by: envelope.by });
  const { providerId, sandboxId } = placeOf(t.key);
  const self = sandboxInstanceAddress(organizationIdOf(t.key), providerId, sandboxId);
  t.send(self, 'sandbox.command.checkJob', { jobId }, { delayMs: sandboxLimits.jobCheckMs });
}

/** Starts the job of this very command beside the loop; it may take minutes (R4). */
function startOwnJob<Input>() {
  return effect<Input, null>('start', async (context, { envelope }) => {
    const job = await readJob(context.db, envelope.commandId);
    if (job !== null) {
      const actor = awakeActor('sandboxInstance', context.key);
      ensureJob(actor, await requireSandbox(context.db), job, { repeated: context.repeated });
    }
    return null;
  });
}

export const push: CommandHandler<Push> = {
  steps: [
    transaction('note', async (t, command) => {
      await addJob(t, command, { kind: 'push', ...command.input });
      return null;
    }),
    startOwnJob<Push>(),
  ],
  onFailure: async (t, { failure }) => {
    const record = await requireSandbox(t.tx);
    t.send(taskOf(t, record), 'task.command.publishFailed', { failure });
  },
};

export const pull: CommandHandler<Pull> = {
  steps: [
    transaction('note', async (t, command) => {
      await addJob(t, command, { kind: 'pull', ...command.input });
      return null;
    }),
    startOwnJob<Pull>(),
  ],
};

export const jobEnded = single<JobEnded>(async (t, { input }) => {
  const job = await readJob(t.tx, input.jobId);
  if (job === null) {
    return null;
  }
  await deleteJob(t.tx, input.jobId);
  const record = await requireSandbox(t.tx);
  const { result } = input;
  const failure = failureOf(result);
  if (failure?.code === 'wrong_repository') {
    t.send(organizationAddress(organizationIdOf(t.key)), 'organization.command.reportRuntimeIssue', {
      actor: `task ${taskOf(t, record).key.join('/')}`,
      command: null,
      step: null,
      attempt: null,
      message: failure.message.slice(0, 2_000),
      atMs: t.nowMs,
    });
  }
  switch (job.job.kind) {
    case 'clone':
      await afterClone(t, record, job.attempt, failure);
      return null;
    case 'push':
      if (result.status === 'pushed') {
        const { headSha, changed } = result;
        t.send(taskOf(t, record), 'task.command.branchPublished', {
          sandboxId: record.sandboxId,
          headSha,
          changed,
        });
      } else if (failure !== null) {
        t.send(taskOf(t, record), 'task.command.publishFailed', { failure });
      }
      return null;
    case 'pull':
      t.send(taskOf(t, record), 'task.command.branchPulled', {
        sandboxId: record.sandboxId,
        notice:
          result.status === 'pulled'
            ? result.notice
            : noticeOfFailure(failure, job.job.person ?? record.person),
      });
      return null;
  }
});

function noticeOfFailure(failure: CommandFailure | null, person: Person): TaskNotice {
  return failure?.code === 'sign_in_required'
    ? { kind: 'sign_in_required', login: person.login }
    : { kind: 'fetch_failed', reason: failure?.message ?? 'It ended without a result.' };
}

function failureOf(result: JobResult): CommandFailure | null {
  return result.status === 'failed'
    ? { code: result.code, message: result.message, retryable: result.retryable }
    : null;
}

const lookForJob = transaction<CheckJob, Finish | null>('look', async (t, { input }) =>
  (await readJob(t.tx, input.jobId)) === null ? new Finish(null) : null,
);

/** A job whose process died runs again; one that is still at it is looked at later. */
export const checkJob: CommandHandler<CheckJob> = {
  steps: [
    lookForJob,
    effect('restart', async (context, { input }) => {
      const job = await readJob(context.db, input.jobId);
      if (job !== null) {
        const actor = awakeActor('sandboxInstance', context.key);
        ensureJob(actor, await requireSandbox(context.db), job, { repeated: true });
      }
      return null;
    }),
    transaction('again', async (t, { input }) => {
      if ((await readJob(t.tx, input.jobId)) !== null) {
        const { providerId, sandboxId } = placeOf(t.key);
        const self = sandboxInstanceAddress(organizationIdOf(t.key), providerId, sandboxId);
        t.send(self, 'sandbox.command.checkJob', input, { delayMs: sandboxLimits.jobCheckMs });
      }
      return null;
    }),
  ],
};
