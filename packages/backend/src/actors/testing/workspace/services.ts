import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { GitHubTokenError } from '../../../auth/github-tokens.ts';
import { loadConfig } from '../../../config.ts';
import { LocalSandboxProvider } from '../../../sandbox/providers/local.ts';
import { locateLocalSandboxPrograms } from '../../../sandbox/providers/local-programs.ts';
import { provideServices } from '../../services.ts';

/** What a process needs to work on tasks of the GitHub double; travels to a child process as JSON. */
export const workspaceOptionsSchema = z.object({
  dataDir: z.string(),
  gitHub: z.object({
    apiUrl: z.string(),
    webUrl: z.string(),
    appId: z.string(),
    privateKey: z.string(),
    clientId: z.string(),
    clientSecret: z.string(),
    webhookSecret: z.string(),
  }),
  /** Tokens of the double's people by login. */
  tokens: z.record(z.string(), z.string()),
  /** What a refused token of theirs is renewed to, once; without one GitHub refuses the renewal as well. */
  renewals: z.record(z.string(), z.string()).optional(),
});
export type WorkspaceOptions = z.infer<typeof workspaceOptionsSchema>;

export function loginOf(userId: string): string {
  return userId.replace('user-', '');
}

const githubIds: { readonly [login: string]: string } = { ada: '20001', grace: '20002' };

/**
 * Services as main.ts provides them, with people whose tokens are known beforehand. Taking a token out of `tokens` is
 * what a person who has to sign in again looks like.
 */
export function provideWorkspaceServices(
  options: WorkspaceOptions,
  log: Logger,
): { provider: LocalSandboxProvider } {
  const { dataDir, gitHub, tokens, renewals = {} } = options;
  const provider = new LocalSandboxProvider({
    rootFolder: join(dataDir, 'sandboxes'),
    programs: locateLocalSandboxPrograms(),
    searchPath: process.env['PATH'] ?? '',
  });
  provideServices({
    config: loadConfig({
      FOUNDRY_DATA_DIR: dataDir,
      FOUNDRY_SECRET: 'a secret for tests, of at least 32 characters',
      GITHUB_API_URL: gitHub.apiUrl,
      GITHUB_WEB_URL: gitHub.webUrl,
      GITHUB_APP_ID: gitHub.appId,
      GITHUB_APP_SLUG: 'test-app',
      GITHUB_APP_PRIVATE_KEY: gitHub.privateKey,
      GITHUB_CLIENT_ID: gitHub.clientId,
      GITHUB_CLIENT_SECRET: gitHub.clientSecret,
      GITHUB_WEBHOOK_SECRET: gitHub.webhookSecret,
    }),
    log,
    gitHubTokenFor: async (userId, wish) => {
      const login = loginOf(userId);
      const token = tokens[login];
      if (token === undefined) {
        throw new GitHubTokenError('sign_in_required', 'The sign-in has expired.');
      }
      if (wish?.refused !== token) return { token, expiresAtMs: null };
      const renewed = renewals[login];
      if (renewed === undefined) {
        throw new GitHubTokenError('sign_in_required', 'GitHub refuses the token and the renewal.');
      }
      delete renewals[login];
      tokens[login] = renewed;
      return { token: renewed, expiresAtMs: null };
    },
    gitHubIdentityFor: async (userId) => {
      const login = loginOf(userId);
      return { githubId: githubIds[login] ?? '1', login, name: login };
    },
    sandboxProviders: new Map([[provider.providerId, provider]]),
    defaultSandboxProviderId: provider.providerId,
    defaultAgentId: 'mock',
  });
  return { provider };
}
