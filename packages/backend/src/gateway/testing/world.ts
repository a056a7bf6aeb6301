import { randomUUID } from 'node:crypto';
import { BlockList } from 'node:net';
import type { RepositoryRole } from '@foundry/shared/roles';
import { makeSignature } from 'better-auth/crypto';
import { expect } from 'vitest';
import { appAddress, organizationAddress } from '../../actors/addresses.ts';
import { auditLog } from '../../actors/audit-log/index.ts';
import { organization } from '../../actors/organization/index.ts';
import { betterAuthSecret } from '../../auth/auth-options.ts';
import { createAuthRows } from '../../auth/auth-rows.ts';
import { createAuth, type FoundryAuth } from '../../auth/auth.ts';
import { createSecretBox } from '../../auth/crypto.ts';
import { createInProcessStore } from '../../auth/testing/in-process-store.ts';
import { ActorConnections, UnknownOutcomeError } from '../../command-loop/connections.ts';
import { systemEnvelope } from '../../command-loop/envelopes.ts';
import { provideLoopRuntime } from '../../command-loop/runtime.ts';
import type { AdmissionRule, Config } from '../../config.ts';
import { startTestRegistry } from '../../engine/testing.ts';
import { createLogger } from '../../log.ts';
import { createGatewayApp } from '../app.ts';
import type { RoutePermission } from '../permissions/check-routes.ts';
import { startGateway, type Gateway } from '../server.ts';
import { createServices, type GatewayServices } from '../services.ts';
import { ids, seed } from './sample-data.ts';
import { app, facts, githubData, task, taskSession, user } from './stand-ins.ts';

export const publicUrl = 'http://foundry.test';
export const webhookSecret = 'webhook-secret';
const secret = 'a-secret-of-at-least-thirty-two-chars';

/**
 * `member` sees only the open repository, `stranger` nothing. The others see both, with GitHub's role of that name in the
 * hidden one (`insider`: Write).
 */
export const roles = [
  'anonymous',
  'stranger',
  'member',
  'reader',
  'triager',
  'insider',
  'maintainer',
  'administrator',
] as const;
export type Role = (typeof roles)[number];

