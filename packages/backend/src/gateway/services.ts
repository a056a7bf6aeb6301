import type { Logger } from 'pino';
import { z } from 'zod';
import { sessionEndedEvent } from '../actors/app/commands.ts';
import type { FoundryAuth } from '../auth/auth.ts';
import type { ActorConnections } from '../command-loop/connections.ts';
import type { Config } from '../config.ts';
import { Avatars } from '../github/avatars.ts';
import { createActorReads, type ActorReads } from './actor-reads.ts';
import { AdmissionDirectory } from './access/admission-directory.ts';
import { OrganizationView } from './access/organization-view.ts';
import { RepositoryNames } from './access/repository-names.ts';
import { TaskDirectory } from './access/task-directory.ts';
import { UserAccessDirectory } from './access/user-access.ts';
import { CommandSender } from './commands/command-sender.ts';
import { createRateLimits, type RateLimits } from './middleware/rate-limit/rate-limit.ts';
import { SocketHub } from './realtime/socket-hub.ts';
import { FeedPool } from './upstream/feed-pool.ts';

/** What the gateway is given. */
export interface GatewayOptions {
  readonly config: Config;
  readonly connections: ActorConnections;
  readonly auth: FoundryAuth;
  readonly log: Logger;
  /** Whether the engine answers; asked by `/readyz`. */
  readonly isEngineReady: () => Promise<boolean>;
  /** Further origins that a browser may use the API from, for example a development server. */
  readonly trustedOrigins?: readonly string[];
  /** The built web app. */
  readonly staticDir?: string;
}

/** What routes and sockets share: one of each per gateway, nothing that another gateway would need. */
export interface GatewayServices extends GatewayOptions {
  readonly reads: ActorReads;
  readonly commands: CommandSender;
  readonly feeds: FeedPool;
  readonly access: UserAccessDirectory;
  readonly admission: AdmissionDirectory;
  readonly tasks: TaskDirectory;
  readonly names: RepositoryNames;
  readonly organizations: OrganizationView;
  readonly hub: SocketHub;
  readonly rateLimits: RateLimits;
  readonly avatars: Avatars;
  /** Origins whose pages may send commands and open sockets. */
  readonly allowedOrigins: ReadonlySet<string>;
}

const endedSessionSchema = z.object({ userId: z.string(), sessionTokenHash: z.string() });

export function createServices(options: GatewayOptions): GatewayServices {
  const { config, connections, log } = options;
  const reads = createActorReads(connections);
  const tasks = new TaskDirectory(reads);
  const names = new RepositoryNames(reads);
  const hub = new SocketHub(log);
  const sessionsEnded = (payload: unknown): void => {
    const ended = endedSessionSchema.safeParse(payload);
    if (!ended.success) {
      log.error({ reason: ended.error.message }, 'App broadcast something that is no ended session');
      return;
    }
    options.auth.endSession(ended.data.sessionTokenHash);
    hub.sessionEnded(ended.data.sessionTokenHash);
  };
  const feeds = new FeedPool({
    connections,
    log,
    onEvent: (address, name, payload) => {
      if (name === 'outcome') hub.outcome(payload);
      else if (name === sessionEndedEvent && address.kind === 'app') sessionsEnded(payload);
    },
  });
  return {
    ...options,
    reads,
    tasks,
    names,
    hub,
    feeds,
    rateLimits: createRateLimits(),
    avatars: new Avatars({ webUrl: config.github.webUrl }),
    commands: new CommandSender(connections),
    admission: new AdmissionDirectory({ rule: config.admission, connections, log }),
    access: new UserAccessDirectory({ reads, connections, feeds, log }),
    organizations: new OrganizationView({ reads, tasks, names }),
    allowedOrigins: new Set([new URL(config.publicUrl).origin, ...(options.trustedOrigins ?? [])]),
  };
}
