import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/rest';
import { z } from 'zod';
import type { GitHubToken, GitHubTokenWish } from '../auth/github-tokens.ts';
import type { Config } from '../config.ts';
import { gitHubLimits } from '../limits.ts';
import type { Logger } from '../log.ts';
import { GitHubError, RateLimited, throwIfStopped } from './github-errors.ts';

export type GitHubReply<T> =
  | {
      readonly kind: 'new';
      readonly data: T;
      readonly etag: string | null;
      /** Number of the next page, or the opaque cursor of lists that have one; null on the last. */
      readonly next: string | null;
    }
  /** The caller's etag is still the current one. Costs nothing of the rate limit. */
  | { readonly kind: 'unchanged' };

interface RequestOptions {
  readonly signal: AbortSignal;
}

/**
 * GitHub's REST API as one party. Every reply is parsed; every failure is a GitHubError or RateLimited, but the abort of
 * who asked, which is thrown as it is.
 */
export interface GitHubApi {
  /** `route` as in GitHub's documentation: `GET /repos/{owner}/{repo}/pulls`. */
  read<T>(
    route: string,
    parameters: Record<string, unknown>,
    schema: z.ZodType<T>,
    options: RequestOptions & { readonly etag?: string | null },
  ): Promise<GitHubReply<T>>;
  /** A change, or a read without etag: the parsed reply. */
  send<T>(
    route: string,
    parameters: Record<string, unknown>,
    schema: z.ZodType<T>,
    options: RequestOptions,
  ): Promise<T>;
}

/** A token of one person. `refused`: the one that GitHub has just refused, although its time is not up. */
export type PersonToken = (wish: GitHubTokenWish) => Promise<GitHubToken>;

export interface GitHub {
  /** As the App itself, for its installations and webhook deliveries. @throws {GitHubError} github_app_missing */
  asApp(): GitHubApi;
  /** As the App on one account; tokens are made and kept in memory until shortly before they expire. */
  asInstallation(installationId: string): GitHubApi;
  /** With a person's token, asked for again, once, when GitHub refuses the one that it got. */
  asPerson(token: PersonToken): GitHubApi;
}

const graphQlRoute = 'POST /graphql';
/** The value of the header. `refused`: the value that GitHub did not accept a moment ago. */
type Authorization = (refused: string | null) => Promise<string>;

