import type { ApiError } from '@foundry/shared/errors';
import type { CommandFailure } from '@foundry/shared/envelope';
import type { RepositoryRole } from '@foundry/shared/roles';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { AuthStoreError } from '../auth/auth-store.ts';
import { ActorRefusedError, UnknownOutcomeError } from '../command-loop/connections.ts';
import { gatewayLimits } from '../limits.ts';

/** An answer that is no success. `message` is for people: what happened, why, what to do. */
export class HttpError extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(
    status: ContentfulStatusCode,
    code: string,
    message: string,
    options: { retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'HttpError';
    this.status = status;
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

type Thing = 'organization' | 'repository' | 'task' | 'session' | 'sandbox' | 'command' | 'issue' | 'picture';

/** The one answer for what does not exist and for what the person may not see: nobody can tell them apart. */
export function notFound(thing: Thing): HttpError {
  return new HttpError(
    404,
    'not_found',
    `There is no such ${thing}, or you may not see it. Check the address, or ask for access to its repository on GitHub.`,
  );
}

/** The person sees the thing, and GitHub does not let them do this with it. */
export function notPermitted(needed: RepositoryRole): HttpError {
  return new HttpError(403, 'not_permitted', `${refusals[needed]} Ask whoever administers it on GitHub.`);
}

const refusals: Readonly<Record<RepositoryRole, string>> = {
  read: 'You may not read this repository on GitHub.',
  triage: 'This needs at least the role Triage in the repository on GitHub.',
  write:
    'On GitHub you may read this repository but not write to it. So you can watch its tasks here, but not start, steer or publish them.',
  maintain: 'This needs the role Maintain or Admin in the repository on GitHub.',
  admin: 'This needs the role Admin in the repository on GitHub.',
};

export function notSignedIn(): HttpError {
  return new HttpError(401, 'signed_out', 'You are not signed in, or no longer. Sign in with GitHub.');
}

export function unavailable(message: string, cause?: unknown): HttpError {
  return new HttpError(503, 'unavailable', message, { retryAfterMs: gatewayLimits.retryAfterMs, cause });
}

const statusByCode: { readonly [code: string]: ContentfulStatusCode } = {
  invalid_input: 400,
  forbidden: 403,
  not_owner: 403,
  not_author: 403,
  sign_in_required: 403,
  not_found: 404,
  task_not_opened: 404,
  too_large: 413,
  rate_limited: 429,
  github_busy: 503,
  github_unavailable: 503,
  unknown_command: 500,
  step_failed: 502,
  timeout: 504,
};

/** HTTP status of a refusal by its code; 422 for those that need none of their own. */
export function statusOfCode(code: string): ContentfulStatusCode {
  if (Object.hasOwn(statusByCode, code)) return statusByCode[code] ?? 422;
  if (code.endsWith('_not_found')) return 404;
  if (/_(taken|exists|conflict|running)$|^already_/.test(code)) return 409;
  return 422;
}

/** A command was carried out and refused or failed. */
export function failureError(failure: CommandFailure): HttpError {
  return new HttpError(
    statusOfCode(failure.code),
    failure.code,
    failure.message,
    failure.retryable ? { retryAfterMs: gatewayLimits.retryAfterMs } : {},
  );
}

const codeOfStatus: { readonly [status: number]: string } = {
  400: 'bad_request',
  413: 'too_large',
  415: 'unsupported_media_type',
};

/** Everything that can be thrown on the way of a request, as the answer it becomes. */
export function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof UnknownOutcomeError) {
    return unavailable('Foundry is starting or recovering and gave no answer. Try again in a moment.', error);
  }
  if (error instanceof ActorRefusedError) {
    return new HttpError(statusOfCode(error.code), error.code, error.message, { cause: error });
  }
  if (error instanceof AuthStoreError && error.code === 'unavailable') {
    return unavailable('Your sign-in could not be checked just now. Try again in a moment.', error);
  }
  if (error instanceof HTTPException && error.status < 500) {
    const code = codeOfStatus[error.status] ?? `http_${error.status}`;
    return new HttpError(error.status, code, messageOf(error), { cause: error });
  }
  return new HttpError(
    500,
    'internal_error',
    'Something went wrong inside Foundry. It has been logged; try again, and tell whoever runs this server the request id if it stays.',
    { cause: error },
  );
}

function messageOf(error: HTTPException): string {
  if (error.status === 415) return 'The body must be JSON, sent with the content type application/json.';
  return `${error.message || 'The request could not be understood'}.`;
}

/** The JSON body of an error. */
export function errorBody(error: HttpError, requestId: string): ApiError {
  return {
    error: {
      code: error.code,
      message: error.message,
      requestId,
      ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    },
  };
}
