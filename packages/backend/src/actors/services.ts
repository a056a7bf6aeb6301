import type { Logger } from 'pino';
import type { GitHubToken, GitHubTokenWish } from '../auth/github-tokens.ts';
import type { Config } from '../config.ts';
import type { SandboxProvider } from '../sandbox/providers/provider.ts';

/** What actors need of the process they run in, beside their own database. Grows with the actors. */
export interface Services {
  readonly config: Config;
  readonly log: Logger;
  /** A person's GitHub token, renewed when it is about to expire or was refused. @throws {GitHubTokenError} sign_in_required when the person has to sign in again. */
  readonly gitHubTokenFor: (userId: string, wish?: GitHubTokenWish) => Promise<GitHubToken>;
  /** Who a person is at GitHub; authors the commits made for them. @throws for a person who never signed in. */
  readonly gitHubIdentityFor: (userId: string) => Promise<{ githubId: string; login: string; name: string }>;
  /** Where sandboxes come from, by provider id. */
  readonly sandboxProviders: ReadonlyMap<string, SandboxProvider>;
  /** Of `sandboxProviders`: makes the sandboxes of new tasks. */
  readonly defaultSandboxProviderId: string;
  /** sandbox-agent's id of the agent of new sessions; `mock` is the demo agent. */
  readonly defaultAgentId: string;
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
