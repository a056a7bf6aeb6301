import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditEntrySchema, type Person } from '@foundry/shared/entities';
import type { CommandOutcome, Envelope } from '@foundry/shared/envelope';
import {
  organizationSnapshotSchema,
  sessionSnapshotSchema,
  taskSnapshotSchema,
  type SessionSnapshot,
  type TaskSnapshot,
} from '@foundry/shared/topics';
import { acmeId } from '@foundry/github-double/seeds/seed';
import {
  appId,
  appKey,
  clientId,
  clientSecret,
  startTestDouble,
  webhookSecret,
  type TestDouble,
} from '@foundry/github-double/testing/harness';
import { z } from 'zod';
import { ActorConnections, UnknownOutcomeError } from '../../../command-loop/connections.ts';
import type { ActorAddress, Catalog, CommandInput, CommandName } from '../../../command-loop/catalog.ts';
import { provideLoopRuntime } from '../../../command-loop/runtime.ts';
import { startIsolatedEngine, startTestRegistry } from '../../../engine/testing.ts';
import { createLogger } from '../../../log.ts';
import type { LocalSandboxProvider } from '../../../sandbox/providers/local.ts';
import {
  auditLogAddress,
  gitHubDataAddress,
  organizationAddress,
  taskAddress,
  taskSessionAddress,
} from '../../addresses.ts';
import { actors } from '../../registry.ts';
import { provideWorkspaceServices, type WorkspaceOptions } from './services.ts';

/** Far more than anything here takes: a loaded machine must not look like a broken one. */
const waitLimitMs = 45_000;

/** Asks again until something comes, at most 45 seconds; the error says what was seen last. */
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
  /** GitHub's id of the seeded organization. */
  readonly organizationId = String(acmeId);
  /** Of people by login; the actors use this very object. */
  readonly tokens: Record<string, string>;
  /** What a refused token is renewed to, by login. */
  readonly renewals: Record<string, string>;
  readonly dataDir: string;
  readonly #stop: () => Promise<void>;

  constructor(parts: {
    double: TestDouble;
    connections: ActorConnections;
    provider: LocalSandboxProvider;
    tokens: Record<string, string>;
    renewals: Record<string, string>;
    dataDir: string;
    stop: () => Promise<void>;
  }) {
    this.double = parts.double;
    this.connections = parts.connections;
    this.provider = parts.provider;
    this.tokens = parts.tokens;
    this.renewals = parts.renewals;
    this.dataDir = parts.dataDir;
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
    // The same command again while nobody knows what became of it; recognised by its id.
    return await until(`${name} to be answered`, async () => {
      try {
        const outcome = await this.connections.sendAndWait(address, name, body, envelope, 8_000);
        return outcome.status === 'accepted' ? null : outcome;
      } catch (error) {
        if (error instanceof UnknownOutcomeError) {
          return null;
        }
        throw error;
      }
    });
  }

  /** Repositories, members and pull requests as GitHub has them. */
  async sync(): Promise<void> {
    await this.send(gitHubDataAddress(this.organizationId), 'githubData.command.startSync', {
      reason: 'test',
      installationId: null,
    });
    await until('the sync to be done', async () => {
      const { sync } = organizationSnapshotSchema.parse(
        await this.connections.call(organizationAddress(this.organizationId), 'snapshot', []),
      );
      return sync.state === 'done' ? sync : null;
    });
  }

  /** A repository that the organization believes in. */
  async knowRepository(id: string, name: string): Promise<void> {
    const repository = {
      id,
      name,
      fullName: `acme/${name}`,
      private: false,
      archived: false,
      description: null,
      defaultBranch: 'main',
      htmlUrl: `${this.double.running.url}/acme/${name}`,
      pushedAtMs: null,
    };
    await this.send(organizationAddress(this.organizationId), 'organization.command.applyRepositories', {
      generation: null,
      repositories: [repository],
    });
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
        gitHub: { branches: [], baseExists: null },
      },
      person,
    );
    if (outcome.status !== 'done') {
      throw new Error(JSON.stringify(outcome));
    }
    return { taskId, sessionId, firstMessageId: firstMessageId ?? '' };
  }

  /** A read, made again when no answer came. */
  async call(address: ActorAddress, action: string, ...args: unknown[]): Promise<unknown> {
    const answered = await until(`${action} of ${address.kind}`, async () => {
      try {
        return { answer: await this.connections.call(address, action, args) };
      } catch (error) {
        if (error instanceof UnknownOutcomeError) {
          return null;
        }
        throw error;
      }
    });
    return answered.answer;
  }

  task(taskId: string) {
    return taskAddress(this.organizationId, taskId);
  }

  session(sessionId: string) {
    return taskSessionAddress(this.organizationId, sessionId);
  }

  async taskSnapshot(taskId: string): Promise<TaskSnapshot> {
    return taskSnapshotSchema.parse(await this.call(this.task(taskId), 'snapshot'));
  }

  async sessionSnapshot(sessionId: string): Promise<SessionSnapshot> {
    return sessionSnapshotSchema.parse(await this.call(this.session(sessionId), 'snapshot'));
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
      const { messages, session } = await this.sessionSnapshot(sessionId);
      const message = messages.find(({ id }) => id === messageId);
      if (message !== undefined && states.includes(message.state)) {
        return message;
      }
      const { task } = await this.taskSnapshot(session.taskId);
      throw new Error(
        JSON.stringify({ message, session: session.status, task: task.status, sandbox: task.sandbox }),
      );
    });
  }

  /** Runs git in the checkout of the task's sandbox, from outside. */
  async gitInSandbox(taskId: string, ...args: string[]): Promise<string> {
    const { task } = await this.taskSnapshot(taskId);
    const { identity } = await this.provider.inspect(task.sandbox?.id ?? '');
    return await this.double.git(identity?.checkoutPath ?? '/nowhere', ...args);
  }

  /** What the audit log says of a task, newest first. */
  async auditSummaries(taskId: string): Promise<string[]> {
    const page = await this.call(auditLogAddress(this.organizationId), 'page', { before: null, limit: 200 });
    return z
      .array(auditEntrySchema)
      .parse(page)
      .flatMap(({ subject, summary }) => (subject === taskId ? [summary] : []));
  }

  async stop(): Promise<void> {
    await this.#stop();
  }
}

