import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ApiError } from './api-error.ts';
import { toApiError } from './api-error.ts';
import { Http } from './http.ts';

const schema = z.object({ name: z.string() });
let server: Server | undefined;

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return `http://127.0.0.1:${address.port}`;
}
afterEach(async () => {
  if (server === undefined) return;
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  server = undefined;
});

async function failureOf(request: Promise<unknown>): Promise<ApiError> {
  try {
    await request;
  } catch (error) {
    return toApiError(error);
  }
  throw new Error('the request was expected to fail');
}

describe('Http', () => {
  test('sends JSON and parses the answer', async () => {
    const baseUrl = await serve((request, response) => {
      expect(request.headers['content-type']).toBe('application/json');
      request.pipe(response);
    });
    const answer = await new Http({ baseUrl }).request('/', {
      method: 'POST',
      body: { name: 'ada' },
      schema,
    });
    expect(answer).toEqual({ name: 'ada' });
  });

  test('an error of the gateway keeps its code, words, request id and wait', async () => {
    const error = { code: 'rate_limited', message: 'Wait a moment.', requestId: 'r-1', retryAfterMs: 1_500 };
    const baseUrl = await serve((_request, response) =>
      response.writeHead(429).end(JSON.stringify({ error })),
    );
    const failure = await failureOf(new Http({ baseUrl }).request('/', { schema }));
    expect(failure).toMatchObject({ ...error, status: 429 });
    expect(failure.outcomeUnknown).toBe(false);
  });

  test('a page of a proxy is no answer, and the outcome is unknown', async () => {
    const baseUrl = await serve((_request, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'));
    const failure = await failureOf(new Http({ baseUrl }).request('/', { schema }));
    expect(failure).toMatchObject({ code: 'http_502', status: 502, outcomeUnknown: true });
  });

  test('an answer of another form is refused, though the command was carried out', async () => {
    const baseUrl = await serve((_request, response) => response.end('{"title":"no name"}'));
    const failure = await failureOf(new Http({ baseUrl }).request('/', { schema }));
    expect(failure).toMatchObject({ code: 'unexpected_answer', status: 200, outcomeUnknown: false });
  });

  test('silence ends after the limit', async () => {
    const baseUrl = await serve(() => undefined);
    const failure = await failureOf(new Http({ baseUrl, timeoutMs: 50 }).request('/', { schema }));
    expect(failure).toMatchObject({ code: 'timeout', status: 0, outcomeUnknown: true });
  });

  test('a server that is not there is said so', async () => {
    const failure = await failureOf(new Http({ baseUrl: 'http://127.0.0.1:9' }).request('/', { schema }));
    expect(failure).toMatchObject({ code: 'unreachable', status: 0 });
  });

  test('a request that the caller cancels is no failure of the server', async () => {
    const baseUrl = await serve(() => undefined);
    const abort = new AbortController();
    const request = failureOf(new Http({ baseUrl }).request('/', { schema, signal: abort.signal }));
    abort.abort();
    expect((await request).code).toBe('aborted');
  });
});
