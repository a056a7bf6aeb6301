import { serve, type ServerType } from '@hono/node-server';
import { Hono } from 'hono';
import type { Config } from '../config.ts';
import { PortTakenError } from '../engine/ports.ts';
import type { Logger } from '../log.ts';

export interface Gateway {
  /** Closes the port and every open connection. */
  readonly stop: () => Promise<void>;
}

/**
 * Listens on the configured address. `/healthz`: the process lives; `/readyz`: the engine answers.
 * @throws PortTakenError
 */
export async function startGateway(options: {
  readonly config: Config;
  readonly logger: Logger;
  readonly isEngineReady: () => Promise<boolean>;
}): Promise<Gateway> {
  const { config } = options;
  const app = new Hono();
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get('/readyz', async (c) => {
    const engine = await options.isEngineReady();
    return c.json({ status: engine ? 'ready' : 'starting', checks: { engine } }, engine ? 200 : 503);
  });
  const server = await new Promise<ServerType>((resolve, reject) => {
    const listening = serve({ fetch: app.fetch, port: config.port, hostname: config.host }, () =>
      resolve(listening),
    );
    listening.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new PortTakenError(config.port, 'gateway', 'Stop that program, or set FOUNDRY_PORT')
          : error,
      );
    });
  });
  return {
    stop: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}
