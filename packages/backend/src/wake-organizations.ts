import { setTimeout as sleep } from 'node:timers/promises';
import { auditLogAddress, gitHubDataAddress, organizationAddress } from './actors/addresses.ts';
import { mapBounded } from './parallel.ts';
import { ActorRefusedError, type ActorConnections } from './command-loop/connections.ts';
import type { ActorAddress } from './command-loop/catalog.ts';
import { errorMessage } from './command-loop/errors.ts';
import { processLimits } from './limits.ts';
import { listOrganizations } from './list-organizations.ts';
import type { Logger } from './log.ts';

/**
 * Wakes what every person and every webhook of an organization needs, after a start. After a crash those actors are
 * asleep, and an actor that fell asleep a moment ago cannot be woken for half a minute should the engine die next: its
 * dead worker still holds it. Tasks and repositories are left alone (R7).
 */
export function wakeOrganizations(connections: ActorConnections, log: Logger): { readonly stop: () => void } {
  const end = new AbortController();
  const wake = async (address: ActorAddress, action: string, args: readonly unknown[]): Promise<unknown> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await connections.call(address, action, args, {
          timeoutMs: processLimits.wakeTimeoutMs,
          signal: end.signal,
        });
      } catch (error) {
        if (error instanceof ActorRefusedError || attempt === processLimits.wakeAttempts) throw error;
        await sleep(processLimits.wakeRetryMs, undefined, { signal: end.signal });
      }
    }
  };
  const wakeAll = async (): Promise<void> => {
    const organizations = await listOrganizations(wake, processLimits.organizationsWokenAtStart);
    await mapBounded(organizations, processLimits.parallelWakes, async ({ id }) => {
      await Promise.all([
        wake(organizationAddress(id), 'version', []),
        wake(gitHubDataAddress(id), 'version', []),
        wake(auditLogAddress(id), 'page', [{ before: null, limit: 1 }]),
      ]).catch(tell);
    });
  };
  // One that does not wake keeps the others from nothing; whoever needs it wakes it, only later.
  const tell = (error: unknown): void => {
    if (!end.signal.aborted) log.warn({ error: errorMessage(error) }, 'an organization could not be woken');
  };
  void wakeAll().catch(tell);
  return { stop: () => end.abort() };
}
