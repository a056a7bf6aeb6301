import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  appId,
  appKey,
  clientId,
  clientSecret,
  startTestDouble,
  webhookSecret,
  type TestDouble,
} from '@foundry/github-double/testing/harness';
import { symmetricEncrypt } from 'better-auth/crypto';
import { z } from 'zod';
import { betterAuthSecret } from '../../auth/auth-options.ts';
import { createSecretBox } from '../../auth/crypto.ts';
import type { ActorAddress } from '../../command-loop/catalog.ts';
import type { LocalSandboxProvider } from '../../sandbox/providers/local.ts';
import type { SandboxIdentity } from '../../sandbox/providers/provider.ts';
import { sessionStatusSyncAddress, taskSessionAddress } from '../addresses.ts';
import { tablesSchema } from './dump.ts';
import { sandboxIdOf } from './fixtures.ts';
import type { SampleMessage, SampleScope } from './samples.ts';
import { testSandboxProvider, testSecret } from './test-services.ts';

export type Call = (address: ActorAddress, action: string, args: readonly unknown[]) => Promise<unknown>;

/**
 * The other side of everything that is killed: GitHub's double and the sandboxes' folder. It lives in the test's own
 * process, so that it survives.
 */
export class KillWorld {
  readonly double: TestDouble;
  readonly provider: LocalSandboxProvider;
  readonly dataDir: string;
  readonly call: Call;
  readonly userToken: string;
  #agents: Promise<SandboxIdentity> | null = null;
  #agentsPlace: { providerId: string; sandboxId: string; checkoutPath: string } | null = null;

  constructor(parts: { double: TestDouble; dataDir: string; call: Call }) {
    this.double = parts.double;
    this.dataDir = parts.dataDir;
    this.call = parts.call;
    this.provider = testSandboxProvider(parts.dataDir);
    this.userToken = parts.double.userToken('ada');
  }

  /** What the process under test has to know of it. */
  environment(): Record<string, string> {
    return {
      KILL_TEST_DATA_DIR: this.dataDir,
      KILL_TEST_USER_TOKEN: this.userToken,
      GITHUB_API_URL: this.double.running.apiUrl,
      GITHUB_WEB_URL: this.double.running.url,
      GITHUB_APP_ID: String(appId),
      GITHUB_APP_PRIVATE_KEY: appKey.privateKey,
      GITHUB_APP_SLUG: 'test-app',
      GITHUB_CLIENT_ID: clientId,
      GITHUB_CLIENT_SECRET: clientSecret,
      GITHUB_WEBHOOK_SECRET: webhookSecret,
    };
  }

  /**
   * An organization of the scenario's own at GitHub: a member, the App installed, a repository `shop` with a branch and,
   * if wished, its open pull request.
   */
  async createOrganization(scope: SampleScope, options: { pullRequest: boolean }): Promise<void> {
    const { double } = this.double.running;
    const { store } = double;
    const createdAt = '2026-01-05T09:00:00Z';
    const member = store.accounts.insert({
      id: Number(`5${scope.digits}`),
      login: `member-${scope.digits}`,
      type: 'User',
      name: 'Member',
      email: `member-${scope.digits}@example.com`,
      createdAt,
    });
    const organization = store.accounts.insert({
      id: Number(scope.organizationId),
      login: scope.login,
      type: 'Organization',
      name: 'Own',
      email: `${scope.login}@example.com`,
      createdAt,
    });
    const ada = store.accounts.byLogin('ada');
    if (ada === undefined) throw new Error('the double has no ada');
    store.accounts.setRole(organization.id, ada.id, 'admin');
    store.accounts.setRole(organization.id, member.id, 'member');
    const row = { accountId: organization.id, createdAt, updatedAt: createdAt };
    store.apps.insertInstallation({
      ...row,
      id: Number(scope.installationId),
      appId,
      repositorySelection: 'all',
    });
    await this.createRepository(scope, organization.id);
    if (options.pullRequest) {
      await this.double.control('POST', `/repos/${scope.login}/shop/pulls`, {
        login: 'ada',
        title: 'A change',
        head: scope.branch,
      });
    }
  }

  async createRepository(scope: SampleScope, ownerId: number): Promise<void> {
    const { double } = this.double.running;
    const { store } = double;
    const folder = `${scope.login}/shop.git`;
    const bare = double.folders.open({ folder });
    const author = { name: 'Ada Lovelace', email: 'ada@example.com', at: '2026-01-05T09:00:00Z' };
    await bare.init();
    await bare.importCommits([
      {
        ref: 'refs/heads/main',
        author,
        message: 'First\n',
        files: [{ path: 'README.md', content: '# Shop\n' }],
      },
    ]);
    const base = await bare.resolveCommit('refs/heads/main');
    await bare.importCommits([
      {
        ref: `refs/heads/${scope.branch}`,
        from: base,
        author,
        message: 'Second\n',
        files: [{ path: 'cart.js', content: 'export const cart = [];\n' }],
      },
    ]);
    const id = Number(scope.repositoryId);
    store.repositories.insert({
      id,
      ownerId,
      name: 'shop',
      folder,
      private: false,
      description: 'A shop',
      createdAt: author.at,
      updatedAt: author.at,
      pushedAt: author.at,
    });
    for (const [name, sha] of await bare.refs()) store.repositories.setRef(id, name, sha);
  }

