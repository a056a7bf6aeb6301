import type { CommandFailure } from '@foundry/shared/envelope';

interface ApiErrorDetails {
  code: string;
  message: string;
  /** HTTP status; 0 when no answer arrived. */
  status: number;
  requestId?: string | undefined;
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** Anything that went wrong on the way to, in, or back from the gateway. `message` is fit to be shown to a person. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  readonly status: number;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(details: ApiErrorDetails) {
    super(details.message, { cause: details.cause });
    this.code = details.code;
    this.status = details.status;
    this.requestId = details.requestId;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** The request may or may not have been carried out: only a repeat with the same id is safe. */
  get outcomeUnknown(): boolean {
    return this.status === 0 || this.status >= 500;
  }

  static fromFailure(failure: CommandFailure): ApiError {
    return new ApiError({ code: failure.code, message: failure.message, status: 422 });
  }
}

/** Any thrown value as an ApiError, so that screens handle one type. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const message = error instanceof Error ? error.message : 'Something unexpected happened in this page.';
  return new ApiError({ code: 'client_error', message, status: 400, cause: error });
}
