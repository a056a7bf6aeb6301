import { join } from 'node:path';
import type { Logger } from 'pino';
import { GitHubTokenError } from '../../auth/github-tokens.ts';
import { loadConfig } from '../../config.ts';
import { LocalSandboxProvider } from '../../sandbox/providers/local.ts';
import { locateLocalSandboxPrograms } from '../../sandbox/providers/local-programs.ts';
import { provideServices } from '../services.ts';

/** The local provider on a test's folder: two processes with the same folder see the same sandboxes. */
export function testSandboxProvider(dataDir: string): LocalSandboxProvider {
  return new LocalSandboxProvider({
    rootFolder: join(dataDir, 'sandboxes'),
    programs: locateLocalSandboxPrograms(),
    searchPath: process.env['PATH'] ?? '',
  });
}

/**
 * Services for actors that run in a test.
 * @param options.environment the GITHUB_… variables of a GitHub double.
 * @param options.userToken everybody's token at that double, except of people whose id begins with `stranger`.
 */
export function provideTestServices(options: {
  dataDir: string;
  log: Logger;
  environment: Readonly<Record<string, string | undefined>>;
  userToken: string;
}): void {
  const config = loadConfig({
    ...options.environment,
    FOUNDRY_DATA_DIR: options.dataDir,
    FOUNDRY_SECRET: testSecret,
  });
  const local = testSandboxProvider(options.dataDir);
  provideServices({
    config,
    log: options.log,
    gitHubTokenFor: async (userId) => {
      if (userId.startsWith('stranger')) {
        throw new GitHubTokenError('sign_in_required', `${userId} has no GitHub token in this test`);
      }
      return { token: options.userToken, expiresAtMs: null };
    },
    gitHubIdentityFor: async () => ({ githubId: '20001', login: 'ada', name: 'Ada Lovelace' }),
    sandboxProviders: new Map([[local.providerId, local]]),
    defaultSandboxProviderId: local.providerId,
    defaultAgentId: 'mock',
  });
}

export const testSecret = 'a secret for tests, of at least 32 characters';
