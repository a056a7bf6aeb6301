import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { SandboxEndpoint } from './providers/provider.ts';
import { SandboxError, toSandboxError } from './sandbox-error.ts';

/**
 * Posts a prompt over a connection of its own, without any timeout: its answer comes at the end of
 * the turn, which may take hours (`fetch` would give up after 300 s). Resolves with that answer,
 * rejects with a SandboxError when the prompt was refused or the connection broke.
 */
export function postDetached(endpoint: SandboxEndpoint, path: string, body: string): Promise<void> {
  const url = new URL(`${endpoint.baseUrl}${path}`);
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const broken = (error: Error): void =>
      reject(toSandboxError(error, 'unreachable', 'The connection to the turn was lost.'));
    const outgoing = request(
      url,
      {
        method: 'POST',
        agent: false,
        headers: {
          authorization: `Bearer ${endpoint.token}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', broken);
        response.once('end', () => {
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve();
          else reject(refusal(status, Buffer.concat(chunks).toString('utf8')));
        });
      },
    );
    // The turn goes on without us: it must not keep a process alive that wants to end.
    outgoing.once('socket', (socket) => socket.unref());
    outgoing.once('error', broken);
    outgoing.end(body);
  });
}

function refusal(status: number, words: string): SandboxError {
  return new SandboxError(codeOf(status, words), `The prompt was refused (${status}).`, {
    providerMessage: words,
  });
}

function codeOf(status: number, words: string): SandboxError['code'] {
  if (/agent stdin|agent process/i.test(words)) return 'agent_crashed';
  switch (status) {
    // 400 is how the server asks which agent to start: it does not know the connection.
    case 400:
    case 404:
      return 'not_found';
    case 401:
      return 'unauthorized';
    case 413:
      return 'too_large';
    default:
      return 'agent_unavailable';
  }
}
