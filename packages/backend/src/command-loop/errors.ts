import type { CommandFailure } from '@foundry/shared/envelope';

/**
 * A command is refused, or a step of it failed in a way that trying again at once will not cure.
 * The loop never retries it: it stores the failure as the command's outcome. Anything else a step
 * throws is taken for a passing fault and retried.
 */
export class CommandError extends Error {
  readonly failure: CommandFailure;

  constructor(code: string, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'CommandError';
    this.failure = { code, message, retryable: options.retryable ?? false };
  }
}

/** Not an error: the outside asks to be called again later (a rate limit). The loop runs the same command again at `retryAtMs`. */
export class RetryLater extends Error {
  readonly retryAtMs: number;

  constructor(retryAtMs: number, message: string) {
    super(message);
    this.name = 'RetryLater';
    this.retryAtMs = retryAtMs;
  }
}

/** The text of anything thrown, for logs and failures. */
export function errorMessage(error: unknown): string {
  if (error instanceof Error) {
    return error.message;
  }
  return String(error);
}
