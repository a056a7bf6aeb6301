import { createServer } from 'node:net';

/** A port that a server of ours needs is in use by somebody else. */
export class PortTakenError extends Error {
  readonly code = 'port_taken';
  readonly port: number;

  constructor(port: number, purpose: string, advice: string) {
    super(`Port ${port} (${purpose}) is taken by another program. ${advice}`);
    this.name = 'PortTakenError';
    this.port = port;
  }
}

/** True when a server could listen on the port right now. */
export async function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A port the system gives out as free. It may be taken again a moment later: callers retry. */
async function pickFreePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host }, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') {
        server.close();
        reject(new Error('the system gave out no port'));
        return;
      }
      server.close(() => resolve(address.port));
    });
  });
}

/**
 * Finds a port P so that every P + offset is free, for servers that take several ports at fixed distances.
 * @throws Error after 100 tries.
 */
export async function findFreePorts(offsets: readonly number[], host = '127.0.0.1'): Promise<number> {
  const highest = Math.max(...offsets);
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const base = await pickFreePort(host);
    if (base + highest > 65_535) continue;
    const free = await Promise.all(offsets.map((offset) => isPortFree(base + offset, host)));
    if (free.every(Boolean)) return base;
  }
  throw new Error(`found no free ports at the distances ${offsets.join(', ')}`);
}
