/** Real local sandboxes and git repositories for the tests of this folder. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SandboxTarget } from './execute-in-sandbox.ts';
import { LocalSandboxProvider } from './providers/local.ts';
import { locateLocalSandboxPrograms } from './providers/local-programs.ts';
import type { SandboxIdentity } from './providers/provider.ts';
import { SandboxAgentClient } from './sandbox-agent-client.ts';

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
  const reconnect = async (): Promise<SandboxTarget> => ({
    client: new SandboxAgentClient(await provider.endpoint(identity.sandboxId)),
    homePath: identity.homePath,
    checkoutPath: identity.checkoutPath,
  });
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

export function writeFiles(folder: string, files: Record<string, string | Uint8Array>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
}
