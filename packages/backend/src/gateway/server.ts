import { serve, type ServerType, type WebSocketServerLike } from '@hono/node-server';
import { WebSocketServer } from 'ws';
import { appAddress } from '../actors/addresses.ts';
import { sessionEndedEvent } from '../actors/app/commands.ts';
import { PortTakenError } from '../engine/ports.ts';
import { gatewayLimits } from '../limits.ts';
import { createGatewayApp } from './app.ts';
import { createServices, type GatewayOptions } from './services.ts';

export type { GatewayOptions } from './services.ts';

export interface Gateway {
  readonly port: number;
  /** A session has ended in this process: it is refused from now on, and its sockets are closed. */
  readonly sessionEnded: (session: { readonly sessionTokenHash: string }) => void;
  /** Takes no more requests, closes sockets, lets requests in flight finish, closes the port. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts the only door of Foundry on `config.host` and `config.port` (0: any free port).
 * @throws PortTakenError. @throws for a route without a permission.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config } = options;
  const log = options.log.child({ part: 'gateway' });
  const services = createServices({ ...options, log });
  const { app } = createGatewayApp(services);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: gatewayLimits.frameSizeBytes });
  const server = await new Promise<ServerType>((resolve, reject) => {
    const listening = serve(
      {
        fetch: app.fetch,
        port: config.port,
        hostname: config.host,
        // Its type spells an optional property in another way (`exactOptionalPropertyTypes`).
        websocket: { server: sockets as WebSocketServerLike },
      },
      () => resolve(listening),
    );
    listening.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new PortTakenError(config.port, 'gateway', 'Stop that program, or set FOUNDRY_PORT')
          : error,
      );
    });
  });
  // Held as long as the gateway lives: App tells of sessions that ended at other gateways.
  const appFeed = services.feeds.hold(
    appAddress(),
    { onConnected: () => services.auth.distrustCookieCache() },
    ['outcome', sessionEndedEvent],
  );
  const address = server.address();

  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve, reject) => {
      server.close((error) => (error === undefined ? resolve() : reject(error)));
    });
    services.hub.close();
    if ('closeIdleConnections' in server) server.closeIdleConnections();
    const drain = setTimeout(() => {
      if ('closeAllConnections' in server) server.closeAllConnections();
      for (const socket of sockets.clients) socket.terminate();
    }, gatewayLimits.drainTimeoutMs);
    await closed;
    clearTimeout(drain);
    appFeed.release();
    services.access.close();
    services.feeds.close();
  };

  return {
    port: typeof address === 'object' && address !== null ? address.port : config.port,
    sessionEnded: ({ sessionTokenHash }) => services.hub.sessionEnded(sessionTokenHash),
    stop: () => (stopped ??= stop()),
  };
}
