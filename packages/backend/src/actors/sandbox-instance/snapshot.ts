import type { Sandbox } from '@foundry/shared/entities';
import type { SandboxSnapshot } from '@foundry/shared/topics';
import type { ActorDatabase } from '../../command-loop/database.ts';
import { readVersion } from '../../command-loop/store-repository.ts';
import { readSandbox, type SandboxRecord } from './db/repository.ts';

export function toSandbox(record: SandboxRecord): Sandbox {
  return {
    id: record.sandboxId,
    providerId: record.providerId,
    state: record.state,
    message: record.message,
    createdAtMs: record.createdAtMs,
  };
}

/** Version and data of one moment; null before the sandbox was asked for. */
export async function readSnapshot(db: ActorDatabase): Promise<SandboxSnapshot | null> {
  return await db.transaction(async (tx) => {
    const record = await readSandbox(tx);
    return record === null ? null : { version: await readVersion(tx), sandbox: toSandbox(record) };
  });
}
