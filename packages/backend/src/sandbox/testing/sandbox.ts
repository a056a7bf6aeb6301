/** Real local sandboxes and git repositories for the tests of the sandbox folder. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { connectSandbox } from '../execute-in-sandbox.ts';
import type { SandboxTarget } from '../execute-in-sandbox.ts';
import { LocalSandboxProvider } from '../providers/local.ts';
import { locateLocalSandboxPrograms } from '../providers/local-programs.ts';
import type { SandboxIdentity } from '../providers/provider.ts';

export interface TestSandbox {
  folder: string;
  provider: LocalSandboxProvider;
  identity: SandboxIdentity;
  target: SandboxTarget;
  /** The target after the sandbox was started again: its port changes. */
  reconnect: () => Promise<SandboxTarget>;
  destroy: () => Promise<void>;
}

/** One running sandbox in a folder of its own, whose name holds a space on purpose. */
export async function createTestSandbox(): Promise<TestSandbox> {
  const folder = mkdtempSync(path.join(tmpdir(), 'foundry sandbox '));
  const provider = new LocalSandboxProvider({
    rootFolder: path.join(folder, 'sandboxes'),
    programs: locateLocalSandboxPrograms(),
    searchPath: process.env['PATH'] ?? '/usr/bin:/bin',
  });
  const identity = await provider.create('test-sandbox');
  const reconnect = (): Promise<SandboxTarget> => connectSandbox(provider, identity);
  return {
    folder,
    provider,
    identity,
    target: await reconnect(),
    reconnect,
    destroy: async () => {
      await provider.destroy(identity.sandboxId);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs git outside the sandbox, as somebody else would. */
export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: cwd,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Outside',
      GIT_AUTHOR_EMAIL: 'outside@example.test',
      GIT_COMMITTER_NAME: 'Outside',
      GIT_COMMITTER_EMAIL: 'outside@example.test',
    },
  }).trim();
}

/** A bare repository with these files on `main`, and a clone of it to push from. */
export function createRemote(
  folder: string,
  files: Record<string, string | Uint8Array>,
): { url: string; bare: string; outside: string } {
  const bare = path.join(folder, 'remote repository.git');
  const outside = path.join(folder, 'outside');
  mkdirSync(outside, { recursive: true });
  git(outside, 'init', '--quiet', '--initial-branch=main');
  writeFiles(outside, files);
  git(outside, 'add', '--all');
  git(outside, 'commit', '--quiet', '-m', 'Start');
  git(folder, 'clone', '--quiet', '--bare', outside, bare);
  git(outside, 'remote', 'add', 'origin', bare);
  return { url: pathToFileURL(bare).href, bare, outside };
}

export interface GitHttpServer {
  url: string;
  hostUrl: string;
  /** The tokens that open the repository. */
  tokens: Set<string>;
  /** What every request is answered with instead, when set. */
  refuseWith: { status: number; words: string } | undefined;
  close: () => Promise<void>;
}

/** Serves the repositories of a folder over HTTP with git's own server program and token checks. */
export async function serveGitOverHttp(folder: string, repository: string): Promise<GitHttpServer> {
  const program = path.join(git(folder, '--exec-path'), 'git-http-backend');
  const tokens = new Set<string>();
  const state: { refuseWith: GitHttpServer['refuseWith'] } = { refuseWith: undefined };
  const server = createServer((request, response) => {
    const basic = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString();
    if (state.refuseWith) {
      response.writeHead(state.refuseWith.status).end(state.refuseWith.words);
      return;
    }
    if (!tokens.has(basic.replace('x-access-token:', ''))) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('Bad credentials');
      return;
    }
    const [pathInfo = '', query = ''] = (request.url ?? '').split('?');
    const backend = spawn(program, {
      env: {
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: '1',
        REMOTE_USER: 'x',
        REQUEST_METHOD: request.method,
        PATH_INFO: decodeURIComponent(pathInfo),
        QUERY_STRING: query,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        PATH: process.env['PATH'],
      },
    });
    request.pipe(backend.stdin);
    const chunks: Buffer[] = [];
    backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    backend.once('close', () => {
      const output = Buffer.concat(chunks);
      const end = output.indexOf('\r\n\r\n');
      const headers = output.subarray(0, end).toString().split('\r\n');
      for (const header of headers) {
        const [name = '', value = ''] = header.split(': ');
        if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      response.end(output.subarray(end + 4));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const hostUrl = `http://127.0.0.1:${port}`;
  return {
    url: `${hostUrl}/${encodeURIComponent(repository)}`,
    hostUrl,
    tokens,
    get refuseWith() {
      return state.refuseWith;
    },
    set refuseWith(refusal) {
      state.refuseWith = refusal;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function writeFiles(folder: string, files: Record<string, string | Uint8Array>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
}
