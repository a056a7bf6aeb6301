import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Person } from '@foundry/shared/entities';
import type { CommandOutcome, Envelope } from '@foundry/shared/envelope';
import {
  sessionSnapshotSchema,
  taskSnapshotSchema,
  type SessionSnapshot,
  type TaskSnapshot,
} from '@foundry/shared/topics';
import { startTestDouble, type TestDouble } from '@foundry/github-double/testing/harness';
import { ActorConnections } from '../../../command-loop/connections.ts';
import type { ActorAddress, Catalog, CommandInput, CommandName } from '../../../command-loop/catalog.ts';
import { provideLoopRuntime } from '../../../command-loop/runtime.ts';
import { loadConfig } from '../../../config.ts';
import { startTestRegistry } from '../../../engine/testing.ts';
import { createLogger } from '../../../log.ts';
import { LocalSandboxProvider } from '../../../sandbox/providers/local.ts';
import { locateLocalSandboxPrograms } from '../../../sandbox/providers/local-programs.ts';
import { organizationAddress, taskAddress, taskSessionAddress } from '../../addresses.ts';
import { actors } from '../../registry.ts';
import { provideServices } from '../../services.ts';

const waitLimitMs = 25_000;

/** Asks again until something comes, at most 25 seconds; the error says what was seen last. */
export async function until<T>(what: string, read: () => Promise<T | null>): Promise<T> {
  const deadlineMs = Date.now() + waitLimitMs;
  let last = '';
  for (;;) {
    try {
      const found = await read();
      if (found !== null) {
        return found;
      }
    } catch (error) {
      last = String(error);
    }
    if (Date.now() > deadlineMs) {
      throw new Error(`waited in vain for ${what} ${last}`);
    }
    await sleep(25);
  }
}

export const people: { readonly [login in 'ada' | 'grace']: Person } = {
  ada: { userId: 'user-ada', login: 'ada', avatarUrl: null },
  grace: { userId: 'user-grace', login: 'grace', avatarUrl: null },
};

/** One organization on the GitHub double with its repositories, and everything that works on its tasks. */
export class Workspace {
  readonly double: TestDouble;
  readonly connections: ActorConnections;
  readonly provider: LocalSandboxProvider;
  readonly organizationId = String(Math.floor(Math.random() * 1e12));
  readonly #stop: () => Promise<void>;

  constructor(parts: {
    double: TestDouble;
    connections: ActorConnections;
    provider: LocalSandboxProvider;
    stop: () => Promise<void>;
  }) {
    this.double = parts.double;
    this.connections = parts.connections;
    this.provider = parts.provider;
    this.#stop = parts.stop;
  }

  async send<C extends Catalog, N extends CommandName<C>>(
    address: ActorAddress<C>,
    name: N,
    body: CommandInput<C, N>,
    person: Person = people.ada,
  ): Promise<CommandOutcome> {
    const envelope: Envelope = {
      commandId: randomUUID(),
      causedBy: null,
      by: { kind: 'person', userId: person.userId, login: person.login },
      at: Date.now(),
    };
    return await this.connections.sendAndWait(address, name, body, envelope, 8_000);
  }

  /** The organization knows its repositories, as after a sync. */
  async prepareOrganization(): Promise<void> {
    const address = organizationAddress(this.organizationId);
    await this.send(address, 'organization.command.applyInstallation', {
      organization: {
        id: this.organizationId,
        login: 'acme',
        kind: 'organization',
        name: 'Acme',
        avatarUrl: null,
        installation: { id: '1', status: 'active' },
      },
    });
    const repositories = [
      ['40001', 'storefront', 'acme/storefront'],
      ['49999', 'nowhere', 'acme/nowhere'],
    ].map(([id = '', name = '', fullName = '']) => ({
      id,
      name,
      fullName,
      private: false,
      archived: false,
      description: null,
      defaultBranch: 'main',
      htmlUrl: `${this.double.running.url}/${fullName}`,
      pushedAtMs: null,
    }));
    await this.send(address, 'organization.command.applyRepositories', { generation: null, repositories });
  }

