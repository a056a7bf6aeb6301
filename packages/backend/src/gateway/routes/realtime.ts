import { upgradeWebSocket } from '@hono/node-server';
import { closeCodes, realtimeProtocolVersion } from '@foundry/shared/realtime';
import type { Context } from 'hono';
import type { WSEvents } from 'hono/ws';
import { WebSocket } from 'ws';
import { sessionOf, type GatewayContext } from '../env.ts';
import { HttpError } from '../errors.ts';
import { requireSameOrigin } from '../middleware/same-origin/same-origin.ts';
import { enforce } from '../permissions/enforce.ts';
import { BrowserSocket } from '../realtime/browser-socket.ts';
import { routeGroup } from '../route.ts';
import { errorMessage } from '../../command-loop/errors.ts';

const path = '/api/v1/realtime';

function socketEvents(c: GatewayContext): WSEvents {
  const gateway = c.get('gateway');
  const session = sessionOf(c);
  const log = c.get('log');
  const headers = new Headers(c.req.raw.headers);
  const speaksOurs = c.req.query('protocol') === String(realtimeProtocolVersion);
  let browser: BrowserSocket | null = null;
  return {
    onOpen: (_event, { raw }) => {
      if (!(raw instanceof WebSocket)) throw new Error('the server of this socket is not the one of ws');
      raw.on('error', (error) => log.debug({ reason: errorMessage(error) }, 'socket failed'));
      if (!speaksOurs) {
        // Only an open socket can tell a page why it is refused.
        raw.close(closeCodes.protocolVersion, 'reload the page');
        return;
      }
      browser = new BrowserSocket({ gateway, socket: raw, session, headers, log });
      gateway.hub.add(browser);
      log.debug('socket opened');
    },
    onMessage: (event) => browser?.receive(event.data),
    onClose: (event) => {
      if (browser === null) return;
      browser.dispose();
      gateway.hub.remove(browser);
      log.debug({ code: event.code }, 'socket closed');
    },
  };
}

/** One WebSocket per browser tab; its frames are those of `@foundry/shared/realtime`. */
export const realtimeRoutes = routeGroup();
realtimeRoutes.get(
  path,
  enforce('signedIn'),
  async (c, next) => {
    if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') {
      throw new HttpError(426, 'upgrade_required', 'This address is a WebSocket: connect to it as one.');
    }
    requireSameOrigin(c);
    await next();
  },
  // The helper's own context type knows no variables; it is the context of this very route.
  upgradeWebSocket((c: Context) => socketEvents(c as GatewayContext)),
);
realtimeRoutes.openAPIRegistry.registerPath({
  method: 'get',
  path,
  description: 'WebSocket. Query `protocol`: the version of the frames.',
  responses: { 101: { description: 'Switches to WebSocket.' }, 426: { description: 'Not a WebSocket.' } },
  security: [{ session: [] }],
  'x-permission': 'signedIn',
});
