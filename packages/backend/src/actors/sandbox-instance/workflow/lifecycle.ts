import type { ParsedInput } from '../../../command-loop/catalog.ts';
import { CommandError } from '../../../command-loop/errors.ts';
import { effect, transaction, type CommandHandler } from '../../../command-loop/handlers.ts';
import { removeCredential } from '../../../sandbox/git-credential.ts';
import { SandboxError } from '../../../sandbox/sandbox-error.ts';
import { openSandbox, sandboxFailure, sandboxProvider } from '../../sandbox-access.ts';
import type { SandboxInstanceCatalog } from '../commands.ts';
import { reconcile as decideReconciliation } from '../decisions.ts';
import { toSandbox } from '../snapshot.ts';
import { placeOf, requireSandbox, saveSandbox, taskOf } from './record.ts';

type Plain = ParsedInput<SandboxInstanceCatalog, 'sandbox.command.reconcile'>;

async function carryOut(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof SandboxError && error.retryable) {
      throw error;
    }
    const { code, message, retryable } = sandboxFailure(error);
    throw new CommandError(code, message, { retryable, cause: error });
  }
}

const inspect = effect<
  Plain,
  { state: 'running' | 'paused' | 'stopped' | 'unhealthy' | 'gone'; message: string | null }
>('inspect', async ({ key }) => {
  const { providerId, sandboxId } = placeOf(key);
  const { state, message } = await sandboxProvider(providerId).inspect(sandboxId);
  return { state, message };
});

/** Asks the provider what is true; the task hears of what is not as it was believed to be. */
export const reconcile: CommandHandler<Plain> = {
  steps: [
    inspect,
    transaction('apply', async (t, command) => {
      const record = await requireSandbox(t.tx);
      const { state, message } = command.resultOf(inspect);
      const decision = decideReconciliation(record.state, state, message);
      switch (decision.action) {
        case 'nothing':
          return null;
        case 'lost':
          await saveSandbox(t, record, { state: 'lost', message: decision.message });
          t.send(taskOf(t, record), 'task.command.sandboxGone', {
            sandboxId: record.sandboxId,
            message: decision.message,
          });
          return null;
        case 'changed': {
          const after = await saveSandbox(t, record, { state: decision.state, message: decision.message });
          t.send(taskOf(t, record), 'task.command.sandboxChanged', {
            sandbox: toSandbox(after),
            failure: null,
          });
          return null;
        }
      }
    }),
  ],
};

export const stop: CommandHandler<Plain> = {
  steps: [
    effect('stop', async ({ key }) => {
      const { providerId, sandboxId } = placeOf(key);
      await carryOut(async () => {
        const provider = sandboxProvider(providerId);
        if ((await provider.inspect(sandboxId)).state !== 'gone') {
          await provider.stop(sandboxId);
        }
      });
      return null;
    }),
    transaction('stopped', async (t) => {
      const record = await requireSandbox(t.tx);
      const after = await saveSandbox(t, record, {
        state: 'stopped',
        message: 'The sandbox was stopped; its files are kept.',
      });
      t.send(taskOf(t, record), 'task.command.sandboxChanged', { sandbox: toSandbox(after), failure: null });
      return null;
    }),
  ],
};

export const destroy: CommandHandler<Plain> = {
  steps: [
    effect('destroy', async ({ key }) => {
      const { providerId, sandboxId } = placeOf(key);
      await carryOut(() => sandboxProvider(providerId).destroy(sandboxId));
      return null;
    }),
    transaction('destroyed', async (t) => {
      const record = await requireSandbox(t.tx);
      const after = await saveSandbox(t, record, { state: 'destroyed', message: 'The sandbox was removed.' });
      t.send(taskOf(t, record), 'task.command.sandboxChanged', { sandbox: toSandbox(after), failure: null });
      return null;
    }),
  ],
};

export const removeCredentials: CommandHandler<Plain> = {
  steps: [
    effect('remove', async ({ key }) => {
      const { providerId, sandboxId } = placeOf(key);
      await carryOut(async () => {
        // A stopped sandbox is started for this: a token of somebody who gave the task away must not lie around.
        const provider = sandboxProvider(providerId);
        const { state } = await provider.inspect(sandboxId);
        if (state === 'gone') {
          return;
        }
        if (state !== 'running') {
          await provider.start(sandboxId);
        }
        const { target } = await openSandbox(providerId, sandboxId);
        await removeCredential(target);
        if (state === 'stopped') {
          await provider.stop(sandboxId);
        }
      });
      return null;
    }),
    transaction('removed', async () => null),
  ],
};
