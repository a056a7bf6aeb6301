import { betterAuth } from 'better-auth/minimal';
import { APIError, createAuthMiddleware } from 'better-auth/api';
import { parseCookies } from 'better-auth/cookies';
import { genericOAuth } from 'better-auth/plugins/generic-oauth';
import { z } from 'zod';
import { authLimits } from '../limits.ts';
import type { Logger } from '../log.ts';
import { createActorAuthAdapter } from './adapter.ts';
import {
  betterAuthSecret,
  GITHUB_PROVIDER_ID,
  newAuthCommandId,
  type AuthStorage,
  type GitHubSignInConfig,
} from './auth-options.ts';
import { createAuthRows, type EndedSession } from './auth-rows.ts';
import { AuthStoreError } from './auth-store.ts';
import { EndedSessions } from './ended-sessions.ts';
import { fetchGitHubIdentity, noReplyEmail, type GitHubIdentity } from './github-identity.ts';
import { equals } from './where.ts';

const BASE_PATH = '/api/auth';
/** Set by `handle` from the connection, never taken from a client. */
const CLIENT_ADDRESS_HEADER = 'x-foundry-client-address';

export interface AuthOptions extends AuthStorage {
  /** Where browsers reach the gateway, without a trailing slash. https makes cookies secure. */
  readonly publicUrl: string;
  /** Further origins a browser may sign in from, for example a development server. */
  readonly trustedOrigins?: readonly string[];
  /** Where a browser lands, with `?error=<code>`, when a sign-in fails. */
  readonly errorPath?: string;
  /** Null until a GitHub App is configured: existing sessions work, nobody can sign in. */
  readonly github: GitHubSignInConfig | null;
  readonly log: Logger;
  /** Told at once, in this process, of each session that ended here: to drop caches and close sockets. */
  readonly onSessionEnded?: (session: EndedSession) => void;
}

/** A signed-in person, with what the gateway needs to know of them. */
export interface VerifiedSession {
  readonly userId: string;
  readonly sessionId: string;
  /** Identifies the session among gateways (`EndedSessions`) without being usable as one. */
  readonly sessionTokenHash: string;
  /** Since the epoch. */
  readonly expiresAtMs: number;
  readonly user: {
    readonly id: string;
    readonly githubId: string | null;
    readonly login: string | null;
    readonly name: string;
    readonly email: string;
    readonly avatarUrl: string | null;
  };
  /** `Set-Cookie` values the response must carry: they renew the cookie cache. */
  readonly setCookies: readonly string[];
}

export interface FoundryAuth {
  /** Answers every request under `/api/auth/`. `clientAddress`: of the connection, for rate limits. */
  handle(request: Request, clientAddress: string): Promise<Response>;
  /**
   * Who sent these request headers, or null. Reads the signed cookie for up to 60 s and the store after that.
   * Throws AuthStoreError `unavailable` when the store cannot tell.
   */
  verifySession(headers: Headers): Promise<VerifiedSession | null>;
  /** For what App broadcasts: the session is refused from now on, whatever its cookie says. */
  endSession(sessionTokenHash: string): void;
}

/** What a browser has no need of. Token endpoints would hand GitHub tokens to scripts and spend refresh tokens. */
const disabledPaths = [
  '/get-access-token',
  '/refresh-token',
  '/account-info',
  '/link-social',
  '/unlink-account',
  '/list-accounts',
  '/update-user',
  '/update-session',
  '/change-email',
  '/change-password',
  '/delete-user',
  '/delete-user/callback',
  '/sign-up/email',
  '/sign-in/email',
  '/request-password-reset',
  '/reset-password',
  '/verify-password',
  '/send-verification-email',
  '/verify-email',
];

const verifiedSchema = z.object({
  session: z.object({ id: z.string(), token: z.string(), userId: z.string(), expiresAt: z.date() }),
  user: z.object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    image: z.string().nullish(),
    githubId: z.string().nullish(),
    login: z.string().nullish(),
  }),
});

