import type { CommandFailure } from '@foundry/shared/envelope';
import type { ParsedInput } from '../../../command-loop/catalog.ts';
import { CommandError, RetryLater } from '../../../command-loop/errors.ts';
import {
  effect,
  Finish,
  single,
  transaction,
  type CommandHandler,
  type EffectContext,
  type TransactionContext,
} from '../../../command-loop/handlers.ts';
import { sandboxLimits } from '../../../limits.ts';
import { SandboxError } from '../../../sandbox/sandbox-error.ts';
import { organizationIdOf, sandboxInstanceAddress } from '../../addresses.ts';
import { awakeActor } from '../../awake.ts';
import { openSandbox, sandboxFailure, sandboxProvider } from '../../sandbox-access.ts';
import { services } from '../../services.ts';
import type { SandboxInstanceCatalog, SandboxPhase } from '../commands.ts';
import { nextPhase } from '../decisions.ts';
import { insertJob, readJob, readSandbox, type SandboxRecord } from '../db/repository.ts';
import { ensureJob } from './run-job.ts';
import { toSandbox } from '../snapshot.ts';
import { placeOf, requireSandbox, saveSandbox, taskOf } from './record.ts';

type Create = ParsedInput<SandboxInstanceCatalog, 'sandbox.command.create'>;
type Advance = ParsedInput<SandboxInstanceCatalog, 'sandbox.command.advance'>;

function sendToSelf(t: TransactionContext) {
  const { providerId, sandboxId } = placeOf(t.key);
  return sandboxInstanceAddress(organizationIdOf(t.key), providerId, sandboxId);
}

/** Every phase asks first what is there already, so that a second try completes the first. */
export const create = single<Create>(async (t, { input }) => {
  const known = await readSandbox(t.tx);
  const record: SandboxRecord = {
    ...placeOf(t.key),
    ...input,
    state: 'creating',
    phase: 'creating_sandbox',
    message: null,
    attempt: (known?.attempt ?? 0) + 1,
    deadlineMs: t.nowMs + sandboxLimits.createTimeoutMs,
    checkoutPath: known?.checkoutPath ?? null,
    createdAtMs: known?.createdAtMs ?? t.nowMs,
  };
  await saveSandbox(t, record, {});
  t.send(sendToSelf(t), 'sandbox.command.advance', { attempt: record.attempt, phase: record.phase });
  return null;
});

const phaseMessages: { readonly [phase in SandboxPhase]: string } = {
  creating_sandbox: 'Creating the sandbox',
  starting_sandbox_agent: 'Waiting for sandbox-agent to answer',
  cloning: 'Cloning the repository',
  starting_agent: 'Looking for the agent',
};

const cloneJobId = (attempt: number): string => `clone/${attempt}`;

const report = transaction<Advance, Finish | null>('report', async (t, { input, envelope }) => {
  const record = await requireSandbox(t.tx);
  if (record.attempt !== input.attempt || record.state !== 'creating') {
    return new Finish(null);
  }
  const message = phaseMessages[input.phase];
  await saveSandbox(t, record, { phase: input.phase, message });
  t.send(taskOf(t, record), 'task.command.workspaceProgress', {
    sandboxId: record.sandboxId,
    phase: input.phase,
    message,
  });
  if (input.phase === 'cloning') {
    await insertJob(t.tx, {
      jobId: cloneJobId(input.attempt),
      job: { kind: 'clone' },
      attempt: input.attempt,
      by: envelope.by,
    });
  }
  return null;
});

interface Acted {
  readonly checkoutPath: string | null;
}

const act = effect<Advance, Acted>('act', async (context, { input }) => {
  const record = await requireSandbox(context.db);
  try {
    return await carryOut(context, record, input.phase);
  } catch (error) {
    const isSlow = error instanceof SandboxError && (error.code === 'timeout' || error.code === 'cancelled');
    if ((isSlow || context.signal.aborted) && Date.now() < record.deadlineMs) {
      // Not a failure: the provider goes on, and the same call completes what this one began (R4).
      throw new RetryLater(Date.now() + sandboxLimits.createPollMs, 'the provider is still at it');
    }
    const { code, message, retryable } = sandboxFailure(error);
    throw new CommandError(code, message, { retryable, cause: error });
  }
});

