import { Hono } from 'hono';
import { z } from 'zod';
import { GitHubError, notFound } from '../domain/errors.ts';
import type { Double } from '../double.ts';
import { simpleUser } from '../shapes/account.ts';
import { jsonBody } from './context.ts';
import type { ApiContext, ApiEnv } from './context.ts';
import { isExpired } from '../oauth/tokens.ts';
import { RateLimits } from './rate-limit.ts';

const tokenInput = z.object({ access_token: z.string() });

/** Rate limit, server description, and an OAuth client looking after the tokens it was given. */
export function miscRoutes(double: Double): Hono<ApiEnv> {
  const { store, urls } = double;
  const routes = new Hono<ApiEnv>();

  routes.get('/', (c) =>
    c.json({ current_user_url: `${urls.api}/user`, rate_limit_url: `${urls.api}/rate_limit` }),
  );

  routes.get('/rate_limit', (c) => {
    const bucket = double.rateLimits.bucket(RateLimits.key(c.get('viewer')));
    const core = {
      limit: bucket.limit,
      remaining: bucket.remaining,
      used: bucket.used,
      reset: bucket.resetSeconds,
    };
    const whole = { limit: 5_000, remaining: 5_000, used: 0, reset: bucket.resetSeconds };
    return c.json({ resources: { core, search: whole, graphql: whole }, rate: core });
  });

  routes.get('/meta', (c) =>
    c.json({ verifiable_password_authentication: false, installed_version: '3.19.0', hooks: [] }),
  );

  /** The token in the body, if it belongs to the app in the address and in the Basic credentials. */
  const ownToken = async (c: ApiContext) => {
    const viewer = c.get('viewer');
    if (viewer.kind !== 'app' || viewer.proof !== 'client-secret') throw notFound();
    const { app } = viewer;
    if (app.clientId !== c.req.param('client')) throw notFound();
    const { access_token: text } = await jsonBody(c, tokenInput);
    const token = store.tokens.find(text);
    if (token === undefined || token.kind !== 'user' || token.appId !== app.id || isExpired(token)) {
      throw notFound();
    }
    return { app, token };
  };

  routes.post('/applications/:client/token', async (c) => {
    const { app, token } = await ownToken(c);
    const user = token.userId === null ? undefined : store.accounts.byId(token.userId);
    if (user === undefined) throw notFound();
    return c.json({
      id: 1,
      url: `${urls.api}/authorizations/1`,
      app: { client_id: app.clientId, name: app.name, url: `${urls.web}/apps/${app.slug}` },
      token: token.token,
      hashed_token: null,
      token_last_eight: token.token.slice(-8),
      note: null,
      note_url: null,
      scopes: [],
      created_at: app.createdAt,
      updated_at: app.createdAt,
      fingerprint: null,
      expires_at: token.expiresAt,
      user: simpleUser(urls, user),
    });
  });

  for (const kind of ['token', 'grant'] as const) {
    routes.delete(`/applications/:client/${kind}`, async (c) => {
      const { token } = await ownToken(c);
      if (kind === 'grant' && token.userId !== null) store.tokens.removeOfUser(token.userId);
      else store.tokens.remove(token.token);
      return c.body(null, 204);
    });
  }

  routes.all('*', (c) => {
    if (c.get('viewer').kind === 'anonymous' && c.req.method !== 'GET') {
      throw new GitHubError(401, 'Requires authentication');
    }
    throw notFound();
  });

  return routes;
}