/** Clients for the configured GitHub. No client ever sleeps or retries by itself: that is the command loop's part. */
export function createGitHub(config: Config['github'], log: Logger): GitHub {
  const octokit = new Octokit({
    baseUrl: config.apiUrl,
    userAgent: 'foundry',
    log: {
      debug: () => undefined,
      info: () => undefined,
      warn: (message: string) => log.warn({ part: 'github' }, message),
      // Octokit logs every failed request here; failures are reported by whoever asked.
      error: () => undefined,
    },
  });
  // Beside REST's `/api/v3` where GitHub is hosted by oneself, below the one address of github.com.
  const graphQlUrl = `${config.apiUrl.replace(/\/v3$/, '')}/graphql`;
  const { app } = config;
  const appAuth =
    app === undefined
      ? null
      : createAppAuth({
          appId: app.appId,
          privateKey: app.privateKey,
          log: { warn: (message) => log.warn({ part: 'github' }, message) },
          request: octokit.request.defaults({
            request: {
              fetch: async (input: string | URL | Request, init?: RequestInit) =>
                await fetch(input, {
                  ...init,
                  signal: AbortSignal.timeout(gitHubLimits.tokenRequestTimeoutMs),
                }),
            },
          }),
        });
  const requireApp = (): NonNullable<typeof appAuth> => {
    if (appAuth === null) {
      throw new GitHubError(
        'github_app_missing',
        'No GitHub App is configured on this server. Set one up first.',
      );
    }
    return appAuth;
  };

  const apiWith = (authorization: Authorization, canRenew: boolean): GitHubApi => {
    const request = async (
      route: string,
      parameters: Record<string, unknown>,
      options: RequestOptions & { readonly etag?: string | null },
      refused: string | null,
    ): Promise<{ status: number; headers: Record<string, unknown>; data: unknown }> => {
      const value = await authorization(refused);
      try {
        const headers = {
          authorization: value,
          'x-github-api-version': '2022-11-28',
          ...(typeof options.etag === 'string' ? { 'if-none-match': options.etag } : {}),
        };
        const reply = await octokit.request(route === graphQlRoute ? `POST ${graphQlUrl}` : route, {
          ...parameters,
          headers,
          request: { signal: options.signal },
        });
        return { status: reply.status, headers: { ...reply.headers }, data: reply.data as unknown };
      } catch (error) {
        throwIfStopped(options.signal);
        const fault = faultOf(error, route);
        if (fault === 'unchanged') {
          return { status: 304, headers: {}, data: null };
        }
        // It may have been revoked before its time: one new one, once.
        const isRefused = fault instanceof GitHubError && fault.code === 'github_unauthorized';
        if (canRenew && refused === null && isRefused) {
          return await request(route, parameters, options, value);
        }
        throw fault;
      }
    };
    const parsed = <T>(schema: z.ZodType<T>, route: string, data: unknown): T => {
      const result = schema.safeParse(data);
      if (result.success) {
        return result.data;
      }
      const [issue] = result.error.issues;
      throw new GitHubError(
        'github_unexpected_reply',
        `GitHub's reply to ${route} is not as documented: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
      );
    };
    return {
      read: async (route, parameters, schema, options) => {
        const reply = await request(route, parameters, options, null);
        if (reply.status === 304) {
          return { kind: 'unchanged' };
        }
        const { etag, link } = reply.headers;
        return {
          kind: 'new',
          data: parsed(schema, route, reply.data),
          etag: typeof etag === 'string' ? etag : null,
          next: typeof link === 'string' ? nextOf(link) : null,
        };
      },
      send: async (route, parameters, schema, options) =>
        parsed(schema, route, (await request(route, parameters, options, null)).data),
    };
  };

  return {
    asApp: () => {
      const auth = requireApp();
      return apiWith(async () => {
        const { token } = await withFaults('GET /app', () => auth({ type: 'app' }));
        return `bearer ${token}`;
      }, false);
    },
    asInstallation: (installationId) => {
      const auth = requireApp();
      return apiWith(async (refused) => {
        const { token } = await withFaults('POST /app/installations/{installation_id}/access_tokens', () =>
          auth({ type: 'installation', installationId, refresh: refused !== null }),
        );
        return `token ${token}`;
      }, true);
    },
    asPerson: (tokenFor) =>
      apiWith(async (refused) => {
        const wish = refused === null ? {} : { refused: refused.slice('token '.length) };
        return `token ${(await tokenFor(wish)).token}`;
      }, true),
  };
}

const clients = new WeakMap<Config['github'], GitHub>();

/** One client per configuration: installation tokens are shared by all actors of the process. */
export function gitHubOf(config: Config['github'], log: Logger): GitHub {
  const known = clients.get(config);
  if (known !== undefined) {
    return known;
  }
  const created = createGitHub(config, log);
  clients.set(config, created);
  return created;
}

function nextOf(link: string): string | null {
  const url = /<([^>]+)>;\s*rel="next"/.exec(link)?.[1];
  if (url === undefined) {
    return null;
  }
  const { searchParams } = new URL(url);
  return searchParams.get('cursor') ?? searchParams.get('page');
}

interface HttpFault {
  readonly status: number;
  readonly message: string;
  readonly headers: Record<string, unknown>;
}

/** Octokit throws its own error for every status from 304 up, and for requests that got no answer. */
function httpFaultOf(error: unknown): HttpFault | null {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') {
    return null;
  }
  const response: unknown = 'response' in error ? error.response : null;
  if (typeof response !== 'object' || response === null) {
    return error.status === 304 ? { status: 304, message: '', headers: {} } : null;
  }
  const headers = 'headers' in response && typeof response.headers === 'object' ? response.headers : {};
  const words = refusalShape.safeParse('data' in response ? response.data : null);
  return {
    status: error.status,
    message: words.success ? wordsOf(words.data) : error.message,
    headers: { ...headers },
  };
}

const fieldRefusalShape = z.object({
  field: z.string().optional(),
  code: z.string().optional(),
  message: z.string().optional(),
});
/** GitHub's general sentence, and what it says of each field when it does. */
const refusalShape = z.object({
  message: z.string(),
  errors: z.array(z.union([z.string(), fieldRefusalShape])).optional(),
});

/** What GitHub's codes for a field mean; `custom` comes with a message. */
const fieldCodes: Readonly<Record<string, string>> = {
  missing: 'does not exist',
  missing_field: 'is missing',
  invalid: 'is not valid',
  already_exists: 'exists already',
  unprocessable: 'cannot be used',
};

/** "Validation Failed" alone helps nobody: which field GitHub means is in its codes, if not in a sentence. */
function wordsOfField({ field, code, message }: z.output<typeof fieldRefusalShape>): string {
  if (message !== undefined && message !== '') return message;
  if (field === undefined) return code ?? '';
  const meaning = Object.hasOwn(fieldCodes, code ?? '') ? fieldCodes[code ?? ''] : undefined;
  return `the field "${field}" ${meaning ?? `was refused${code === undefined ? '' : ` (${code})`}`}`;
}

function wordsOf({ message, errors = [] }: z.output<typeof refusalShape>): string {
  const details = errors.map((detail) => (typeof detail === 'string' ? detail : wordsOfField(detail)));
  return [message, ...details].filter((text) => text !== '').join(': ');
}

async function withFaults<T>(route: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw faultOf(error, route);
  }
}

function faultOf(error: unknown, route: string): GitHubError | RateLimited | 'unchanged' {
  if (error instanceof GitHubError || error instanceof RateLimited) {
    return error;
  }
  const fault = httpFaultOf(error);
  if (fault === null) {
    const reason = error instanceof Error ? error.message : String(error);
    return new GitHubError('github_unavailable', `GitHub did not answer (${route}): ${reason}`, {
      cause: error,
    });
  }
  const { status, message } = fault;
  if (status === 304) {
    return 'unchanged';
  }
  const retryAtMs = rateLimitOf(fault);
  if (retryAtMs !== null) {
    return new RateLimited(retryAtMs);
  }
  const options = { status, cause: error };
  switch (status) {
    case 401:
      return new GitHubError(
        'github_unauthorized',
        'GitHub no longer accepts this sign-in. Sign in with GitHub again.',
        options,
      );
    case 403:
      return new GitHubError(
        'github_forbidden',
        `GitHub does not allow this (${route}): ${message}`,
        options,
      );
    case 404:
    case 410:
      return new GitHubError(
        'github_not_found',
        `GitHub does not know this, or does not show it (${route})`,
        options,
      );
    case 400:
    case 409:
    case 422:
    case 451:
      return new GitHubError('github_refused', `GitHub refused: ${message}`, options);
    default:
      return new GitHubError(
        'github_unavailable',
        `GitHub answered with status ${status} (${route})`,
        options,
      );
  }
}

/** When to try again, or null when the fault is no rate limit. Primary limits name a reset time, secondary ones a delay. */
function rateLimitOf({ status, message, headers }: HttpFault): number | null {
  if (status !== 403 && status !== 429) {
    return null;
  }
  const nowMs = Date.now();
  const retryAfterSeconds = Number(headers['retry-after']);
  if (headers['retry-after'] !== undefined && Number.isFinite(retryAfterSeconds)) {
    return nowMs + retryAfterSeconds * 1_000;
  }
  const resetSeconds = Number(headers['x-ratelimit-reset']);
  if (String(headers['x-ratelimit-remaining']) === '0' && Number.isFinite(resetSeconds)) {
    return Math.max(nowMs + 1_000, resetSeconds * 1_000);
  }
  return status === 429 || /rate limit/i.test(message) ? nowMs + gitHubLimits.defaultRetryAfterMs : null;
}