/** Sign-in with GitHub for the whole gateway; several gateways may share one store. */
export function createAuth(options: AuthOptions): FoundryAuth {
  const { store, box, publicUrl, github, log, nowMs = Date.now } = options;
  const newCommandId = options.newCommandId ?? newAuthCommandId;
  const endedSessions = new EndedSessions(nowMs);
  const onSessionEnded = (session: EndedSession): void => {
    endedSessions.add(session.sessionTokenHash);
    options.onSessionEnded?.(session);
  };
  const rowsOptions = { store, box, nowMs, newCommandId, onSessionEnded };
  const rows = createAuthRows(rowsOptions);
  const isSecure = publicUrl.startsWith('https://');
  const hashToken = (token: string): string => box.keyedHash(token, 'session-token');

  const githubIdOfUser = async (field: 'id' | 'email', value: string): Promise<unknown> => {
    const [user] = await rows.find('user', [equals(field, value)]);
    return user?.['githubId'];
  };

  /** E-mail addresses move between GitHub accounts; one that is still another person's here is not used. */
  const emailFor = async (identity: GitHubIdentity): Promise<string> => {
    if (identity.verifiedEmail === null) return noReplyEmail(identity);
    const holder = await githubIdOfUser('email', identity.verifiedEmail);
    const isOthers = holder !== undefined && holder !== identity.githubId;
    return isOthers ? noReplyEmail(identity) : identity.verifiedEmail;
  };

  const auth = betterAuth({
    appName: 'Foundry',
    baseURL: publicUrl,
    basePath: BASE_PATH,
    secret: betterAuthSecret(box),
    trustedOrigins: [new URL(publicUrl).origin, ...(options.trustedOrigins ?? [])],
    database: createActorAuthAdapter(rowsOptions),
    telemetry: { enabled: false },
    disabledPaths,
    onAPIError: {
      errorURL: `${publicUrl}${options.errorPath ?? '/sign-in'}`,
      // A refusal is an answer. Anything else becomes one too, instead of a line on the console.
      onError: (error) => {
        if (error instanceof APIError) return;
        log.error({ reason: describe(error) }, 'a sign-in request failed');
        throw new APIError('INTERNAL_SERVER_ERROR', {
          code: 'sign_in_unavailable',
          message: 'The sign-in service could not do this now. Try again.',
        });
      },
    },
    logger: {
      level: 'warn',
      // Only the sentence and an error's own message: further arguments may hold rows and tokens (R17).
      log: (level, message, ...details) => {
        const error = details.find((detail) => detail instanceof Error);
        log[level]({ reason: error && describe(error) }, `sign-in: ${message}`);
      },
    },
    session: {
      expiresIn: authLimits.sessionLifetimeMs / 1000,
      updateAge: authLimits.sessionUpdateIntervalMs / 1000,
      freshAge: 0,
      cookieCache: { enabled: true, maxAge: authLimits.cookieCacheMs / 1000, strategy: 'compact' },
    },
    // The store sweeps expired values itself; one more write per sign-in buys nothing.
    verification: { disableCleanup: true },
    user: {
      additionalFields: {
        githubId: { type: 'string', required: false },
        login: { type: 'string', required: false },
      },
      // A sign-up that died half-way left a user without account: the same GitHub account may complete it.
      validateUserInfo: async ({ user, source }) => {
        if (source.action !== 'link-account') return undefined;
        const githubId = typeof user.id === 'string' ? await githubIdOfUser('id', user.id) : undefined;
        return githubId !== undefined && githubId === user['githubId']
          ? undefined
          : { error: 'account_not_linked', errorDescription: 'The e-mail belongs to another person' };
      },
    },
    account: {
      storeStateStrategy: 'database',
      encryptOAuthTokens: true,
      accountLinking: { trustedProviders: [GITHUB_PROVIDER_ID], requireLocalEmailVerified: false },
    },
    rateLimit: {
      enabled: true,
      window: 60,
      max: 300,
      customRules: {
        '/sign-in/social': { window: 60, max: 30 },
        '/callback/*': { window: 60, max: 30 },
      },
    },
    advanced: {
      // Said explicitly: left out, Better Auth checks no callback URL when NODE_ENV is "test".
      disableOriginCheck: false,
      disableCSRFCheck: false,
      cookiePrefix: 'foundry',
      useSecureCookies: isSecure,
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', secure: isSecure, path: '/' },
      ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS_HEADER] },
    },
    hooks: {
      // Better Auth signs out the cookie even when the store failed: then the session would live on. End it
      // first, and let a failure be seen.
      before: createAuthMiddleware(async (ctx) => {
        if (ctx.path !== '/sign-out') return;
        const cookie = ctx.context.authCookies.sessionToken.name;
        const token = await ctx.getSignedCookie(cookie, ctx.context.secret);
        if (!token) return;
        try {
          await ctx.context.internalAdapter.deleteSession(token);
        } catch (error) {
          log.error({ reason: describe(error) }, 'sign-out did not reach the store');
          throw new APIError('SERVICE_UNAVAILABLE', {
            code: 'sign_out_failed',
            message: 'You are still signed in: the server could not end the session. Try again.',
          });
        }
      }),
    },
    plugins: [
      genericOAuth({
        config: github ? [{ ...providerConfig(github), getUserInfo: readProfile(github) }] : [],
      }),
    ],
  });

  function readProfile(config: GitHubSignInConfig) {
    return async (tokens: { accessToken?: string | undefined }) => {
      // GitHub refuses a bad code with status 200 and no token.
      if (!tokens.accessToken) return null;
      try {
        const identity = await fetchGitHubIdentity(config.apiUrl, tokens.accessToken);
        return {
          id: identity.githubId,
          githubId: identity.githubId,
          login: identity.login,
          name: identity.name,
          image: identity.avatarUrl ?? undefined,
          email: await emailFor(identity),
          emailVerified: true,
        };
      } catch (error) {
        // Null sends the browser back to the sign-in page with an error; a throw would show it raw JSON.
        log.error({ reason: describe(error) }, 'GitHub did not say who signs in');
        return null;
      }
    };
  }

  const isEnded = async (headers: Headers): Promise<boolean> => {
    const { authCookies } = await auth.$context;
    const signed = parseCookies(headers.get('cookie') ?? '').get(authCookies.sessionToken.name);
    if (signed === undefined) return false;
    // `<token>.<signature>`; a forged one leads nowhere here or in Better Auth.
    return endedSessions.has(hashToken(signed.slice(0, signed.lastIndexOf('.'))));
  };

  return {
    async handle(request, clientAddress) {
      const headers = new Headers(request.headers);
      headers.set(CLIENT_ADDRESS_HEADER, clientAddress);
      if (await isEnded(headers)) headers.delete('cookie');
      return auth.handler(new Request(request, { headers }));
    },
    async verifySession(headers) {
      if (await isEnded(headers)) return null;
      let answer: { headers: Headers; response: unknown };
      try {
        answer = await auth.api.getSession({ headers, returnHeaders: true });
      } catch (cause) {
        throw new AuthStoreError('unavailable', 'The sign-in could not be checked; try again', { cause });
      }
      if (answer.response === null) return null;
      const { session, user } = verifiedSchema.parse(answer.response);
      const sessionTokenHash = hashToken(session.token);
      if (endedSessions.has(sessionTokenHash)) return null;
      return {
        userId: user.id,
        sessionId: session.id,
        sessionTokenHash,
        expiresAtMs: session.expiresAt.getTime(),
        user: {
          id: user.id,
          githubId: user.githubId ?? null,
          login: user.login ?? null,
          name: user.name,
          email: user.email,
          avatarUrl: user.image ?? null,
        },
        setCookies: answer.headers.getSetCookie(),
      };
    },
    endSession: (sessionTokenHash) => endedSessions.add(sessionTokenHash),
  };
}

function providerConfig(github: GitHubSignInConfig) {
  return {
    providerId: GITHUB_PROVIDER_ID,
    authorizationUrl: `${github.webUrl}/login/oauth/authorize`,
    tokenUrl: `${github.webUrl}/login/oauth/access_token`,
    clientId: github.clientId,
    clientSecret: github.clientSecret,
    authentication: 'post' as const,
    pkce: true,
    scopes: ['read:user', 'user:email'],
    // Logins, names and pictures change: each sign-in brings them up to date.
    overrideUserInfo: true,
    mapProfileToUser: (profile: Record<string, unknown>) => profileFieldsSchema.parse(profile),
  };
}

const profileFieldsSchema = z.object({ githubId: z.string(), login: z.string() });

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