export interface World {
  readonly gateway: Gateway;
  readonly url: string;
  readonly connections: ActorConnections;
  readonly auth: FoundryAuth;
  readonly permissions: readonly RoutePermission[];
  readonly logLines: string[];
  /** Headers of a new session of this person. */
  readonly signIn: (role: Role) => Promise<Record<string, string>>;
  readonly request: (
    role: Role,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<{ status: number; body: unknown; headers: Headers }>;
  /** Hands a command of Foundry itself to the organization and waits for it. */
  readonly tell: (name: string, body: unknown) => Promise<void>;
  readonly announceEnded: (sessionTokenHash: string) => Promise<void>;
  readonly startAnotherGateway: () => Promise<{ gateway: Gateway; url: string }>;
  /** Asks a gateway whose actors do not answer. */
  readonly withoutActors: <T>(ask: (url: string) => Promise<T>) => Promise<T>;
  /** What the gateway's parts share, without a server. */
  readonly services: GatewayServices;
  readonly stop: () => Promise<void>;
}

export function userIdOf(role: Role): string {
  return `${role}-${ids.organization}`;
}

export function grant(
  role: Role,
  organizationIds: string[],
  repositoryIds: string[],
  isRead = true,
  repositoryRole: RepositoryRole = 'write',
): void {
  facts.access.set(userIdOf(role), {
    userId: userIdOf(role),
    githubId: String(roles.indexOf(role) + 1),
    login: role,
    avatarUrl: null,
    organizationIds,
    repositoryIds,
    roles: Object.fromEntries(repositoryIds.map((id) => [id, repositoryRole])),
    nextRepositoryId: null,
    readAtMs: isRead ? Date.now() : null,
  });
}

function config(admission: AdmissionRule = { kind: 'everybody' }): Config {
  return {
    host: '127.0.0.1',
    port: 0,
    dataDir: '/nowhere',
    secret,
    publicUrl,
    hstsIncludesSubdomains: false,
    roles: { gateway: true, actors: true },
    engine: { externalEndpoint: undefined, port: 1, pool: 'test' },
    github: {
      apiUrl: 'https://api.github.example.com',
      webUrl: 'https://github.example.com',
      app: {
        appId: '1',
        privateKey: 'none',
        slug: 'foundry-test',
        clientId: 'client-id',
        clientSecret: 'client-secret',
        webhookSecret,
      },
      isDemo: false,
    },
    admission,
    trustedProxies: new BlockList(),
    logLevel: 'info',
  };
}

/** A real engine, registry and gateway with one organization of two repositories, one of which is hidden. */
export async function startWorld(
  options: { staticDir?: string; admission?: AdmissionRule } = {},
): Promise<World> {
  const quiet = createLogger('error');
  const logLines: string[] = [];
  const log = createLogger('debug', (line) => logLines.push(line));
  const registry = await startTestRegistry({
    use: { app, user, organization, auditLog, task, taskSession, githubData },
  });
  const connections = new ActorConnections({
    endpoint: registry.endpoint,
    poolName: registry.pool,
    log: quiet,
  });
  provideLoopRuntime({ connections, log: quiet });

  const box = createSecretBox(secret);
  const store = createInProcessStore();
  const rows = createAuthRows({
    store,
    box,
    nowMs: Date.now,
    newCommandId: randomUUID,
    onSessionEnded: () => undefined,
  });
  const now = new Date().toISOString();
  for (const role of roles.slice(1)) {
    await rows.create('user', {
      id: userIdOf(role),
      name: role,
      email: `${role}@example.com`,
      emailVerified: true,
      githubId: String(roles.indexOf(role) + 1),
      login: role,
      createdAt: now,
      updatedAt: now,
    });
  }
  grant('stranger', [ids.otherOrganization], []);
  grant('member', [ids.organization], [ids.open]);
  for (const [role, repositoryRole] of [
    ['reader', 'read'],
    ['triager', 'triage'],
    ['insider', 'write'],
    ['maintainer', 'maintain'],
    ['administrator', 'admin'],
  ] as const) {
    grant(role, [ids.organization], [ids.open, ids.hidden], true, repositoryRole);
  }

  const start = async (): Promise<{ gateway: Gateway; url: string; auth: FoundryAuth }> => {
    let gateway: Gateway | undefined;
    const auth = createAuth({
      store,
      box,
      publicUrl,
      github: {
        webUrl: 'https://github.example.com',
        apiUrl: 'https://api.github.example.com',
        clientId: 'client-id',
        clientSecret: 'client-secret',
      },
      admission: async () => 'admitted',
      log: quiet,
      onSessionEnded: (session) => gateway?.sessionEnded(session),
    });
    gateway = await startGateway({
      config: config(options.admission),
      connections,
      auth,
      log,
      isEngineReady: async () => true,
      ...options,
    });
    return { gateway, auth, url: `http://127.0.0.1:${gateway.port}` };
  };
  const first = await start();
  const others: Gateway[] = [];
  const services = createServices({
    config: config(),
    connections,
    auth: first.auth,
    log: quiet,
    isEngineReady: async () => true,
  });
  const { permissions } = createGatewayApp(services);

  const tell = async (name: string, body: unknown): Promise<void> => {
    const message = { name, body, envelope: systemEnvelope(randomUUID(), null) };
    // As every sender: an unknown outcome is asked for again under the same id. A hook of vitest is not retried.
    for (let attempt = 1; ; attempt += 1) {
      try {
        const outcome = await connections.call(
          organizationAddress(ids.organization),
          'enqueueAndWait',
          [message, 8_000],
          { timeoutMs: 10_000 },
        );
        expect(outcome).toMatchObject({ status: 'done' });
        return;
      } catch (error) {
        if (!(error instanceof UnknownOutcomeError) || attempt === 4) throw error;
      }
    }
  };
  await seed(tell);

  const signIn = async (role: Role): Promise<Record<string, string>> => {
    if (role === 'anonymous') return {};
    const token = randomUUID();
    await rows.create('session', {
      id: randomUUID(),
      userId: userIdOf(role),
      token,
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      createdAt: now,
      updatedAt: now,
    });
    const signature = await makeSignature(token, betterAuthSecret(box));
    return { cookie: `foundry.session_token=${encodeURIComponent(`${token}.${signature}`)}` };
  };
  const cookies = new Map<Role, Record<string, string>>();
  return {
    gateway: first.gateway,
    url: first.url,
    connections,
    auth: first.auth,
    permissions,
    logLines,
    signIn,
    tell,
    request: async (role, method, path, body, headers = {}) => {
      const cookie = cookies.get(role) ?? (await signIn(role));
      cookies.set(role, cookie);
      const response = await fetch(`${first.url}${path}`, {
        method,
        redirect: 'manual',
        headers: {
          ...cookie,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') === true;
      return {
        status: response.status,
        body: isJson && text !== '' ? (JSON.parse(text) as unknown) : text,
        headers: response.headers,
      };
    },
    announceEnded: async (sessionTokenHash) => {
      await connections.call(appAddress(), 'announce', [{ userId: 'any', sessionTokenHash }]);
    },
    withoutActors: async (ask) => {
      const nobody = new ActorConnections({ endpoint: 'http://default:token@127.0.0.1:9', log: quiet });
      const gateway = await startGateway({
        config: config(),
        connections: nobody,
        auth: first.auth,
        log: quiet,
        isEngineReady: async () => true,
      });
      try {
        return await ask(`http://127.0.0.1:${gateway.port}`);
      } finally {
        await gateway.stop();
        await nobody.dispose();
      }
    },
    services,
    startAnotherGateway: async () => {
      const other = await start();
      others.push(other.gateway);
      return other;
    },
    stop: async () => {
      for (const gateway of [...others, first.gateway]) await gateway.stop();
      services.access.close();
      services.feeds.close();
      await connections.dispose();
      await registry.stop();
      store.close();
    },
  };
}
