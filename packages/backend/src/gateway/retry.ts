import { setTimeout as sleep } from 'node:timers/promises';
import { UnknownOutcomeError } from '../command-loop/connections.ts';
import { gatewayLimits } from '../limits.ts';

/**
 * Repeats `attempt` while its outcome is unknown (a connection that died with its process, an engine that starts),
 * until `budgetMs` is spent. What is repeated must be harmless to repeat: a read, or a command under one commandId.
 * @throws {UnknownOutcomeError} of the last attempt. Anything else at once.
 */
export async function whileOutcomeUnknown<T>(
  attempt: (timeoutMs: number) => Promise<T>,
  budgetMs: number = gatewayLimits.requestBudgetMs,
): Promise<T> {
  const deadlineMs = Date.now() + budgetMs;
  for (let backoffMs: number = gatewayLimits.retryInitialBackoffMs; ; backoffMs *= 2) {
    const leftMs = Math.max(deadlineMs - Date.now(), 100);
    try {
      return await attempt(Math.min(leftMs, gatewayLimits.attemptTimeoutMs));
    } catch (error) {
      const waitMs = Math.min(backoffMs, gatewayLimits.retryMaxBackoffMs);
      if (!(error instanceof UnknownOutcomeError) || Date.now() + waitMs >= deadlineMs) throw error;
      await sleep(waitMs);
    }
  }
}
