import { randomBytes } from 'node:crypto';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { html } from 'hono/html';
import { z } from 'zod';
import type { ApiEnv } from '../api/context.ts';
import type { Double } from '../double.ts';
import { isoSeconds } from '../double.ts';
import { avatarUrl } from '../shapes/account.ts';
import type { App } from '../store/apps.ts';
import { page } from '../web/page.ts';
import { isExpired, issueUserTokens, verifierMatches } from './tokens.ts';

const codeLifetimeMs = 600_000;
const shownUserLimit = 60;

const authorizeQuery = z.object({
  client_id: z.string(),
  redirect_uri: z.url().optional(),
  state: z.string().default(''),
  scope: z.string().default(''),
  code_challenge: z.string().optional(),
  code_challenge_method: z.string().optional(),
  login: z.string().optional(),
});

const exchangeInput = z.object({
  client_id: z.string().default(''),
  client_secret: z.string().default(''),
  grant_type: z.string().optional(),
  code: z.string().default(''),
  redirect_uri: z.string().optional(),
  code_verifier: z.string().optional(),
  refresh_token: z.string().default(''),
});

/** The errors of GitHub's token endpoint: sent with status 200, in the form that was asked for. */
const exchangeErrors = {
  incorrect_client_credentials: 'The client_id and/or client_secret passed are incorrect.',
  bad_verification_code: 'The code passed is incorrect or expired.',
  redirect_uri_mismatch: 'The redirect_uri MUST match the registered callback URL for this application.',
  bad_refresh_token: 'The refresh token passed is incorrect or expired.',
  unsupported_grant_type: 'The grant_type parameter must be one of authorization_code or refresh_token.',
} as const;

/** Sign-in: the page to pick a person, the code, and its exchange for tokens. */
export function oauthRoutes(double: Double): Hono<ApiEnv> {
  const { store } = double;
  const routes = new Hono<ApiEnv>();

  const refusePage = (c: Context<ApiEnv>, title: string, text: string, status: 404 | 400 | 422) =>
    c.html(
      page(
        title,
        html`<main>
          <h1>${title}</h1>
          <p>${text}</p>
        </main>`,
      ),
      status,
    );

  /** The checked request, or the page that says what is wrong with it. */
  const readRequest = async (c: Context<ApiEnv>, values: unknown) => {
    const query = authorizeQuery.safeParse(values);
    if (!query.success) return refusePage(c, 'Bad request', z.prettifyError(query.error), 400);
    const app = store.apps.byClientId(query.data.client_id);
    if (app === undefined) {
      return refusePage(c, 'Not found', `No application has the client id ${query.data.client_id}.`, 404);
    }
    const redirectUri = query.data.redirect_uri ?? app.callbackUrls[0];
    if (redirectUri === undefined || !redirectAllowed(app, redirectUri)) {
      return refusePage(c, 'Be careful!', 'The redirect_uri is not associated with this application.', 400);
    }
    const method = query.data.code_challenge_method ?? 'S256';
    if (query.data.code_challenge !== undefined && method !== 'S256') {
      return refusePage(c, 'Bad request', 'code_challenge_method must be S256.', 422);
    }
    return { query: query.data, app, redirectUri };
  };

  routes.get('/login/oauth/authorize', async (c) => {
    const request = await readRequest(c, c.req.query());
    if (request instanceof Response) return request;
    const { query, app, redirectUri } = request;
    const hidden = {
      client_id: query.client_id,
      redirect_uri: redirectUri,
      state: query.state,
      scope: query.scope,
      ...(query.code_challenge === undefined
        ? {}
        : { code_challenge: query.code_challenge, code_challenge_method: 'S256' }),
    };
    const users = store.accounts.users().slice(0, shownUserLimit);
    return c.html(
      page(
        `Sign in to ${app.name}`,
        html`<main>
          <h1>Sign in to ${app.name}</h1>
          <p>This is a stand-in for GitHub with made-up people. Pick the one you want to be.</p>
          <form method="post" action="/login/oauth/authorize">
            ${Object.entries(hidden).map(
              ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
            )}
            <ul>
              ${users.map(
                (user) =>
                  html`<li>
                    <button class="card" type="submit" name="login" value="${user.login}">
                      <img src="${avatarUrl(double.urls, user)}" alt="" />
                      <span><strong>${user.name}</strong>@${user.login}</span>
                    </button>
                  </li>`,
              )}
            </ul>
          </form>
          <footer>
            <form method="post" action="/login/oauth/authorize">
              ${Object.entries(hidden).map(
                ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
              )}
              <button class="button quiet" type="submit" name="cancel" value="1">Cancel</button>
            </form>
          </footer>
        </main>`,
      ),
    );
  });

  routes.post('/login/oauth/authorize', async (c) => {
    const form = await c.req.parseBody();
    const request = await readRequest(c, form);
    if (request instanceof Response) return request;
    const { query, app, redirectUri } = request;
    const target = new URL(redirectUri);
    if (query.state !== '') target.searchParams.set('state', query.state);
    if (form['cancel'] !== undefined) {
      target.searchParams.set('error', 'access_denied');
      target.searchParams.set('error_description', 'The user has denied your application access.');
      return c.redirect(target.toString(), 302);
    }
    const user = query.login === undefined ? undefined : store.accounts.byLogin(query.login);
    if (user === undefined || user.type !== 'User') {
      return refusePage(c, 'Nobody picked', 'Send the field `login` with the login of a user.', 422);
    }
    const code = randomBytes(10).toString('hex');
    store.tokens.insertCode({
      code,
      appId: app.id,
      userId: user.id,
      redirectUri,
      codeChallenge: query.code_challenge ?? null,
      expiresAt: isoSeconds(Date.now() + codeLifetimeMs),
    });
    target.searchParams.set('code', code);
    return c.redirect(target.toString(), 302);
  });

  routes.post('/login/oauth/access_token', async (c) => {
    const isJson = c.req.header('content-type')?.includes('json') === true;
    const raw: unknown = isJson ? await c.req.json().catch(() => ({})) : await c.req.parseBody();
    const given = exchangeInput.safeParse({
      ...c.req.query(),
      ...z.record(z.string(), z.unknown()).catch({}).parse(raw),
    });
    const input = given.success ? given.data : exchangeInput.parse({});
    const basic = basicCredentials(c.req.header('authorization'));
    const reply = exchange(double, { ...input, ...basic });
    const body =
      typeof reply === 'string'
        ? {
            error: reply,
            error_description: exchangeErrors[reply],
            error_uri:
              'https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/',
          }
        : reply;
    if (c.req.header('accept')?.includes('json') === true) return c.json(body);
    const text = new URLSearchParams(
      Object.entries(body).map(([key, value]): [string, string] => [key, String(value)]),
    );
    return c.body(text.toString(), 200, {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    });
  });

  return routes;
}

