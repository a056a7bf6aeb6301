import { join } from 'node:path';
import type { Logger } from 'pino';
import { loadConfig } from '../../config.ts';
import { LocalSandboxProvider } from '../../sandbox/providers/local.ts';
import { locateLocalSandboxPrograms } from '../../sandbox/providers/local-programs.ts';
import { provideServices } from '../services.ts';

/** Services for actors that run in a test, without GitHub: whoever asks for a token is told to sign in. */
export function provideTestServices(options: { dataDir: string; log: Logger }): void {
  const config = loadConfig({
    FOUNDRY_DATA_DIR: options.dataDir,
    FOUNDRY_SECRET: 'a secret for tests, of at least 32 characters',
  });
  const local = new LocalSandboxProvider({
    rootFolder: join(options.dataDir, 'sandboxes'),
    programs: locateLocalSandboxPrograms(),
    searchPath: process.env['PATH'] ?? '',
  });
  provideServices({
    config,
    log: options.log,
    gitHubTokenFor: async (userId) => {
      throw new Error(`${userId} has no GitHub token in this test`);
    },
    gitHubIdentityFor: async (userId) => ({ githubId: '1', login: userId, name: userId }),
    sandboxProviders: new Map([[local.providerId, local]]),
    defaultSandboxProviderId: local.providerId,
    defaultAgentId: 'mock',
  });
}
