import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { readAcpStream } from './acp-stream.ts';
import type { AcpStreamOptions } from './acp-stream.ts';
import { SandboxAgentClient } from './sandbox-agent-client.ts';

// A server that misbehaves on demand, which the real one cannot be told to do.
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(
  handle: (response: ServerResponse, lastEventId: string, connection: number) => void,
): Promise<SandboxAgentClient> {
  let connections = 0;
  server = createServer((request, response) => {
    connections += 1;
    handle(response, String(request.headers['last-event-id']), connections);
  });
  const listening = server;
  await new Promise<void>((resolve) => {
    listening.listen(0, '127.0.0.1', resolve);
  });
  const address = listening.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return new SandboxAgentClient({ baseUrl: `http://127.0.0.1:${port}`, token: 'token' });
}

function event(id: number, data: string = JSON.stringify({ jsonrpc: '2.0', method: `m${id}` })) {
  return `event: message\nid: ${id}\ndata: ${data}\n\n`;
}

function open(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
}

async function take(
  client: SandboxAgentClient,
  count: number,
  options: Partial<AcpStreamOptions> = {},
): Promise<number[]> {
  const signal = AbortSignal.timeout(5_000);
  const ids: number[] = [];
  for await (const { eventId } of readAcpStream(client, 's', {
    lastEventId: 0,
    signal,
    ...options,
  })) {
    ids.push(eventId);
    if (ids.length === count) break;
  }
  return ids;
}

test('goes on after a broken connection from the last event, each once', async () => {
  const asked: string[] = [];
  const client = await serve((response, lastEventId, connection) => {
    asked.push(lastEventId);
    open(response);
    if (connection === 1) response.end(event(1) + event(2));
    // As some servers do: the last event comes again.
    else response.write(event(2) + event(3));
  });
  expect(await take(client, 3)).toEqual([1, 2, 3]);
  expect(asked).toEqual(['0', '2']);
});

test('a connection that fell silent is replaced; signs of life keep it', async () => {
  const reconnects: string[] = [];
  const client = await serve((response, _, connection) => {
    open(response);
    if (connection === 1) {
      response.write(event(1));
      return;
    }
    let beats = 0;
    const timer = setInterval(() => {
      beats += 1;
      response.write(beats < 6 ? ': heartbeat\n\n' : event(2));
      if (beats === 6) clearInterval(timer);
    }, 50);
  });
  const ids = await take(client, 2, {
    silenceTimeoutMs: 150,
    onReconnect: ({ code }) => reconnects.push(code),
  });
  expect(ids).toEqual([1, 2]);
  expect(reconnects).toEqual(['timeout']);
});

test('missing events and events that are no messages are reported', async () => {
  const gaps: unknown[] = [];
  const malformed: number[] = [];
  const client = await serve((response) => {
    open(response);
    response.write(event(5) + event(6, 'no json') + event(7, '{"jsonrpc":"1.0"}') + event(8));
  });
  const ids = await take(client, 2, {
    lastEventId: 2,
    onGap: (gap) => gaps.push(gap),
    onMalformed: ({ eventId }) => malformed.push(eventId),
  });
  expect(ids).toEqual([5, 8]);
  expect(gaps).toEqual([{ afterEventId: 2, missedCount: 2 }]);
  expect(malformed).toEqual([6, 7]);
});

test('characters cut in two by the network are put together', async () => {
  const bytes = Buffer.from(event(1, JSON.stringify({ jsonrpc: '2.0', method: 'grün' })));
  const client = await serve((response) => {
    open(response);
    const cut = bytes.indexOf(0xc3) + 1;
    response.write(bytes.subarray(0, cut));
    setTimeout(() => response.write(bytes.subarray(cut)), 30);
  });
  const signal = AbortSignal.timeout(5_000);
  for await (const { message } of readAcpStream(client, 's', { lastEventId: 0, signal })) {
    expect(message.method).toBe('grün');
    break;
  }
});

test('an unknown connection is an error at once, an unreachable server after a while', async () => {
  const client = await serve((response) => {
    response.writeHead(404, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ title: 'Session Not Found', detail: 'session not found: s' }));
  });
  await expect(take(client, 1)).rejects.toMatchObject({
    code: 'not_found',
    providerMessage: 'session not found: s',
  });
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  await expect(take(client, 1, { reconnectTimeoutMs: 200 })).rejects.toMatchObject({
    code: 'unreachable',
  });
});

test('the signal ends it quietly', async () => {
  const client = await serve((response) => {
    open(response);
    response.write(event(1));
  });
  const stop = new AbortController();
  const ids: number[] = [];
  for await (const { eventId } of readAcpStream(client, 's', {
    lastEventId: 0,
    signal: stop.signal,
  })) {
    ids.push(eventId);
    stop.abort();
  }
  expect(ids).toEqual([1]);
});
