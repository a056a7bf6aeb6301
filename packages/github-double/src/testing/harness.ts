import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/rest';
import { z } from 'zod';
import { gitEnvironment } from '../git/run-git.ts';
import { startGitHubDouble } from '../server.ts';
import type { GitHubDouble } from '../server.ts';
import { issueUserTokens } from '../oauth/tokens.ts';
import type { RestSchemas } from './schemas.ts';

const run = promisify(execFile);
const waitLimitMs = 10_000;
/** Most tests want to see what git says, however busy the machine is. */
const settledMs = 10_000;

/** One key for all tests of a file: making one takes a while. */
export const appKey = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
});

export const webhookSecret = 'test-webhook-secret';
export const clientId = 'Iv1.test';
export const clientSecret = 'test-client-secret';
export const appId = 77;

export interface ReceivedWebhook {
  event: string;
  action: string | null;
  guid: string;
  headers: Record<string, string>;
  body: string;
  payload: unknown;
}

/** A receiver of webhooks on a free port; `answer` is the status it answers with. */
export async function startReceiver() {
  const received: ReceivedWebhook[] = [];
  const state = { answer: 202 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const payload: unknown = JSON.parse(body);
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      );
      received.push({
        event: headers['x-github-event'] ?? '',
        action: z.object({ action: z.string() }).safeParse(payload).data?.action ?? null,
        guid: headers['x-github-delivery'] ?? '',
        headers,
        body,
        payload,
      });
      response.writeHead(state.answer);
      response.end('received');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/webhooks`,
    received,
    state,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

export interface TestDouble {
  running: GitHubDouble;
  dataDir: string;
  /** As a person who signed in to the app. */
  as(login: string): Octokit;
  /** As a person with a token of their own, which no installation narrows. */
  asOwner(login: string): Octokit;
  /** As the app itself. */
  asApp(): Octokit;
  /** As the app's installation on an account. */
  asInstallation(account: string): Octokit;
  userToken(login: string): string;
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Runs git in a folder and gives its standard output. */
  git(cwd: string, ...args: string[]): Promise<string>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export function testOptions(dataDir: string, seed: 'small' | 'large' | 'none', mergeWaitMs = settledMs) {
  return {
    dataDir,
    seed,
    mergeWaitMs,
    app: { id: appId, slug: 'test-app', clientId, clientSecret, keyPem: appKey.publicKey, webhookSecret },
    logLevel: 'silent' as const,
  };
}

/** A double in its own folder on a free port. With `schemas`, every reply to an Octokit is judged. */
export async function startTestDouble(
  options: {
    seed?: 'small' | 'large' | 'none';
    schemas?: RestSchemas;
    problems?: string[];
    mergeWaitMs?: number;
  } = {},
): Promise<TestDouble> {
  const dataDir = await mkdtemp(join(tmpdir(), 'github-double-'));
  const started = testOptions(dataDir, options.seed ?? 'small', options.mergeWaitMs);
  let running = await startGitHubDouble(started);

  const judged = (octokit: Octokit): Octokit => {
    const { schemas, problems } = options;
    if (schemas === undefined || problems === undefined) return octokit;
    const judge = (url: string, method: string, status: number, data: unknown) => {
      const path = new URL(url).pathname.replace(/^\/api\/v3/, '');
      problems.push(...schemas.problems(method, path, status, data));
    };
    octokit.hook.after('request', (response, request) => {
      if (!request.url.includes('graphql'))
        judge(response.url, request.method, response.status, response.data);
    });
    return octokit;
  };
  const withToken = (token: string) =>
    judged(new Octokit({ auth: token, baseUrl: running.apiUrl, log: quiet, retry: { enabled: false } }));
  const account = (login: string) => {
    const found = running.double.store.accounts.byLogin(login);
    if (found === undefined) throw new Error(`no account ${login}`);
    return found;
  };
  const userToken = (login: string) => {
    const app = running.double.store.apps.byId(appId);
    if (app === undefined) throw new Error('no app');
    return issueUserTokens(running.double, app, account(login).id).access_token;
  };
  const control = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${running.url}/_double${path}`, {
      method,
      // Judging replies may keep this process busy for so long that the server gives up an idle connection.
      headers: { connection: 'close' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    const data: unknown = await response.json();
    return data;
  };
  return {
    get running() {
      return running;
    },
    dataDir,
    as: (login) => withToken(userToken(login)),
    asOwner: (login) => {
      const token = `ghp_test_${login}_${Math.random().toString(36).slice(2)}`;
      running.double.store.tokens.insert({ token, kind: 'personal', userId: account(login).id });
      return withToken(token);
    },
    asApp: () =>
      judged(
        new Octokit({
          authStrategy: createAppAuth,
          auth: { appId, privateKey: appKey.privateKey },
          baseUrl: running.apiUrl,
          log: quiet,
        }),
      ),
    asInstallation: (login) => {
      const installation = running.double.store.apps.installationOf(appId, account(login).id);
      return judged(
        new Octokit({
          authStrategy: createAppAuth,
          auth: { appId, privateKey: appKey.privateKey, installationId: installation?.id ?? 0 },
          baseUrl: running.apiUrl,
          log: quiet,
        }),
      );
    },
    userToken,
    control,
    git: async (cwd, ...args) => {
      const identity = {
        GIT_AUTHOR_NAME: 'Grace Hopper',
        GIT_AUTHOR_EMAIL: 'grace@example.com',
        GIT_COMMITTER_NAME: 'Grace Hopper',
        GIT_COMMITTER_EMAIL: 'grace@example.com',
      };
      const { stdout } = await run('git', args, { cwd, env: gitEnvironment(identity) });
      return stdout.trim();
    },
    restart: async () => {
      const { port } = running;
      await running.stop();
      running = await startGitHubDouble({ ...started, port });
    },
    stop: async () => {
      await running.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const silent = () => undefined;
const quiet = { debug: silent, info: silent, warn: silent, error: silent };

/** Asks again until `check` holds, at most ten seconds. */
export async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + waitLimitMs;
  while (!(await check())) {
    if (Date.now() > deadlineMs) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

/** The HTTP status an Octokit call was refused with. */
export async function refusal(call: Promise<unknown>): Promise<{ status: number; message: string }> {
  try {
    await call;
  } catch (error) {
    const parsed = z.object({ status: z.number(), message: z.string() }).safeParse(error);
    if (parsed.success) return parsed.data;
    throw error;
  }
  throw new Error('the call was not refused');
}
