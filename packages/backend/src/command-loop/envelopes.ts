import { createHash } from 'node:crypto';
import { actingPartySchema, type Envelope } from '@foundry/shared/envelope';

/** The same command leads to the same ids whenever it is repeated; hashing keeps long chains of causes short. */
export function derivedCommandId(parentId: string, step: string, index: number): string {
  return createHash('sha256').update(`${parentId}\n${step}\n${index}`).digest('base64url').slice(0, 27);
}

/** System envelope for what an actor does of its own accord; `id` must be the same whenever the same thing is repeated. */
export function systemEnvelope(id: string, causedBy: string | null): Envelope {
  return { commandId: id, causedBy, by: actingPartySchema.parse({ kind: 'system' }), at: Date.now() };
}
