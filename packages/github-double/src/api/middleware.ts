import { createHash, randomUUID } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { GitHubError } from '../domain/errors.ts';
import type { Double } from '../double.ts';
import { authenticate } from './authenticate.ts';
import { RepositoryMoved } from './context.ts';
import type { ApiContext, ApiEnv } from './context.ts';
import { RateLimits } from './rate-limit.ts';
import type { Bucket } from './rate-limit.ts';

const documentationUrl = 'https://docs.github.com/rest';

/** GitHub's body for a refusal. */
export function errorBody(status: number, message: string, errors?: readonly unknown[]) {
  return {
    message,
    ...(errors === undefined ? {} : { errors }),
    documentation_url: documentationUrl,
    status: String(status),
  };
}

/** Turns what a route threw into GitHub's answer. */
export function answerError(double: Double, error: unknown, c: ApiContext): Response {
  if (error instanceof RepositoryMoved) {
    const { pathname, search } = new URL(c.req.url);
    const rest = pathname.split('/').slice(6).join('/');
    const url = `${double.urls.api}/repositories/${error.repository.id}${rest === '' ? '' : `/${rest}`}${search}`;
    c.header('location', url);
    const status = c.req.method === 'GET' || c.req.method === 'HEAD' ? 301 : 307;
    return c.json({ message: 'Moved Permanently', url, documentation_url: documentationUrl }, status);
  }
  if (error instanceof GitHubError) {
    // The status is one GitHub uses for errors, all of which carry a body.
    return c.json(errorBody(error.status, error.message, error.errors), error.status as ContentfulStatusCode);
  }
  if (error instanceof HTTPException) return error.getResponse();
  double.log.error({ err: error, method: c.req.method, path: c.req.path }, 'request failed');
  return c.json(errorBody(500, 'Server Error'), 500);
}

/** Injects the faults that were asked for, before anything else happens. */
export function faults(double: Double): MiddlewareHandler<ApiEnv> {
  return createMiddleware<ApiEnv>(async (c, next) => {
    if (c.req.path.startsWith('/_double')) return next();
    const fault = double.faults.takeHttpFault(c.req.method, c.req.path);
    if (fault === undefined) return next();
    double.log.info({ fault: fault.kind, method: c.req.method, path: c.req.path }, 'fault injected');
    switch (fault.kind) {
      case 'status': {
        for (const [name, value] of Object.entries(fault.headers)) c.header(name, value);
        return c.json(errorBody(fault.status, fault.message), fault.status as ContentfulStatusCode);
      }
      case 'delay':
        await new Promise((resolve) => {
          setTimeout(resolve, fault.delayMs);
        });
        return next();
      case 'drop':
        if (fault.when === 'after') await next();
        c.env.incoming.socket.destroy();
        return c.body(null);
      case 'rateLimit':
        return rateLimited(c, fault.limit, fault.retryAfterSeconds);
    }
  });
}

function rateLimited(c: ApiContext, limit: 'primary' | 'secondary', retryAfterSeconds: number): Response {
  if (limit === 'secondary') {
    c.header('retry-after', String(retryAfterSeconds));
    return c.json(
      errorBody(
        403,
        'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
      ),
      403,
    );
  }
  const resetSeconds = Math.floor(Date.now() / 1_000) + retryAfterSeconds;
  setRateLimitHeaders(c, { limit: 5_000, remaining: 0, used: 5_000, resetSeconds });
  return c.json(errorBody(403, 'API rate limit exceeded for this token.'), 403);
}

function setRateLimitHeaders(c: ApiContext, bucket: Bucket): void {
  c.header('x-ratelimit-limit', String(bucket.limit));
  c.header('x-ratelimit-remaining', String(bucket.remaining));
  c.header('x-ratelimit-used', String(bucket.used));
  c.header('x-ratelimit-reset', String(bucket.resetSeconds));
  c.header('x-ratelimit-resource', 'core');
}

/** Who is asking, what is left of their hour, ETag and 304, and the headers of every API reply. */
export function apiReply(double: Double): MiddlewareHandler<ApiEnv> {
  return createMiddleware<ApiEnv>(async (c, next) => {
    const requestId = randomUUID().toUpperCase();
    c.set('requestId', requestId);
    c.header('x-github-request-id', requestId);
    c.header('x-github-media-type', 'github.v3; format=json');
    c.header('server', 'github-double');
    try {
      c.set('viewer', await authenticate(double, c.req.header('authorization')));
    } catch (error) {
      return answerError(double, error, c);
    }
    const bucket = double.rateLimits.bucket(RateLimits.key(c.get('viewer')));
    const free = c.req.path.endsWith('/rate_limit');
    if (bucket.remaining === 0 && !free) {
      setRateLimitHeaders(c, bucket);
      return c.json(errorBody(403, 'API rate limit exceeded for this token.'), 403);
    }
    await next();
    const notModified = await conditional(c);
    // An unchanged reply costs nothing, which is what makes polling with ETags affordable.
    if (!notModified && !free) double.rateLimits.count(bucket);
    setRateLimitHeaders(c, bucket);
    return undefined;
  });
}

/** Adds an ETag to a successful read; answers 304 when the caller has that state already. */
async function conditional(c: ApiContext): Promise<boolean> {
  if (c.req.method !== 'GET' || c.res.status !== 200) return false;
  const digest = createHash('sha256').update(await c.res.clone().text());
  // The Link header is part of what the caller keeps.
  const etag = `W/"${digest.update(c.res.headers.get('link') ?? '').digest('hex')}"`;
  c.header('etag', etag);
  c.header('cache-control', 'private, max-age=60, s-maxage=60');
  const given = c.req
    .header('if-none-match')
    ?.split(',')
    .map((text) => text.trim().replace(/^W\//, ''));
  if (given?.includes(etag.replace(/^W\//, '')) !== true) return false;
  const { headers } = c.res;
  headers.delete('content-type');
  headers.delete('content-length');
  c.res = new Response(null, { status: 304, headers });
  return true;
}
