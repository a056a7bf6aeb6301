import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gitEnvironment } from './run-git.ts';

export interface GitHttpRequest {
  projectRoot: string;
  /** Path below the project root, e.g. `/acme/storefront.git/info/refs`. */
  pathInfo: string;
  query: string;
  user: string;
}

const headerEnd = '\r\n\r\n';

/**
 * Answers one smart-HTTP request with `git http-backend`. `beforeEnd` runs when git has done its work and before the
 * client sees the end of the reply, so that whoever pushed finds the consequences in place.
 */
export function serveGit(
  request: GitHttpRequest,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  beforeEnd: () => Promise<void>,
): Promise<void> {
  const header = (name: string): string => {
    const value = incoming.headers[name];
    return typeof value === 'string' ? value : '';
  };
  const contentLength = header('content-length');
  const child = spawn('git', ['http-backend'], {
    stdio: 'pipe',
    env: gitEnvironment({
      GIT_PROJECT_ROOT: request.projectRoot,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: request.pathInfo,
      QUERY_STRING: request.query,
      REQUEST_METHOD: incoming.method ?? 'GET',
      CONTENT_TYPE: header('content-type'),
      REMOTE_USER: request.user,
      REMOTE_ADDR: '127.0.0.1',
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      GIT_PROTOCOL: header('git-protocol'),
      // A chunked body has no length; git then reads to its end.
      ...(contentLength === '' ? {} : { CONTENT_LENGTH: contentLength }),
    }),
  });
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    let headDone = false;
    child.on('error', reject);
    // A client that goes away, and a git that stops reading early, both end through 'close' below.
    child.stdin.on('error', () => incoming.unpipe(child.stdin));
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) child.kill();
    });
    incoming.pipe(child.stdin);
    child.stderr.resume();
    child.stdout.on('data', (chunk: Buffer) => {
      if (headDone) {
        if (!outgoing.write(chunk)) {
          child.stdout.pause();
          outgoing.once('drain', () => child.stdout.resume());
        }
        return;
      }
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf(headerEnd);
      if (end < 0) return;
      headDone = true;
      writeHead(outgoing, head.subarray(0, end).toString('latin1'));
      outgoing.write(head.subarray(end + headerEnd.length));
    });
    child.on('close', () => {
      if (!headDone) outgoing.writeHead(500, { 'content-type': 'text/plain' });
      beforeEnd()
        .then(resolve, reject)
        .finally(() => outgoing.end());
    });
  });
}

/** The CGI header block: `Status:` becomes the status line, the rest are headers. */
function writeHead(outgoing: ServerResponse, block: string): void {
  let status = 200;
  for (const line of block.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else outgoing.setHeader(name, value);
  }
  outgoing.writeHead(status);
}