/** Loopback addresses may use any port, which is what a development server needs. */
function redirectAllowed(app: App, redirectUri: string): boolean {
  const url = new URL(redirectUri);
  const loopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (app.callbackUrls.length === 0) return loopback;
  return app.callbackUrls.some((callback) => {
    const allowed = new URL(callback);
    const sameHost = loopback ? allowed.hostname === url.hostname : allowed.host === url.host;
    return sameHost && allowed.protocol === url.protocol && url.pathname.startsWith(allowed.pathname);
  });
}

function basicCredentials(header: string | undefined): { client_id?: string; client_secret?: string } {
  const value = /^basic\s+(\S+)$/i.exec(header ?? '')?.[1];
  if (value === undefined) return {};
  const [id = '', ...rest] = Buffer.from(value, 'base64').toString('utf8').split(':');
  return { client_id: decodeURIComponent(id), client_secret: decodeURIComponent(rest.join(':')) };
}

function exchange(double: Double, input: z.output<typeof exchangeInput>) {
  const { store } = double;
  const app = store.apps.byClientId(input.client_id);
  if (app === undefined || app.clientSecret !== input.client_secret) return 'incorrect_client_credentials';
  if (input.grant_type === 'refresh_token') {
    const token = store.tokens.find(input.refresh_token);
    if (token === undefined || token.kind !== 'refresh' || token.appId !== app.id || isExpired(token)) {
      return 'bad_refresh_token';
    }
    // Refreshing ends the pair: neither the old refresh token nor the old access token is good any more.
    if (token.grantId !== null) store.tokens.removeGrant(token.grantId);
    return token.userId === null ? 'bad_refresh_token' : issueUserTokens(double, app, token.userId);
  }
  if (input.grant_type !== undefined && input.grant_type !== 'authorization_code') {
    return 'unsupported_grant_type';
  }
  const code = store.tokens.takeCode(input.code);
  if (code === undefined || code.appId !== app.id || Date.parse(code.expiresAt) <= Date.now()) {
    return 'bad_verification_code';
  }
  if (input.redirect_uri !== undefined && input.redirect_uri !== code.redirectUri) {
    return 'redirect_uri_mismatch';
  }
  if (code.codeChallenge !== null && !verifierMatches(code.codeChallenge, input.code_verifier ?? '')) {
    return 'bad_verification_code';
  }
  return issueUserTokens(double, app, code.userId);
}
