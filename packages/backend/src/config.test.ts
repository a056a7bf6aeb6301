import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigError, loadConfig } from './config.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'foundry-config-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const load = (environment: Record<string, string>) =>
  loadConfig({ FOUNDRY_DATA_DIR: dataDir, ...environment });
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const app = {
  GITHUB_APP_ID: '1',
  GITHUB_APP_PRIVATE_KEY: pem,
  GITHUB_APP_SLUG: 'foundry',
  GITHUB_CLIENT_ID: 'client',
  GITHUB_CLIENT_SECRET: 'client-secret',
  GITHUB_WEBHOOK_SECRET: 'webhook-secret',
};

test('without any setting: loopback, one process, github.com without an App', () => {
  const config = load({});
  expect(config).toMatchObject({
    host: '127.0.0.1',
    port: 7741,
    publicUrl: 'http://127.0.0.1:7741',
    hstsIncludesSubdomains: false,
    roles: { gateway: true, actors: true },
    engine: { externalEndpoint: undefined, port: 7743, pool: 'default' },
    github: { apiUrl: 'https://api.github.com', webUrl: 'https://github.com', app: undefined, isDemo: false },
    admission: { kind: 'firstInstalled' },
    logLevel: 'info',
  });
});

test('every variable of .env.example is known, and the example itself is a working configuration', () => {
  const text = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
  const lines = text.split('\n').filter((line) => /^[A-Z]/.test(line));
  const example = Object.fromEntries(
    lines.map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]),
  );
  expect(loadConfig({ ...example, FOUNDRY_DATA_DIR: dataDir })).toEqual(load({}));
  const source = readFileSync(new URL('config.ts', import.meta.url), 'utf8');
  const known = [...source.matchAll(/^ {2}([A-Z_]+): /gm)].map((match) => match[1] ?? '');
  expect(new Set(Object.keys(example))).toEqual(new Set(known));
});

test('which accounts the server is for: a list, else the demo alone, else who comes first', () => {
  expect(load({ FOUNDRY_ALLOWED_ACCOUNTS: ' Acme, @ada,583231 ' }).admission).toEqual({
    kind: 'listed',
    accounts: new Set(['acme', 'ada', '583231']),
  });
  expect(load({ GITHUB_WEB_URL: 'http://127.0.0.1:7742' }).admission).toEqual({ kind: 'everybody' });
  expect(
    load({ GITHUB_WEB_URL: 'http://127.0.0.1:7742', FOUNDRY_ALLOWED_ACCOUNTS: 'acme' }).admission,
  ).toEqual({
    kind: 'listed',
    accounts: new Set(['acme']),
  });
  expect(load({ FOUNDRY_ALLOWED_ACCOUNTS: '' }).admission).toEqual({ kind: 'firstInstalled' });
});

test('the secret is made once, kept private, and the same at the next start', () => {
  const { secret } = load({});
  expect(secret.length).toBeGreaterThanOrEqual(32);
  expect(load({}).secret).toBe(secret);
  expect(statSync(join(dataDir, 'secret')).mode & 0o777).toBe(0o600);
});

test('a secret of the environment is used and none is written', () => {
  const secret = 's'.repeat(32);
  expect(load({ FOUNDRY_SECRET: secret }).secret).toBe(secret);
  expect(existsSync(join(dataDir, 'secret'))).toBe(false);
});

test.each([
  [{ FOUNDRY_PORT: 'abc' }, 'FOUNDRY_PORT must be a port number'],
  [{ FOUNDRY_PORT: '70000' }, 'FOUNDRY_PORT must be between 1 and 65535'],
  [{ FOUNDRY_PORT: '65530' }, 'set FOUNDRY_ENGINE_PORT to 65525 at most'],
  [{ FOUNDRY_SECRET: 'short' }, 'FOUNDRY_SECRET must have at least 32 characters'],
  [{ FOUNDRY_ROLES: 'gateway,cook' }, 'FOUNDRY_ROLES must be a comma-separated list of: gateway, actors'],
  [{ FOUNDRY_ROLES: 'gateway' }, 'FOUNDRY_ROLES without "actors" needs RIVET_ENDPOINT'],
  [{ RIVET_ENDPOINT: 'localhost:6420' }, 'RIVET_ENDPOINT must be an http or https address'],
  [{ FOUNDRY_ALLOWED_ACCOUNTS: 'acme corp' }, 'FOUNDRY_ALLOWED_ACCOUNTS must be a comma-separated list'],
  [{ FOUNDRY_ALLOWED_ACCOUNTS: ',' }, 'FOUNDRY_ALLOWED_ACCOUNTS must be a comma-separated list'],
  [{ GITHUB_API_URL: 'ftp://x' }, 'GITHUB_API_URL must be an http or https address'],
  [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL must be one of'],
  [{ GITHUB_APP_ID: '1' }, 'missing: GITHUB_APP_PRIVATE_KEY, GITHUB_APP_SLUG'],
  [{ ...app, GITHUB_APP_PRIVATE_KEY: '/nowhere.pem' }, 'GITHUB_APP_PRIVATE_KEY is neither a PEM key nor'],
])('%j is refused with what to do about it [R15]', (environment, message) => {
  expect(() => load(environment)).toThrow(message);
});

test('all problems are named at once', () => {
  expect(() => load({ FOUNDRY_PORT: 'x', LOG_LEVEL: 'y' })).toThrow(/FOUNDRY_PORT[\s\S]*LOG_LEVEL/);
});

test('a data folder that cannot be made is a clear error', () => {
  writeFileSync(join(dataDir, 'file'), '');
  expect(() => load({ FOUNDRY_DATA_DIR: join(dataDir, 'file/folder') })).toThrow(ConfigError);
});

test('a private key is taken as PEM, as PEM on one line, and from a file', () => {
  const file = join(dataDir, 'key.pem');
  writeFileSync(file, pem);
  for (const value of [pem, pem.replaceAll('\n', '\\n'), file]) {
    expect(load({ ...app, GITHUB_APP_PRIVATE_KEY: value }).github.app?.privateKey.trim()).toBe(pem.trim());
  }
});

test('a mangled key never appears in the message [R17]', () => {
  const mangled = pem.slice(40, 200);
  expect(() => load({ ...app, GITHUB_APP_PRIVATE_KEY: mangled })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining(mangled.slice(0, 20)) }),
  );
});
