import { CommandError } from '../../../command-loop/errors.ts';
import type { TransactionContext } from '../../../command-loop/handlers.ts';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { organizationIdOf, taskAddress } from '../../addresses.ts';
import { readSandbox, writeSandbox, type SandboxRecord } from '../db/repository.ts';
import { toSandbox } from '../snapshot.ts';

/** @throws {CommandError} sandbox_not_found */
export async function requireSandbox(db: ActorDatabase): Promise<SandboxRecord> {
  const record = await readSandbox(db);
  if (record === null) {
    throw new CommandError('sandbox_not_found', 'There is no such sandbox.');
  }
  return record;
}

/** Provider and id of a sandbox, from its actor's key. */
export function placeOf(key: readonly string[]): { providerId: string; sandboxId: string } {
  const [, , , providerId, sandboxId] = key;
  if (providerId === undefined || sandboxId === undefined) {
    throw new Error(`${key.join('/')} is no sandbox's key`);
  }
  return { providerId, sandboxId };
}

export async function saveSandbox(
  t: TransactionContext,
  before: SandboxRecord,
  changed: Partial<SandboxRecord>,
): Promise<SandboxRecord> {
  const after = { ...before, ...changed };
  await writeSandbox(t.tx, after);
  t.upsert({ type: 'sandbox', entity: toSandbox(after) });
  return after;
}

/** The task that this sandbox belongs to. */
export function taskOf(t: TransactionContext, record: SandboxRecord) {
  return taskAddress(organizationIdOf(t.key), record.taskId);
}
