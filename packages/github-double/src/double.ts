import type { Logger } from 'pino';
import type { FaultList } from './control/faults.ts';
import type { RateLimits } from './api/rate-limit.ts';
import type { PullFactsReader } from './domain/pull-facts.ts';
import type { RepositoryFolders } from './git/repository-folders.ts';
import type { Store } from './store/open.ts';
import type { WebhookSender } from './webhooks/sender.ts';

/** The addresses replies are written with. Known only once the server listens. */
export interface Urls {
  /** Web pages, OAuth and git: `http://127.0.0.1:PORT`. */
  web: string;
  /** REST: `<web>/api/v3`. */
  api: string;
}

/** The parts of one running double, handed to every route and operation. */
export interface Double {
  store: Store;
  folders: RepositoryFolders;
  urls: Urls;
  pullFacts: PullFactsReader;
  webhooks: WebhookSender;
  faults: FaultList;
  rateLimits: RateLimits;
  log: Logger;
  /** False while the store is being seeded or brought up to date: requests get a 503. */
  ready: boolean;
  /** Id of the app that was given on the command line. */
  appId: number;
}

/** The present as GitHub writes it: ISO 8601 to the second. */
export function now(): string {
  return isoSeconds(Date.now());
}

export function isoSeconds(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
