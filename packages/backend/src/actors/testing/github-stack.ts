import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGitHubDouble } from '@foundry/github-double/server';
import type { CommandOutcome } from '@foundry/shared/envelope';
import { z } from 'zod';
import { createSignInAdmission } from '../../auth/admission.ts';
import { createActorAuthStore } from '../../auth/actor-store.ts';
import { createAuth } from '../../auth/auth.ts';
import { createSecretBox } from '../../auth/crypto.ts';
import type { EndedSession } from '../../auth/auth-rows.ts';
import { createGitHubTokens } from '../../auth/github-tokens.ts';
import type { ActorAddress, Catalog, CommandInput, CommandName } from '../../command-loop/catalog.ts';
import { ActorConnections, UnknownOutcomeError } from '../../command-loop/connections.ts';
import { systemEnvelope } from '../../command-loop/envelopes.ts';
import { provideLoopRuntime } from '../../command-loop/runtime.ts';
import { loadConfig, type AdmissionRule } from '../../config.ts';
import { startIsolatedEngine, startTestRegistry } from '../../engine/testing.ts';
import { normaliseWebhook, webhookOrganizationId } from '../../github/normalise-webhook.ts';
import { createLogger } from '../../log.ts';
import { appAddress, gitHubDataAddress } from '../addresses.ts';
import { firstAccountSchema } from '../app/commands.ts';
import { actors } from '../registry.ts';
import { provideServices } from '../services.ts';

/*
 * Every actor, on an engine of their own (account ids are the double's, the same in every test
 * file), against the GitHub double, with webhooks delivered as the gateway delivers them.
 */

const appId = 101;
const clientId = 'Iv1.test';
const clientSecret = 'test-client-secret';
const webhookSecret = 'test-webhook-secret';
const publicUrl = 'http://127.0.0.1:9';

/** What a test file works with. */
export type GitHubStack = Awaited<ReturnType<typeof startGitHubStack>>;

