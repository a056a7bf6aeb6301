import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { loopRuntime } from '../../../command-loop/runtime.ts';
import { errorMessage } from '../../../command-loop/errors.ts';
import { streamLimits } from '../../../limits.ts';
import { organizationIdOf, taskSessionAddress, userAddress } from '../../addresses.ts';
import { services } from '../../services.ts';
import { accessCheckSchema } from '../../user/commands.ts';

const authorSchema = z.object({ userId: z.string() }).nullable();

/** One look: whether GitHub still lets the turn's author do what they could. What changed, their own actor acts on. */
async function look(key: readonly string[], sessionId: string): Promise<void> {
  const { connections } = loopRuntime();
  const session = taskSessionAddress(organizationIdOf(key), sessionId);
  const author = authorSchema.parse(await connections.call(session, 'turnAuthor', []));
  if (author === null) return;
  const address = userAddress(author.userId);
  const { state } = accessCheckSchema.parse(
    await connections.call(address, 'checkAccess', [], { timeoutMs: streamLimits.accessCheckTimeoutMs }),
  );
  if (state !== 'changed') return;
  const commandId = `access.${randomUUID()}`;
  await connections.send(
    address,
    'user.command.refreshAccess',
    { reason: 'a turn is running' },
    {
      commandId,
      causedBy: null,
      by: { kind: 'system' },
      at: Date.now(),
    },
  );
}

/**
 * While a turn runs, its author may have closed every page: then nobody else asks whether they may still do this, and the
 * event that says so may be lost. In memory: a look writes nothing.
 * @returns what ends it.
 */
export function watchAuthorsAccess(key: readonly string[], sessionId: string): () => void {
  const timer = setInterval(() => {
    look(key, sessionId).catch((error: unknown) =>
      services().log.debug({ key, reason: errorMessage(error) }, "a turn's author could not be asked about"),
    );
  }, streamLimits.accessCheckIntervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
