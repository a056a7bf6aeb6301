import { readFile, readdir, readlink } from 'node:fs/promises';
import koffi from 'koffi';
import type { Logger } from '../log.ts';
import { engineLimits } from '../limits.ts';

// Values of Linux, the only system on which this runs.
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const ESTABLISHED = '01';

/**
 * Inodes of established TCP connections to `remotePort`, from the text of /proc/self/net/tcp or tcp6.
 * Columns: slot, local address:port, remote address:port, state, …; the tenth is the inode.
 */
export function inodesOfConnectionsTo(remotePort: number, table: string): string[] {
  const suffix = `:${remotePort.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').flatMap((line) => {
    const [, , remote, state, , , , , , inode] = line.trim().split(/\s+/);
    return remote?.endsWith(suffix) === true && state === ESTABLISHED && inode !== undefined ? [inode] : [];
  });
}

async function readTable(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    // tcp6 does not exist where IPv6 is switched off.
    return '';
  }
}

/** Own file descriptors of the given socket inodes. */
async function descriptorsOf(inodes: ReadonlySet<string>): Promise<{ fd: number; inode: string }[]> {
  const names = await readdir('/proc/self/fd');
  const found = await Promise.all(
    names.map(async (name) => {
      try {
        const inode = /^socket:\[(\d+)\]$/.exec(await readlink(`/proc/self/fd/${name}`))?.[1];
        return inode !== undefined && inodes.has(inode) ? [{ fd: Number(name), inode }] : [];
      } catch {
        // Closed between the listing and this look.
        return [];
      }
    }),
  );
  return found.flat();
}

function loadSetsockopt(): (fd: number) => boolean {
  const setsockopt = koffi
    .load(null)
    .func('int setsockopt(int fd, int level, int name, const int *value, uint32_t length)');
  return (fd) => setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, [1], 4) === 0;
}

/**
 * Switches Nagle's algorithm off on this process's sockets to the engine. The native client library opens
 * them without TCP_NODELAY and offers no setting; every small exchange then waits up to 40 ms for the other
 * side's delayed acknowledgement (measured: WebSocket action p50 44 ms with it, 3.5 ms without).
 * Linux only; elsewhere nothing happens. A failure costs speed, never correctness: it is a warning.
 * New sockets, as after a reconnect, are looked for every second.
 * @returns `applied()`: how many sockets were changed so far; `stop()`.
 */
export function keepTcpNoDelay(options: {
  readonly port: number;
  readonly logger: Logger;
  readonly intervalMs?: number;
}): { applied: () => number; stop: () => void } {
  if (process.platform !== 'linux') return { applied: () => 0, stop: () => undefined };
  const { port, logger } = options;
  let handled = new Set<string>();
  let appliedCount = 0;
  let warned = false;
  let running = false;
  let setNoDelay: ((fd: number) => boolean) | undefined;

  const warnOnce = (detail: Record<string, unknown>): void => {
    if (warned) return;
    warned = true;
    logger.warn(detail, 'TCP_NODELAY could not be set on sockets to the engine: calls to actors are slower');
  };

  const look = async (): Promise<void> => {
    const tables = await Promise.all([readTable('/proc/self/net/tcp'), readTable('/proc/self/net/tcp6')]);
    const open = new Set(tables.flatMap((table) => inodesOfConnectionsTo(port, table)));
    // The table lists the whole machine's sockets; ones seen before, ours or not, cost nothing further.
    const fresh = new Set([...open].filter((inode) => !handled.has(inode)));
    if (fresh.size > 0) {
      setNoDelay ??= loadSetsockopt();
      for (const { fd } of await descriptorsOf(fresh)) {
        if (setNoDelay(fd)) appliedCount += 1;
        else warnOnce({ fd });
      }
    }
    handled = open;
  };

  const tick = (): void => {
    if (running) return;
    running = true;
    look()
      .catch((error: unknown) => warnOnce({ error }))
      .finally(() => {
        running = false;
      });
  };

  const timer = setInterval(tick, options.intervalMs ?? engineLimits.tcpNoDelayIntervalMs);
  timer.unref();
  tick();
  return { applied: () => appliedCount, stop: () => clearInterval(timer) };
}
