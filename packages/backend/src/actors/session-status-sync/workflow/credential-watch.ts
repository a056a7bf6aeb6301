import { randomUUID } from 'node:crypto';
import { personSchema } from '@foundry/shared/entities';
import { errorMessage } from '../../../command-loop/errors.ts';
import { loopRuntime } from '../../../command-loop/runtime.ts';
import { streamLimits } from '../../../limits.ts';
import {
  organizationIdOf,
  sandboxInstanceAddress,
  taskSessionAddress,
  userAddress,
} from '../../addresses.ts';
import { tokenStateSchema } from '../../sandbox-instance/reads.ts';
import { services } from '../../services.ts';

interface Place {
  readonly providerId: string;
  readonly sandboxId: string;
}

/** One look: the token in the sandbox is the one that GitHub takes from the turn's author now. */
async function look(key: readonly string[], sessionId: string, place: Place): Promise<void> {
  const { connections } = loopRuntime();
  const organizationId = organizationIdOf(key);
  const author = personSchema
    .nullable()
    .parse(await connections.call(taskSessionAddress(organizationId, sessionId), 'turnAuthor', []));
  if (author === null) return;
  const sandbox = sandboxInstanceAddress(organizationId, place.providerId, place.sandboxId);
  const { state } = tokenStateSchema.parse(
    await connections.call(sandbox, 'renewToken', [{ person: author }], {
      timeoutMs: streamLimits.tokenCheckTimeoutMs,
    }),
  );
  if (state !== 'sign_in_required') return;
  // What follows from it (the turn's end, words at the task and at the person's pages) is their own actor's to say.
  await connections.send(
    userAddress(author.userId),
    'user.command.refreshAccess',
    { reason: 'GitHub no longer accepts the sign-in of the author of a running turn' },
    { commandId: `sign-in.${randomUUID()}`, causedBy: null, by: { kind: 'system' }, at: Date.now() },
  );
}

/**
 * While a turn runs its author's token comes to its end, or is renewed by something else that works in their name, and
 * GitHub ends the old one with that: the agent's own git gets the new one. In memory: a look writes nothing of ours.
 * @returns what ends it.
 */
export function watchCredential(key: readonly string[], sessionId: string, place: Place): () => void {
  const timer = setInterval(() => {
    look(key, sessionId, place).catch((error: unknown) =>
      services().log.debug({ key, reason: errorMessage(error) }, 'the token of a turn was not looked at'),
    );
  }, streamLimits.tokenCheckIntervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
