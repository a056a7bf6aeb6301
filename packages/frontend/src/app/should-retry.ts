import { toApiError } from '@foundry/client/api-error';

/** Only what a repeat can mend: no answer, or a server in trouble. */
export function shouldRetry(failureCount: number, error: unknown): boolean {
  return failureCount < 2 && toApiError(error).outcomeUnknown;
}