  /** A head of the scenario's repository, as git itself says it. */
  async headOf(scope: SampleScope, branch: string): Promise<string> {
    const bare = this.double.running.double.folders.open({ folder: `${scope.login}/shop.git` });
    return (await bare.resolveCommit(`refs/heads/${branch}`)) ?? '';
  }

  /**
   * The sandbox of a scenario cannot be made: its folder's place is taken. The real way takes a second each time, and
   * has its own samples.
   */
  async refuseSandbox(sandboxId: string): Promise<void> {
    await mkdir(join(this.dataDir, 'sandboxes'), { recursive: true });
    await writeFile(join(this.dataDir, 'sandboxes', sandboxId), '');
  }

  /** One running sandbox with an empty checkout, for all agents of the group's sessions. */
  async agentsPlace(): Promise<{ providerId: string; sandboxId: string; checkoutPath: string }> {
    this.#agents ??= this.provider.create('agents');
    const { checkoutPath } = await this.#agents;
    this.#agentsPlace = { providerId: this.provider.providerId, sandboxId: 'agents', checkoutPath };
    return this.#agentsPlace;
  }

  /** Somebody works in the checkout of the scenario's own sandbox. */
  async writeFile(scope: SampleScope, name: string, text: string): Promise<void> {
    const { identity } = await this.provider.inspect(sandboxIdOf(scope));
    await writeFile(join(identity?.checkoutPath ?? '/nowhere', name), text);
  }

  /** Subjects of a branch's own commits at GitHub, newest first, as git itself says them. */
  async branchLog(fullName: string, branch: string): Promise<string[]> {
    const [owner = '', name = ''] = fullName.split('/');
    const { double } = this.double.running;
    const repository = double.store.repositories.byName(owner, name);
    if (repository === undefined) {
      return [];
    }
    const { path } = double.folders.open(repository);
    const log = await this.double.git(path, 'log', '--format=%s', `main..refs/heads/${branch}`, '--');
    return log.split('\n');
  }

  /** The same, once it runs: the harness starts it for groups that have agents. */
  knownAgentsPlace(): { providerId: string; sandboxId: string; checkoutPath: string } {
    if (this.#agentsPlace === null) {
      throw new Error('the sandbox of the agents does not run yet');
    }
    return this.#agentsPlace;
  }

  /** Every prompt that reached the scenario's agent, by the agent's own memory of its session. */
  async promptsOf({ organizationId, sessionId }: SampleScope): Promise<string[]> {
    const status = sessionStatusSyncAddress(organizationId, sessionId);
    const { agent = [] } = tablesSchema.parse(await this.call(status, 'dump', []));
    const { identity } = await this.provider.inspect('agents');
    const file = `${String(agent[0]?.['agent_session_id'])}.json`;
    const text = await readFile(join(identity?.homePath ?? '', '.foundry-demo-agent', file), 'utf8');
    const { history } = z
      .object({ history: z.array(z.object({ role: z.string(), text: z.string() })) })
      .parse(JSON.parse(text));
    return history.filter(({ role }) => role === 'user').map((entry) => entry.text);
  }

  /** The answer of a kind that the open permission request of the scenario's session offers. */
  async optionOf({ organizationId, sessionId }: SampleScope, kind: string): Promise<string> {
    const snapshot = z
      .object({
        items: z.array(
          z.object({
            body: z.looseObject({
              options: z.array(z.object({ optionId: z.string(), kind: z.string() })).optional(),
            }),
          }),
        ),
      })
      .parse(await this.call(taskSessionAddress(organizationId, sessionId), 'snapshot', []));
    const options = snapshot.items.flatMap(({ body }) => body.options ?? []);
    return options.find((option) => option.kind === kind)?.optionId ?? '';
  }

  async hasCredential(sandboxId: string): Promise<boolean> {
    const { identity } = await this.provider.inspect(sandboxId);
    return existsSync(join(identity?.homePath ?? '/nowhere', '.git-token'));
  }

  /** Enqueues a command. */
  async send(message: SampleMessage, commandId: string): Promise<void> {
    const envelope = { commandId, causedBy: null, by: { kind: 'system' }, at: 1 };
    await this.call(message.address, 'enqueue', [[{ name: message.name, body: message.body, envelope }]]);
  }

  /** A person's token, as sign-in stores it. */
  async sealedToken(login: string): Promise<string> {
    const key = betterAuthSecret(createSecretBox(testSecret));
    return await symmetricEncrypt({ key, data: this.double.userToken(login) });
  }

  /** Polls until `check` gives something; the deadline's error says what was waited for. */
  async until<T>(
    what: string | (() => string),
    deadlineMs: number,
    check: () => Promise<T | null>,
    pollMs = 150,
  ): Promise<T> {
    const endAtMs = Date.now() + deadlineMs;
    for (;;) {
      const value = await check();
      if (value !== null) {
        return value;
      }
      if (Date.now() > endAtMs) {
        throw new Error(`waited ${deadlineMs} ms for ${typeof what === 'string' ? what : what()}`);
      }
      await sleep(pollMs);
    }
  }

  async stop(): Promise<void> {
    for (const { sandboxId } of await this.provider.list()) {
      await this.provider.destroy(sandboxId);
    }
    await this.double.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

export async function startKillWorld(call: Call): Promise<KillWorld> {
  const dataDir = await mkdtemp(join(tmpdir(), 'foundry-kill-'));
  return new KillWorld({ double: await startTestDouble(), dataDir, call });
}
