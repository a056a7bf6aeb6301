import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { appAddress } from './actors/addresses.ts';
import { firstAccountSchema } from './actors/app/commands.ts';
import { actors } from './actors/registry.ts';
import { provideServices, type Services } from './actors/services.ts';
import { createSignInAdmission } from './auth/admission.ts';
import { createActorAuthStore } from './auth/actor-store.ts';
import { newAuthCommandId, type AuthStorage } from './auth/auth-options.ts';
import { createAuthRows } from './auth/auth-rows.ts';
import { createAuth } from './auth/auth.ts';
import { createSecretBox } from './auth/crypto.ts';
import { createGitHubTokens } from './auth/github-tokens.ts';
import { equals } from './auth/where.ts';
import { ActorConnections } from './command-loop/connections.ts';
import { provideLoopRuntime } from './command-loop/runtime.ts';
import type { Config } from './config.ts';
import { startActors } from './engine/actor-host.ts';
import { provideDoor } from './engine/door.ts';
import { superviseEngine, useExternalEngine, type Engine } from './engine/supervisor.ts';
import { keepTcpNoDelay } from './engine/tcp-nodelay.ts';
import { startGateway, type Gateway } from './gateway/server.ts';
import { processLimits } from './limits.ts';
import type { Logger } from './log.ts';
import { LocalSandboxProvider } from './sandbox/providers/local.ts';
import { locateLocalSandboxPrograms } from './sandbox/providers/local-programs.ts';
import { wakeOrganizations } from './wake-organizations.ts';

/** Something that was started and has to be stopped; later ones are stopped first. */
export interface Part {
  readonly name: string;
  readonly stop: () => Promise<void>;
}

const webAppDir = fileURLToPath(new URL('../../frontend/dist', import.meta.url));
/** sandbox-agent's name for the agent whose place Foundry's demo agent takes. */
const demoAgentId = 'mock';

const identitySchema = z.object({ githubId: z.string(), login: z.string(), name: z.string() });

/** @throws when nobody with this id has signed in. */
async function readGitHubIdentity(
  storage: AuthStorage,
  userId: string,
): Promise<z.infer<typeof identitySchema>> {
  const rows = createAuthRows({
    store: storage.store,
    box: storage.box,
    nowMs: Date.now,
    newCommandId: newAuthCommandId,
    onSessionEnded: () => undefined,
  });
  const [user] = await rows.find('user', [equals('id', userId)]);
  if (user === undefined) throw new Error(`No user ${userId} has signed in`);
  return identitySchema.parse(user);
}

function createActorServices(config: Config, storage: AuthStorage, log: Logger): Services {
  const { app, webUrl } = config.github;
  const tokens =
    app === undefined
      ? undefined
      : createGitHubTokens({
          ...storage,
          github: { webUrl, clientId: app.clientId, clientSecret: app.clientSecret },
        });
  const local = new LocalSandboxProvider({
    rootFolder: join(config.dataDir, 'sandboxes'),
    programs: locateLocalSandboxPrograms(),
    searchPath: process.env['PATH'] ?? '',
  });
  return {
    config,
    log,
    gitHubTokenFor: async (userId, wish) => {
      if (tokens === undefined) throw new Error('No GitHub App is configured: set the GITHUB_… variables');
      return tokens.githubTokenFor(userId, wish);
    },
    gitHubIdentityFor: (userId) => readGitHubIdentity(storage, userId),
    sandboxProviders: new Map([[local.providerId, local]]),
    defaultSandboxProviderId: local.providerId,
    defaultAgentId: demoAgentId,
  };
}

async function startEngine(config: Config, logger: Logger, onRestart: () => void): Promise<Engine> {
  const { externalEndpoint, port } = config.engine;
  return externalEndpoint === undefined
    ? superviseEngine({ dataDir: config.dataDir, port, logger, onRestart })
    : useExternalEngine(externalEndpoint, logger);
}

async function startGatewayPart(
  config: Config,
  logger: Logger,
  storage: AuthStorage,
  connections: ActorConnections,
  engine: Engine,
): Promise<Gateway> {
  const { app, apiUrl, webUrl } = config.github;
  const admission = createSignInAdmission({
    rule: config.admission,
    apiUrl,
    firstAccountId: async () =>
      firstAccountSchema.nullable().parse(await connections.call(appAddress(), 'firstAccount', []))?.id ??
      null,
  });
  if (config.admission.kind === 'firstInstalled') {
    logger.warn(
      'FOUNDRY_ALLOWED_ACCOUNTS is not set: the first account that installs the GitHub App is admitted, and no other',
    );
  }
  // The gateway needs the sign-in, and the sign-in tells the gateway of sessions that end.
  let gateway: Gateway | undefined;
  const auth = createAuth({
    ...storage,
    publicUrl: config.publicUrl,
    admission,
    log: logger.child({ part: 'auth' }),
    github:
      app === undefined ? null : { apiUrl, webUrl, clientId: app.clientId, clientSecret: app.clientSecret },
    onSessionEnded: (session) => gateway?.sessionEnded(session),
  });
  gateway = await startGateway({
    config,
    connections,
    auth,
    log: logger,
    isEngineReady: () => engine.isReady(),
    ...(existsSync(webAppDir) ? { staticDir: webAppDir } : {}),
  });
  return gateway;
}

/**
 * Starts what the configured roles need, in order: engine, actors, gateway. Resolves when all of it is ready.
 * @param parts receives each part as soon as it has to be stopped, also when a later one fails.
 * @throws PortTakenError, EngineError
 */
export async function startParts(config: Config, logger: Logger, parts: Part[]): Promise<void> {
  const box = createSecretBox(config.secret);
  provideDoor(box.deriveKey('door'));
  let connections: ActorConnections | undefined;
  const engine = await startEngine(config, logger, () => connections?.dropAll());
  parts.push({ name: 'engine', stop: () => engine.stop() });
  const { endpoint } = engine;
  const { pool } = config.engine;
  const noDelay = keepTcpNoDelay({ port: engine.port, logger });
  parts.push({ name: 'tcp settings', stop: async () => noDelay.stop() });
  const actorConnections = new ActorConnections({ endpoint, poolName: pool, log: logger });
  connections = actorConnections;
  parts.push({
    name: 'actor connections',
    // RivetKit's client waits half a minute for the farewell of an actor that is gone; this process does not.
    stop: () =>
      Promise.race([
        actorConnections.dispose(),
        sleep(processLimits.connectionFarewellMs, undefined, { ref: false }),
      ]),
  });
  provideLoopRuntime({ connections: actorConnections, log: logger });
  const storage: AuthStorage = {
    store: createActorAuthStore(actorConnections),
    box,
  };
  if (config.roles.actors) {
    provideServices(createActorServices(config, storage, logger));
    const host = await startActors({ use: actors }, { endpoint, pool, logger });
    parts.push({ name: 'actors', stop: () => host.stop() });
    const waking = wakeOrganizations(actorConnections, logger);
    parts.push({ name: 'waking organizations', stop: async () => waking.stop() });
  }
  if (config.roles.gateway) {
    const gateway = await startGatewayPart(config, logger, storage, actorConnections, engine);
    parts.push({ name: 'gateway', stop: () => gateway.stop() });
  }
}