async function carryOut(context: EffectContext, record: SandboxRecord, phase: SandboxPhase): Promise<Acted> {
  const { providerId, sandboxId } = record;
  switch (phase) {
    case 'creating_sandbox': {
      const identity = await withSignal(
        sandboxProvider(providerId).create(sandboxId, { signal: context.signal }),
        context.signal,
      );
      return { checkoutPath: identity.checkoutPath };
    }
    case 'starting_sandbox_agent': {
      const { target } = await openSandbox(providerId, sandboxId);
      await target.client.health();
      return { checkoutPath: target.checkoutPath };
    }
    case 'cloning': {
      const job = await readJob(context.db, cloneJobId(record.attempt));
      if (job !== null) {
        const actor = awakeActor('sandboxInstance', context.key);
        ensureJob(actor, record, job, { repeated: context.repeated });
      }
      return { checkoutPath: record.checkoutPath };
    }
    case 'starting_agent': {
      const { target } = await openSandbox(providerId, sandboxId);
      const agents = await target.client.listAgents();
      const wanted = services().defaultAgentId;
      if (!agents.some(({ id }) => id === wanted)) {
        throw new SandboxError('agent_unavailable', `The sandbox has no agent "${wanted}".`);
      }
      return { checkoutPath: target.checkoutPath };
    }
  }
}

/** A provider that does not listen to the signal must not hold the loop (R4); its work goes on. */
async function withSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener(
      'abort',
      () => reject(new SandboxError('timeout', 'The provider has not finished yet.')),
      { once: true },
    );
  });
  return await Promise.race([work, aborted]);
}

/** One phase of making the workspace. */
export const advance: CommandHandler<Advance> = {
  steps: [
    report,
    act,
    transaction('next', async (t, command) => {
      const { input } = command;
      const before = await requireSandbox(t.tx);
      if (before.attempt !== input.attempt || before.state !== 'creating') {
        return null;
      }
      const { checkoutPath } = command.resultOf(act);
      const record = await saveSandbox(t, before, { checkoutPath });
      if (input.phase === 'cloning') {
        t.send(
          sendToSelf(t),
          'sandbox.command.checkJob',
          { jobId: cloneJobId(input.attempt) },
          { delayMs: sandboxLimits.jobCheckMs },
        );
        return null;
      }
      const next = nextPhase(input.phase);
      if (next === null) {
        await becomeReady(t, record);
      } else {
        t.send(sendToSelf(t), 'sandbox.command.advance', { attempt: input.attempt, phase: next });
      }
      return null;
    }),
  ],
  onFailure: async (t, { input, failure }) => {
    const record = await readSandbox(t.tx);
    if (record !== null && input !== null && record.attempt === input.attempt) {
      await failCreation(t, record, failure);
    }
  },
};

async function becomeReady(t: TransactionContext, record: SandboxRecord): Promise<void> {
  if (record.checkoutPath === null) {
    throw new Error('a sandbox without a checkout cannot become ready');
  }
  const ready = await saveSandbox(t, record, { state: 'running', message: null });
  t.send(taskOf(t, ready), 'task.command.workspaceReady', {
    sandbox: toSandbox(ready),
    checkoutPath: record.checkoutPath,
  });
}

/** The clone is done: on with the next phase, or the end of this try. */
export async function afterClone(
  t: TransactionContext,
  record: SandboxRecord,
  attempt: number,
  failure: CommandFailure | null,
): Promise<void> {
  if (record.attempt !== attempt || record.state !== 'creating') {
    return;
  }
  if (failure === null) {
    t.send(sendToSelf(t), 'sandbox.command.advance', { attempt, phase: 'starting_agent' });
  } else {
    await failCreation(t, record, failure);
  }
}

async function failCreation(
  t: TransactionContext,
  record: SandboxRecord,
  failure: CommandFailure,
): Promise<void> {
  await saveSandbox(t, record, { state: 'failed', message: failure.message });
  t.send(taskOf(t, record), 'task.command.workspaceFailed', {
    sandboxId: record.sandboxId,
    phase: record.phase,
    failure,
  });
}
