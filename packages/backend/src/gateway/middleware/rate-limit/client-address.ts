import { BlockList, isIP } from 'node:net';

/** Addresses and networks (`10.0.0.0/8`) of proxies that may say for whom they ask. @throws naming what is neither. */
export function trustedProxies(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address);
    const bits = Number(prefix ?? (family === 6 ? 128 : 32));
    if (family === 0 || !Number.isInteger(bits) || bits < 0 || bits > (family === 6 ? 128 : 32)) {
      throw new Error(`${entry} is neither an IP address nor a network such as 10.0.0.0/8`);
    }
    list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

function isTrusted(address: string, trusted: BlockList): boolean {
  const family = isIP(address);
  return family !== 0 && trusted.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Whom a request comes from: the connection's own address, unless that is a trusted proxy, which names its client last in
 * `X-Forwarded-For`. What stands before the first address that is no trusted proxy anybody can have written.
 */
export function clientOf(remote: string, forwardedFor: string | undefined, trusted: BlockList): string {
  const chain = (forwardedFor ?? '')
    .split(',')
    .map((address) => address.trim())
    .filter((address) => isIP(address) !== 0);
  let client = remote.replace(/^::ffff:(?=\d+\.)/, '');
  while (isTrusted(client, trusted)) {
    const before = chain.pop();
    if (before === undefined) break;
    client = before;
  }
  return client;
}
