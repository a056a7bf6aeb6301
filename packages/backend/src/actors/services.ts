import type { Logger } from 'pino';
import type { Config } from '../config.ts';

/** What actors need of the process they run in, beside their own database. Grows with the actors. */
export interface Services {
  readonly config: Config;
  readonly log: Logger;
  /** A person's GitHub token, renewed when it is about to expire. @throws when the person has to sign in again. */
  readonly gitHubTokenFor: (userId: string) => Promise<{ token: string; expiresAtMs: number | null }>;
}

let current: Services | null = null;

/** Called once at start, before the registry starts. */
export function provideServices(services: Services): void {
  current = services;
}

/** @throws when an actor runs before `provideServices`. */
export function services(): Services {
  if (current === null) {
    throw new Error('provideServices() must be called before the registry starts');
  }
  return current;
}
