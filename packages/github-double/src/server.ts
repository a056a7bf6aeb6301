import { createPublicKey } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { destination, pino } from 'pino';
import { RateLimits } from './api/rate-limit.ts';
import { createHttpApp } from './http-app.ts';
import { FaultList } from './control/faults.ts';
import { PullFactsReader } from './domain/pull-facts.ts';
import { syncRefs } from './domain/refs.ts';
import type { Double } from './double.ts';
import { now } from './double.ts';
import { RepositoryFolders } from './git/repository-folders.ts';
import { doubleOptions } from './options.ts';
import type { GitHubDoubleOptions } from './options.ts';
import { seedDouble } from './seeds/seed.ts';
import type { Account } from './store/accounts.ts';
import { openStore } from './store/open.ts';
import { WebhookSender } from './webhooks/sender.ts';

/** Reading the refs of every repository at a start, this many at once. */
const startupGitProcesses = 8;

/** A running double. */
export interface GitHubDouble {
  /** Web pages, OAuth and git (`GITHUB_WEB_URL`). */
  url: string;
  /** REST (`GITHUB_API_URL`). */
  apiUrl: string;
  port: number;
  /** The parts inside, for tests that look at or change the double's own state. */
  double: Double;
  setWebhookUrl(url: string): void;
  /** Stops answering, lets the webhook under way end or abort, closes the store. */
  stop(): Promise<void>;
}

/** What the app may do and hears of. The demo app has what Foundry asks for in its manifest. */
export const defaultPermissions: Record<string, string> = {
  actions: 'read',
  administration: 'read',
  checks: 'read',
  contents: 'write',
  emails: 'read',
  issues: 'write',
  members: 'read',
  metadata: 'read',
  pull_requests: 'write',
  statuses: 'read',
};
export const defaultEvents = [
  'check_run',
  'check_suite',
  'member',
  'membership',
  'organization',
  'pull_request',
  'pull_request_review',
  'push',
  'repository',
];

/** Starts a double; it is ready when the promise resolves. Throws when the port is taken or the options are wrong. */
export async function startGitHubDouble(input: GitHubDoubleOptions): Promise<GitHubDouble> {
  const options = doubleOptions.parse(input);
  // Standard output carries the ready line only.
  const log = pino({ name: 'github-double', level: options.logLevel }, destination({ fd: 2, sync: true }));
  if (options.fresh) await clearData(options.dataDir);
  const store = openStore(options.dataDir);
  const faults = new FaultList();
  const folders = new RepositoryFolders(options.dataDir);
  const double: Double = {
    store,
    folders,
    urls: { web: '', api: '' },
    pullFacts: new PullFactsReader({ store, folders, log, mergeWaitMs: options.mergeWaitMs }),
    webhooks: new WebhookSender(store, faults, log),
    faults,
    rateLimits: new RateLimits(store),
    log,
    ready: false,
    appId: options.app.id,
  };
  const server = createAdaptorServer({ fetch: createHttpApp(double).fetch });
  const port = await listen(server, options.port);
  // Filled in, not replaced: the routes hold this very object.
  Object.assign(double.urls, urlsOf(port));
  try {
    await prepare(double, options);
  } catch (error) {
    server.close();
    store.close();
    throw error;
  }
  double.ready = true;
  double.webhooks.kick();
  return {
    url: double.urls.web,
    apiUrl: double.urls.api,
    port,
    double,
    setWebhookUrl: (url) => {
      store.apps.update(options.app.id, { webhookUrl: url });
      double.webhooks.kick();
    },
    stop: async () => {
      await double.webhooks.stop();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
      await double.pullFacts.stop();
      store.close();
    },
  };
}

function urlsOf(port: number): { web: string; api: string } {
  const web = `http://127.0.0.1:${port}`;
  return { web, api: `${web}/api/v3` };
}

/** Removes only what a double puts into its folder, in case the folder holds something else. */
async function clearData(dataDir: string): Promise<void> {
  for (const name of ['git', 'double.sqlite', 'double.sqlite-wal', 'double.sqlite-shm']) {
    await rm(join(dataDir, name), { recursive: true, force: true });
  }
}

type AdaptorServer = ReturnType<typeof createAdaptorServer>;

function listen(server: AdaptorServer, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

async function prepare(double: Double, options: ReturnType<typeof doubleOptions.parse>): Promise<void> {
  const { store } = double;
  const { app } = options;
  const seeded = store.seedName();
  const bot = store.accounts.byLogin(`${app.slug}[bot]`);
  const account =
    bot ??
    store.accounts.insert({
      id: 90_000_000 + app.id,
      login: `${app.slug}[bot]`,
      type: 'Bot',
      name: `${app.slug}[bot]`,
      email: `${app.slug}[bot]@users.noreply.example.com`,
      createdAt: '2026-01-05T09:00:00Z',
    });
  store.apps.upsert({
    id: app.id,
    slug: app.slug,
    name: 'Foundry demo',
    ownerId: store.accounts.byLogin('ada')?.id ?? account.id,
    clientId: app.clientId,
    clientSecret: app.clientSecret,
    publicKeyPem: createPublicKey(app.keyPem).export({ type: 'spki', format: 'pem' }).toString(),
    // A target that was set while the double ran is kept when the command line names none.
    webhookUrl: app.webhookUrl ?? store.apps.byId(app.id)?.webhookUrl ?? null,
    webhookSecret: app.webhookSecret,
    callbackUrls: [],
    permissions: defaultPermissions,
    events: defaultEvents,
    createdAt: '2026-01-05T09:00:00Z',
  });
  if (seeded === undefined) {
    await seedDouble(double, options.seed);
    store.markSeeded(options.seed, now());
    const ada = store.accounts.byLogin('ada');
    if (ada !== undefined) store.apps.update(app.id, { ownerId: ada.id });
    return;
  }
  await noticePushes(double, account);
}

/** Notices whatever was pushed by file path while the double was down. */
async function noticePushes(double: Double, fallback: Account): Promise<void> {
  const waiting = double.store.repositories.all();
  const worker = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const repository = next;
      const pusher = repository.owner.type === 'User' ? repository.owner : fallback;
      await double.folders.exclusive(repository.id, () => syncRefs(double, repository, pusher));
    }
  };
  await Promise.all(Array.from({ length: startupGitProcesses }, worker));
}