  /** A task made by a person, as the gateway makes one. */
  async createTask(options: { repositoryId?: string; prompt?: string; person?: Person } = {}) {
    const person = options.person ?? people.ada;
    const id = randomUUID();
    const taskId = `task_${id}`;
    const sessionId = `session_${id}`;
    const firstMessageId = options.prompt === undefined ? null : `first-${id}`;
    const outcome = await this.send(
      organizationAddress(this.organizationId),
      'organization.command.createTask',
      {
        repositoryId: options.repositoryId ?? '40001',
        title: `Task ${id.slice(0, 8)}`,
        ...(options.prompt === undefined ? {} : { prompt: options.prompt }),
        taskId,
        sessionId,
        firstMessageId,
        person,
      },
      person,
    );
    if (outcome.status !== 'done') {
      throw new Error(JSON.stringify(outcome));
    }
    return { taskId, sessionId, firstMessageId: firstMessageId ?? '' };
  }

  task(taskId: string) {
    return taskAddress(this.organizationId, taskId);
  }

  session(sessionId: string) {
    return taskSessionAddress(this.organizationId, sessionId);
  }

  async taskSnapshot(taskId: string): Promise<TaskSnapshot> {
    return taskSnapshotSchema.parse(await this.connections.call(this.task(taskId), 'snapshot', []));
  }

  async sessionSnapshot(sessionId: string): Promise<SessionSnapshot> {
    return sessionSnapshotSchema.parse(
      await this.connections.call(this.session(sessionId), 'snapshot', []),
    );
  }

  async say(sessionId: string, text: string, person: Person = people.ada): Promise<string> {
    const messageId = `m-${randomUUID()}`;
    const outcome = await this.send(
      this.session(sessionId),
      'session.command.sendMessage',
      { messageId, text, author: person },
      person,
    );
    if (outcome.status !== 'done') {
      throw new Error(JSON.stringify(outcome));
    }
    return messageId;
  }

  /** Waits until a message's receipt says one of the states. */
  async receipt(sessionId: string, messageId: string, ...states: string[]) {
    return await until(`${messageId} to be ${states.join(' or ')}`, async () => {
      const { messages } = await this.sessionSnapshot(sessionId);
      const message = messages.find(({ id }) => id === messageId);
      if (message !== undefined && message.state === 'failed' && !states.includes('failed')) {
        throw new Error(JSON.stringify(message));
      }
      return message !== undefined && states.includes(message.state) ? message : null;
    });
  }

  /** Runs git in the checkout of the task's sandbox, from outside. */
  async gitInSandbox(taskId: string, ...args: string[]): Promise<string> {
    const { task } = await this.taskSnapshot(taskId);
    const { identity } = await this.provider.inspect(task.sandbox?.id ?? '');
    return await this.double.git(identity?.checkoutPath ?? '/nowhere', ...args);
  }

  async stop(): Promise<void> {
    await this.#stop();
  }
}

export async function startWorkspace(): Promise<Workspace> {
  const log = createLogger('error');
  const dataDir = await mkdtemp(join(tmpdir(), 'foundry-workspace-'));
  const double = await startTestDouble();
  const registry = await startTestRegistry({ use: actors });
  const connections = new ActorConnections({
    endpoint: registry.endpoint,
    poolName: registry.pool,
    log,
  });
  const provider = new LocalSandboxProvider({
    rootFolder: join(dataDir, 'sandboxes'),
    programs: locateLocalSandboxPrograms(),
    searchPath: process.env['PATH'] ?? '',
  });
  provideLoopRuntime({ connections, log });
  const loginOf = (userId: string): string => userId.replace('user-', '');
  const tokens = new Map<string, string>();
  provideServices({
    config: loadConfig({
      FOUNDRY_DATA_DIR: dataDir,
      FOUNDRY_SECRET: 'a secret for tests, of at least 32 characters',
      GITHUB_API_URL: double.running.apiUrl,
      GITHUB_WEB_URL: double.running.url,
    }),
    log,
    gitHubTokenFor: async (userId) => {
      const token = tokens.get(userId) ?? double.userToken(loginOf(userId));
      tokens.set(userId, token);
      return { token, expiresAtMs: null };
    },
    gitHubIdentityFor: async (userId) => {
      const login = loginOf(userId);
      return { githubId: login === 'ada' ? '20001' : '20002', login, name: login };
    },
    sandboxProviders: new Map([[provider.providerId, provider]]),
    defaultSandboxProviderId: provider.providerId,
    defaultAgentId: 'mock',
  });
  const workspace = new Workspace({
    double,
    connections,
    provider,
    stop: async () => {
      await connections.dispose();
      await registry.stop();
      for (const { sandboxId } of await provider.list()) {
        await provider.destroy(sandboxId);
      }
      await double.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  });
  await workspace.prepareOrganization();
  return workspace;
}
