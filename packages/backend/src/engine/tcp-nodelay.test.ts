import { connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { createLogger } from '../log.ts';
import { inodesOfConnectionsTo, keepTcpNoDelay } from './tcp-nodelay.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

test('finds established connections to a port in the table of sockets, and no others', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:1E3F 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100',
    '   1: 0100007F:A000 0100007F:1E3F 01 00000000:00000000 00:00000000 00000000     0        0 222 1 0 20',
    '   2: 0100007F:1E3F 0100007F:A000 01 00000000:00000000 00:00000000 00000000     0        0 333 1 0 20',
    '   3: 0100007F:A001 0100007F:1E3F 06 00000000:00000000 00:00000000 00000000     0        0 444 1 0 20',
    '   4: 0000000000000000FFFF00000100007F:A002 0000000000000000FFFF00000100007F:1E3F 01 0:0 0:0 0 0 0 555 1',
  ].join('\n');
  expect(inodesOfConnectionsTo(7743, table)).toEqual(['222', '555']);
});

async function openServer(): Promise<{ port: number; open: () => Promise<Socket> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => server.close());
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const { port } = address;
  const open = async (): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1' });
    cleanups.push(() => socket.destroy());
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  };
  return { port, open };
}

test.runIf(process.platform === 'linux')(
  'sets the option on each new connection once, also after a reconnect',
  async () => {
    const { port, open } = await openServer();
    const warnings: string[] = [];
    const noDelay = keepTcpNoDelay({
      port,
      logger: createLogger('warn', (line) => warnings.push(line)),
      intervalMs: 10,
    });
    cleanups.push(noDelay.stop);
    const first = await open();
    await vi.waitFor(() => expect(noDelay.applied()).toBe(1), { timeout: 5_000, interval: 5 });
    first.destroy();
    await open();
    await open();
    await vi.waitFor(() => expect(noDelay.applied()).toBe(3), { timeout: 5_000, interval: 5 });
    expect(warnings).toEqual([]);
  },
);
