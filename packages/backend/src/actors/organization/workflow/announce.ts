import type { Remove, Upsert } from '@foundry/shared/topics';
import type { TransactionContext } from '../../../command-loop/handlers.ts';
import { organizationLimits } from '../../../limits.ts';

/** Broadcasts what changed, or asks everybody to read a new snapshot when it is very much. */
export function announce(
  t: TransactionContext,
  upserts: readonly Upsert[],
  removes: readonly Remove[] = [],
): void {
  if (upserts.length + removes.length > organizationLimits.changesPerCommand) {
    t.reload();
    return;
  }
  t.upsert(...upserts);
  t.remove(...removes);
}

export function removed(type: Remove['type'], ids: readonly string[]): Remove[] {
  return ids.map((id) => ({ type, id }));
}