/** How the actors run: in this process, or in one that a test can kill. */
export interface ActorHost {
  readonly endpoint: string;
  readonly pool: string;
  readonly stop: () => Promise<void>;
}

/** Starts the double and, by `startActors`, the actors; the organization is synced when it returns. */
export async function startWorkspace(
  startActors: (options: WorkspaceOptions) => Promise<ActorHost>,
): Promise<Workspace> {
  const log = createLogger(process.env['FOUNDRY_TEST_LOG_LEVEL'] ?? 'error');
  const dataDir = await mkdtemp(join(tmpdir(), 'foundry-workspace-'));
  const double = await startTestDouble();
  const options: WorkspaceOptions = {
    dataDir,
    gitHub: {
      apiUrl: double.running.apiUrl,
      webUrl: double.running.url,
      appId: String(appId),
      privateKey: appKey.privateKey,
      clientId,
      clientSecret,
      webhookSecret,
    },
    tokens: { ada: double.userToken('ada'), grace: double.userToken('grace') },
    renewals: {},
  };
  const { provider } = provideWorkspaceServices(options, log);
  const host = await startActors(options);
  const connections = new ActorConnections({ endpoint: host.endpoint, poolName: host.pool, log });
  provideLoopRuntime({ connections, log });
  const workspace = new Workspace({
    double,
    connections,
    provider,
    tokens: options.tokens,
    renewals: options.renewals ?? {},
    dataDir,
    stop: async () => {
      await connections.dispose();
      await host.stop();
      for (const { sandboxId } of await provider.list()) {
        await provider.destroy(sandboxId);
      }
      await double.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  });
  await workspace.sync();
  return workspace;
}

/**
 * The actors in this process, on an engine of their own: the organization's id is the double's, and on a shared engine
 * another test may have an actor of that key.
 */
export async function startActorsHere(): Promise<ActorHost> {
  const engine = await startIsolatedEngine();
  const registry = await startTestRegistry({ use: actors }, { endpoint: engine.endpoint });
  return {
    endpoint: registry.endpoint,
    pool: registry.pool,
    stop: async () => {
      await registry.stop();
      await engine.stop();
    },
  };
}
