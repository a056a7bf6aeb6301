import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { trustedProxies } from './gateway/middleware/rate-limit/client-address.ts';

/** Thrown when the environment cannot be used. The message lists every problem and what to do about it. */
export class ConfigError extends Error {
  readonly code = 'config_invalid';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const roles = ['gateway', 'actors'] as const;
export type Role = (typeof roles)[number];

/** An empty variable (`FOO=` in an .env file) means "not set". */
const emptyAsUnset = (value: unknown): unknown => (value === '' ? undefined : value);

const text = z.preprocess(emptyAsUnset, z.string().trim().min(1).optional());

const port = (fallback?: number) =>
  z.preprocess(
    (value) => emptyAsUnset(value) ?? fallback,
    z.coerce
      .number({ error: 'must be a port number between 1 and 65535' })
      .int('must be a whole number')
      .min(1, 'must be between 1 and 65535')
      .max(65_535, 'must be between 1 and 65535')
      .optional(),
  );

const url = (example: string) =>
  z.preprocess(
    emptyAsUnset,
    z
      .url({
        protocol: /^https?$/,
        error: `must be an http or https address such as ${example}`,
      })
      .transform((value) => value.replace(/\/+$/, ''))
      .optional(),
  );

const environmentSchema = z.object({
  FOUNDRY_PORT: port(7741),
  FOUNDRY_HOST: text,
  FOUNDRY_DATA_DIR: text,
  FOUNDRY_SECRET: z.preprocess(
    emptyAsUnset,
    z
      .string()
      .min(32, 'must have at least 32 characters; `openssl rand -base64 32` makes a good one')
      .optional(),
  ),
  FOUNDRY_PUBLIC_URL: url('https://foundry.example.com'),
  FOUNDRY_HSTS_SUBDOMAINS: z.preprocess(
    emptyAsUnset,
    z.enum(['true', 'false'], { error: 'must be true or false' }).default('false'),
  ),
  FOUNDRY_ROLES: z.preprocess(
    (value) => emptyAsUnset(value) ?? roles.join(','),
    z
      .string()
      .transform((value) => value.split(',').map((role) => role.trim()))
      .pipe(
        z.array(z.enum(roles, { error: `must be a comma-separated list of: ${roles.join(', ')}` })).min(1),
      ),
  ),
  FOUNDRY_ENGINE_PORT: port(),
  RIVET_ENDPOINT: url('http://default:token@127.0.0.1:6420'),
  RIVET_POOL: text,
  FOUNDRY_ALLOWED_ACCOUNTS: text,
  FOUNDRY_TRUSTED_PROXIES: text,
  GITHUB_API_URL: url('https://api.github.com'),
  GITHUB_WEB_URL: url('https://github.com'),
  GITHUB_APP_ID: text,
  GITHUB_APP_PRIVATE_KEY: text,
  GITHUB_APP_SLUG: text,
  GITHUB_CLIENT_ID: text,
  GITHUB_CLIENT_SECRET: text,
  GITHUB_WEBHOOK_SECRET: text,
  LOG_LEVEL: z.preprocess(
    emptyAsUnset,
    z.enum(logLevels, { error: `must be one of: ${logLevels.join(', ')}` }).default('info'),
  ),
});

export interface GitHubAppConfig {
  readonly appId: string;
  /** PEM text. */
  readonly privateKey: string;
  /** The name in the App's installation address, `<webUrl>/apps/<slug>`. */
  readonly slug: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly webhookSecret: string;
}

/**
 * Which GitHub accounts (organizations and people) this server is for.
 * - `everybody`: GitHub is the demo's double on this machine, whose accounts are all the demo's.
 * - `firstInstalled`: nothing is configured: the account that the App is installed on first, and no other.
 * - `listed`: logins in lower case, and numeric ids.
 */
export type AdmissionRule =
  | { readonly kind: 'everybody' }
  | { readonly kind: 'firstInstalled' }
  | { readonly kind: 'listed'; readonly accounts: ReadonlySet<string> };

export interface Config {
  /** Address and port of the gateway, the only door. */
  readonly host: string;
  readonly port: number;
  /** Absolute path of the folder that holds everything Foundry keeps on this machine. */
  readonly dataDir: string;
  /** Encrypts tokens at rest and signs sessions (R17). */
  readonly secret: string;
  /** Where browsers and GitHub reach the gateway, without a trailing slash. */
  readonly publicUrl: string;
  /** Browsers are told that every name below this server's is reached by https only. */
  readonly hstsIncludesSubdomains: boolean;
  readonly roles: { readonly gateway: boolean; readonly actors: boolean };
  readonly engine: {
    /** Set: use this engine and start none. With `namespace:token@` in front of the host. */
    readonly externalEndpoint: string | undefined;
    /** The supervised engine takes this port, the next one and the one ten above. */
    readonly port: number;
    /** Processes of one pool share their actors; two pools on one engine never mix. */
    readonly pool: string;
  };
  readonly github: {
    readonly apiUrl: string;
    readonly webUrl: string;
    /** Absent until a GitHub App is configured (here or through the App-manifest flow). */
    readonly app: GitHubAppConfig | undefined;
    /** GitHub is a double on this machine: no account is needed. */
    readonly isDemo: boolean;
  };
  readonly admission: AdmissionRule;
  /** Proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: BlockList;
  readonly logLevel: (typeof logLevels)[number];
}

const githubAppVariables = [
  'GITHUB_APP_ID',
  'GITHUB_APP_PRIVATE_KEY',
  'GITHUB_APP_SLUG',
  'GITHUB_CLIENT_ID',
  'GITHUB_CLIENT_SECRET',
  'GITHUB_WEBHOOK_SECRET',
] as const;

type Environment = z.infer<typeof environmentSchema>;

const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** `acme, @ada, 583231`: logins as GitHub writes them, or numeric ids. */
function parseAdmission(text: string | undefined, isDemo: boolean, problems: string[]): AdmissionRule {
  if (text === undefined) return { kind: isDemo ? 'everybody' : 'firstInstalled' };
  const names = text
    .split(',')
    .map((name) => name.trim().replace(/^@/, '').toLowerCase())
    .filter((name) => name !== '');
  // Enterprise Managed Users have an underscore before their short code.
  const wrong = names.filter((name) => !/^[a-z\d](?:[a-z\d_-]*[a-z\d])?$/.test(name));
  if (wrong.length > 0 || names.length === 0) {
    problems.push(
      `FOUNDRY_ALLOWED_ACCOUNTS must be a comma-separated list of GitHub logins or numeric ids, such as acme,ada; not understood: ${wrong.join(', ') || text}`,
    );
  }
  return { kind: 'listed', accounts: new Set(names) };
}

function parseProxies(text: string | undefined, problems: string[]): BlockList {
  try {
    return trustedProxies(
      (text ?? '')
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ''),
    );
  } catch (error) {
    problems.push(`FOUNDRY_TRUSTED_PROXIES: ${error instanceof Error ? error.message : String(error)}`);
    return new BlockList();
  }
}

/** All six GitHub App variables or none: half an App would only fail later, in front of a person. */
function parseGitHubApp(env: Environment, problems: string[]): GitHubAppConfig | undefined {
  const missing = githubAppVariables.filter((name) => env[name] === undefined);
  if (missing.length === githubAppVariables.length) return undefined;
  const {
    GITHUB_APP_ID: appId,
    GITHUB_APP_PRIVATE_KEY: rawKey,
    GITHUB_APP_SLUG: slug,
    GITHUB_CLIENT_ID: clientId,
    GITHUB_CLIENT_SECRET: clientSecret,
    GITHUB_WEBHOOK_SECRET: webhookSecret,
  } = env;
  if (
    appId === undefined ||
    rawKey === undefined ||
    slug === undefined ||
    clientId === undefined ||
    clientSecret === undefined ||
    webhookSecret === undefined
  ) {
    problems.push(
      `a GitHub App needs all of its variables; missing: ${missing.join(', ')}. Set them, or unset the others`,
    );
    return undefined;
  }
  const privateKey = readPrivateKey(rawKey, problems);
  return privateKey === undefined
    ? undefined
    : { appId, privateKey, slug, clientId, clientSecret, webhookSecret };
}

/** Accepts PEM text, PEM text with `\n` written out (as .env files need it), or a path to a PEM file. */
function readPrivateKey(value: string, problems: string[]): string | undefined {
  const unescaped = value.replaceAll('\\n', '\n');
  if (unescaped.includes('-----BEGIN')) return unescaped;
  try {
    const content = readFileSync(value, 'utf8');
    if (content.includes('-----BEGIN')) return content;
    problems.push(`GITHUB_APP_PRIVATE_KEY names a file that holds no PEM key: ${value}`);
  } catch {
    // The value itself may be a mangled key: it must not appear in a message (R17).
    problems.push('GITHUB_APP_PRIVATE_KEY is neither a PEM key nor the path of a readable PEM file');
  }
  return undefined;
}

/**
 * The secret of this installation: from the environment, else the one kept (mode 0600) in the data
 * folder, made at the first start. Losing it means that everyone signs in again and stored tokens are void.
 */
function loadOrCreateSecret(dataDir: string): string {
  const path = join(dataDir, 'secret');
  try {
    if (!existsSync(path)) {
      mkdirSync(dataDir, { recursive: true, mode: 0o700 });
      writeSecretOnce(path);
    }
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new ConfigError([
      `FOUNDRY_DATA_DIR (${dataDir}) cannot be used: ${error instanceof Error ? error.message : String(error)}. Choose a folder this user may read and write`,
    ]);
  }
}

/** Of two processes starting at once, one writes and both end up with the same secret. */
function writeSecretOnce(path: string): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
  try {
    // link() fails when the name exists, and shows only whole files.
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Parses the environment into the one Config that the backend uses (R15). Every variable is described in
 * `.env.example`.
 * @throws ConfigError naming every variable that is wrong, all at once.
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path[0]?.toString() ?? 'environment'} ${issue.message}`,
    );
    throw new ConfigError([...new Set(problems)]);
  }
  const env = parsed.data;
  const problems: string[] = [];
  const app = parseGitHubApp(env, problems);
  const hasRole = (role: Role): boolean => env.FOUNDRY_ROLES.includes(role);
  if (!hasRole('actors') && env.RIVET_ENDPOINT === undefined) {
    problems.push(
      'FOUNDRY_ROLES without "actors" needs RIVET_ENDPOINT: the address of the engine that the actors use',
    );
  }
  const webUrl = env.GITHUB_WEB_URL ?? 'https://github.com';
  const isDemo = loopbackHosts.has(new URL(webUrl).hostname);
  const proxies = parseProxies(env.FOUNDRY_TRUSTED_PROXIES, problems);
  const admission = parseAdmission(env.FOUNDRY_ALLOWED_ACCOUNTS, isDemo, problems);
  const gatewayPort = env.FOUNDRY_PORT ?? 7741;
  const enginePort = env.FOUNDRY_ENGINE_PORT ?? gatewayPort + 2;
  if (enginePort + 10 > 65_535) {
    problems.push(
      `the engine takes its port and the one ten above: ${enginePort} is too high, set FOUNDRY_ENGINE_PORT to 65525 at most`,
    );
  }
  if (problems.length > 0) throw new ConfigError(problems);

  const dataDir = resolve(env.FOUNDRY_DATA_DIR ?? '.foundry');
  const host = env.FOUNDRY_HOST ?? '127.0.0.1';
  return {
    host,
    port: gatewayPort,
    dataDir,
    secret: env.FOUNDRY_SECRET ?? loadOrCreateSecret(dataDir),
    publicUrl: env.FOUNDRY_PUBLIC_URL ?? `http://${reachableHost(host)}:${gatewayPort}`,
    hstsIncludesSubdomains: env.FOUNDRY_HSTS_SUBDOMAINS === 'true',
    roles: { gateway: hasRole('gateway'), actors: hasRole('actors') },
    engine: {
      externalEndpoint: env.RIVET_ENDPOINT,
      port: enginePort,
      pool: env.RIVET_POOL ?? 'default',
    },
    github: {
      apiUrl: env.GITHUB_API_URL ?? 'https://api.github.com',
      webUrl,
      app,
      isDemo,
    },
    admission,
    trustedProxies: proxies,
    logLevel: env.LOG_LEVEL,
  };
}

/** A wildcard address can be listened on but not opened in a browser. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
