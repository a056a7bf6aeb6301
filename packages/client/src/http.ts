import { apiErrorSchema } from '@foundry/shared/errors';
import type { z } from 'zod';
import { ApiError } from './api-error.ts';

export interface HttpOptions {
  /** Origin of the gateway without a slash at the end; empty in the browser. */
  baseUrl: string;
  fetch?: typeof fetch;
  /** Longest wait for an answer, in milliseconds. */
  timeoutMs?: number;
}

interface RequestOptions<T> {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  schema: z.ZodType<T>;
  signal?: AbortSignal | undefined;
}

const defaultTimeoutMs = 30_000;

export class Http {
  readonly #baseUrl: string;
  readonly #fetch: typeof fetch;
  readonly #timeoutMs: number;

  constructor(options: HttpOptions) {
    this.#baseUrl = options.baseUrl;
    this.#fetch = options.fetch ?? ((...parameters) => fetch(...parameters));
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  }

  /** Sends one request and parses its answer. Throws ApiError for everything that is not the expected answer. */
  async request<T>(path: string, options: RequestOptions<T>): Promise<T> {
    const response = await this.#send(path, options);
    const body = await readJson(response);
    if (!response.ok) throw errorOf(response, body);
    const parsed = options.schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new ApiError({
      code: 'unexpected_answer',
      message:
        'The server answered in a form that this page does not know. Reload the page; it may be older than the server.',
      // The command was carried out; what is unknown is only what it said.
      status: response.status,
      requestId: response.headers.get('x-request-id') ?? undefined,
      cause: parsed.error,
    });
  }

  async #send(path: string, options: RequestOptions<unknown>): Promise<Response> {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
    const init: RequestInit = { method: options.method ?? 'GET', credentials: 'same-origin', signal };
    if (options.body !== undefined) {
      init.body = JSON.stringify(options.body);
      init.headers = { 'content-type': 'application/json' };
    }
    try {
      return await this.#fetch(`${this.#baseUrl}${path}`, init);
    } catch (error) {
      if (options.signal?.aborted === true) {
        throw new ApiError({
          code: 'aborted',
          message: 'The request was cancelled.',
          status: 0,
          cause: error,
        });
      }
      const message = timeout.aborted
        ? 'The server did not answer in time. Check that Foundry is running, then try again.'
        : 'The server could not be reached. Check the connection, then try again.';
      throw new ApiError({
        code: timeout.aborted ? 'timeout' : 'unreachable',
        message,
        status: 0,
        cause: error,
      });
    }
  }
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's HTML page, for example. The status alone then says what happened; the schema refuses the null.
    return null;
  }
}

function errorOf(response: Response, body: unknown): ApiError {
  const parsed = apiErrorSchema.safeParse(body);
  if (parsed.success) return new ApiError({ ...parsed.data.error, status: response.status });
  return new ApiError({
    code: `http_${response.status}`,
    message: `The server answered with status ${response.status} and no explanation. Try again in a moment.`,
    status: response.status,
    requestId: response.headers.get('x-request-id') ?? undefined,
  });
}
