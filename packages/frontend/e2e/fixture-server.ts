/**
 * A stand-in for the gateway with sample data: `node e2e/fixture-server.ts [port]` after `vite build`.
 * For looking at every state of the screens without a backend; nothing here is part of the product.
 */
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { WebSocketServer } from 'ws';
import { Hub } from './fixture/hub.ts';
import { createRoutes } from './fixture/routes.ts';
import { World } from './fixture/world.ts';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
/** As strict as the gateway's, so that what it would block is seen here. */
const contentSecurityPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

export interface FixtureServer {
  url: string;
  close: () => Promise<void>;
}

export async function startFixtureServer(port = 0): Promise<FixtureServer> {
  const world = new World();
  const hub = new Hub(world);
  const mode = { failing: false, signedIn: true, held: false, socketsBlocked: false };
  const app = createRoutes(world, hub, mode);
  app.use(async (context, next) => {
    await next();
    context.header('content-security-policy', contentSecurityPolicy);
  });
  app.get('*', serveStatic({ root: dist }));
  app.get('*', async (context) => context.html(await readFile(`${dist}/index.html`, 'utf8')));
  const sockets = new WebSocketServer({ noServer: true });
  return new Promise((resolve) => {
    // HTTP/1 is what `serve` makes unless told otherwise.
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, (address: AddressInfo) => {
      resolve({ url: `http://127.0.0.1:${address.port}`, close });
    }) as Server;
    server.on('upgrade', (request, socket, head) => {
      if (mode.failing || mode.socketsBlocked || !mode.signedIn) {
        socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
        return;
      }
      sockets.handleUpgrade(request, socket, head, (webSocket) => hub.accept(webSocket));
    });
    const close = () =>
      new Promise<void>((done) => {
        hub.dropAll();
        server.close(() => done());
        server.closeAllConnections();
      });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await startFixtureServer(Number(process.argv[2] ?? 7799));
  process.stdout.write(`Fixture server at ${server.url}\n`);
}