export async function startGitHubStack(options: {
  seed: 'small' | 'large' | 'none';
  /** Which accounts it is for; left out, as for the demo. */
  admission?: AdmissionRule;
}) {
  const log = createLogger(process.env['FOUNDRY_TEST_LOG_LEVEL'] ?? 'silent');
  const dataDir = await mkdtemp(join(tmpdir(), 'foundry-github-'));
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const double = await startGitHubDouble({
    port: 0,
    dataDir: join(dataDir, 'double'),
    seed: options.seed,
    logLevel: 'silent',
    app: { id: appId, clientId, clientSecret, webhookSecret, keyPem: privateKey },
  });
  const engine = await startIsolatedEngine();
  const registry = await startTestRegistry({ use: actors }, { endpoint: engine.endpoint });
  const connections = new ActorConnections({ endpoint: registry.endpoint, poolName: registry.pool, log });
  provideLoopRuntime({ connections, log });

  const demo = loadConfig({
    FOUNDRY_DATA_DIR: join(dataDir, 'backend'),
    FOUNDRY_SECRET: 'a secret for tests, of at least 32 characters',
    GITHUB_API_URL: double.apiUrl,
    GITHUB_WEB_URL: double.url,
    GITHUB_APP_ID: String(appId),
    GITHUB_APP_PRIVATE_KEY: privateKey,
    GITHUB_APP_SLUG: 'foundry-demo',
    GITHUB_CLIENT_ID: clientId,
    GITHUB_CLIENT_SECRET: clientSecret,
    GITHUB_WEBHOOK_SECRET: webhookSecret,
  });
  const config = { ...demo, admission: options.admission ?? demo.admission };
  const storage = { store: createActorAuthStore(connections), box: createSecretBox(config.secret) };
  const github = { webUrl: double.url, apiUrl: double.apiUrl, clientId, clientSecret };
  const tokens = createGitHubTokens({ ...storage, github });
  provideServices({
    config,
    log,
    gitHubTokenFor: (userId, wish) => tokens.githubTokenFor(userId, wish),
    gitHubIdentityFor: async (userId) => ({ githubId: '1', login: userId, name: userId }),
    sandboxProviders: new Map(),
    defaultSandboxProviderId: 'none',
    defaultAgentId: 'mock',
  });
  const endedSessions: EndedSession[] = [];
  const auth = createAuth({
    ...storage,
    publicUrl,
    github,
    admission: createSignInAdmission({
      rule: config.admission,
      apiUrl: double.apiUrl,
      firstAccountId: async () =>
        firstAccountSchema.nullable().parse(await connections.call(appAddress(), 'firstAccount', []))?.id ??
        null,
    }),
    log,
    onSessionEnded: (session) => void endedSessions.push(session),
  });

  /** As the gateway: normalise, enqueue under the delivery id, 202. Errors are 500, as for GitHub. */
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      receive(
        String(request.headers['x-github-event']),
        String(request.headers['x-github-delivery']),
        JSON.parse(Buffer.concat(chunks).toString('utf8')),
      ).then(
        () => response.writeHead(202).end(),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
  });
  async function receive(event: string, deliveryId: string, payload: unknown): Promise<void> {
    const organizationId = webhookOrganizationId(payload);
    if (organizationId === null) return;
    const body = normaliseWebhook(event, deliveryId, payload);
    const envelope = {
      commandId: deliveryId,
      causedBy: `delivery:${deliveryId}`,
      by: { kind: 'github' as const, login: body.senderLogin },
      at: Date.now(),
    };
    const message = { name: 'githubData.command.receiveWebhook', body, envelope };
    await connections.enqueue(gitHubDataAddress(organizationId), [message]);
  }
  await new Promise<void>((resolve) => {
    receiver.listen(0, '127.0.0.1', resolve);
  });
  const address = receiver.address();
  if (typeof address !== 'object' || address === null) throw new Error('the receiver has no port');
  double.setWebhookUrl(`http://127.0.0.1:${address.port}/webhooks/github`);

  /** The double's control API. */
  async function control(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${double.url}/_double${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  async function send<C extends Catalog, N extends CommandName<C>>(
    to: ActorAddress<C>,
    name: N,
    body: CommandInput<C, N>,
    by?: { userId: string; login: string },
  ): Promise<CommandOutcome> {
    const system = systemEnvelope(crypto.randomUUID(), null);
    const envelope = by === undefined ? system : { ...system, by: { kind: 'person' as const, ...by } };
    // As every sender: an unknown outcome is asked for again under the same id. A busy machine starts actors slowly.
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await connections.sendAndWait(to, name, body, envelope, 10_000);
      } catch (error) {
        if (!(error instanceof UnknownOutcomeError) || attempt === 4) throw error;
      }
    }
  }

  /** A whole sign-in, as a browser does it, tried again as people do. @returns the person's id and the browser's cookies. */
  async function signIn(login: string): Promise<{ userId: string; headers: Headers }> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await signInOnce(login);
      } catch (error) {
        if (attempt === 3) throw error;
      }
    }
  }

  async function signInOnce(login: string): Promise<{ userId: string; headers: Headers }> {
    const json = { 'content-type': 'application/json', origin: publicUrl };
    const started = await auth.handle(
      new Request(`${publicUrl}/api/auth/sign-in/social`, {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ provider: 'github', callbackURL: '/' }),
      }),
      '203.0.113.7',
    );
    const { url } = z.object({ url: z.string() }).parse(await started.json());
    const parameters = new URL(url).searchParams;
    parameters.set('login', login);
    const authorized = await fetch(`${double.url}/login/oauth/authorize`, {
      method: 'POST',
      body: parameters,
      redirect: 'manual',
    });
    const back = authorized.headers.get('location');
    if (back === null) throw new Error(`no redirect: ${authorized.status} ${await authorized.text()}`);
    const cookies = new Headers({ cookie: cookiesOf(started) });
    const finished = await auth.handle(new Request(back, { headers: cookies }), '203.0.113.7');
    const headers = new Headers({ cookie: cookiesOf(finished) });
    const session = await auth.verifySession(headers);
    if (session === null)
      throw new Error(`no session: ${finished.status} ${finished.headers.get('location')}`);
    return { userId: session.userId, headers };
  }

  /** Keys of every actor of this kind that the engine knows. */
  async function actorKeys(kind: string): Promise<string[]> {
    const { protocol, host, username, password } = new URL(engine.endpoint);
    const url = `${protocol}//${host}/actors?namespace=${username}&name=${kind}&limit=100`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${password}` } });
    const body = z.object({ actors: z.array(z.object({ key: z.string() })) }).parse(await response.json());
    return body.actors.map((actor) => actor.key);
  }

  return {
    double,
    connections,
    config,
    log,
    auth,
    endedSessions,
    control,
    send,
    signIn,
    actorKeys,
    accountId: (login: string): string => {
      const account = double.double.store.accounts.byLogin(login);
      if (account === undefined) throw new Error(`the double has no ${login}`);
      return String(account.id);
    },
    repositoryId: (owner: string, name: string): string => {
      const found = double.double.store.repositories.byName(owner, name);
      if (found === undefined) throw new Error(`the double has no ${owner}/${name}`);
      return String(found.id);
    },
    stop: async () => {
      await connections.dispose();
      await registry.stop();
      await double.stop();
      receiver.closeAllConnections();
      receiver.close();
      await engine.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function cookiesOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0] ?? '')
    .join('; ');
}
