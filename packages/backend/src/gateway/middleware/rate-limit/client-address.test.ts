import { expect, test } from 'vitest';
import { clientOf, trustedProxies } from './client-address.ts';

const trusted = trustedProxies(['127.0.0.1', '10.0.0.0/8', 'fd00::/8']);

test.each([
  ['nobody is believed by default', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['a trusted proxy names its client', '127.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['what a client wrote itself is not believed', '127.0.0.1', '1.2.3.4, 198.51.100.1', '198.51.100.1'],
  ['a chain of proxies', '::ffff:127.0.0.1', '198.51.100.1, 10.1.2.3', '198.51.100.1'],
  ['a proxy without the header', '10.1.2.3', undefined, '10.1.2.3'],
  ['nonsense is no address', 'fd00::1', 'unknown, evil', 'fd00::1'],
])('%s', (_what, remote, forwardedFor, client) => {
  expect(clientOf(remote, forwardedFor, trusted)).toBe(client);
});

test('what is no address or network is refused at the start', () => {
  expect(() => trustedProxies(['proxy.example.com'])).toThrow('neither an IP address nor a network');
  expect(() => trustedProxies(['10.0.0.0/64'])).toThrow('neither an IP address nor a network');
});
