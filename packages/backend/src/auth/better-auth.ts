import { ownPath } from '@foundry/shared/own-path';
import { APIError, createAuthMiddleware } from 'better-auth/api';
import { betterAuth } from 'better-auth/minimal';
import { genericOAuth } from 'better-auth/plugins/generic-oauth';
import { z } from 'zod';
import { authLimits } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { SignInAdmissionCheck } from './admission.ts';
import { createActorAuthAdapter } from './adapter.ts';
import {
  betterAuthSecret,
  GITHUB_PROVIDER_ID,
  type AuthStorage,
  type GitHubSignInConfig,
} from './auth-options.ts';
import { createAuthRows, type AuthRowsOptions, type EndedSession } from './auth-rows.ts';
import { gitHubProvider, githubIdOfUser, isRefused } from './github-provider.ts';

/** Set by the gateway from the connection, never taken from a client. */
export const CLIENT_ADDRESS_HEADER = 'x-foundry-client-address';

export interface AuthOptions extends AuthStorage {
  /** Where browsers reach the gateway, without a trailing slash. https makes cookies secure. */
  readonly publicUrl: string;
  /** Further origins a browser may sign in from, for example a development server. */
  readonly trustedOrigins?: readonly string[];
  /** Where a browser lands, with `?error=<code>`, when a sign-in fails. */
  readonly errorPath?: string;
  /** Null until a GitHub App is configured: existing sessions work, nobody can sign in. */
  readonly github: GitHubSignInConfig | null;
  /** Who may sign in. */
  readonly admission: SignInAdmissionCheck;
  readonly log: Logger;
  /** Told at once, in this process, of each session that ended here: to drop caches and close sockets. */
  readonly onSessionEnded?: (session: EndedSession) => void;
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

/** Better Auth with Foundry's settings; `auth.ts` is the way to use it. */
export function createBetterAuth(options: AuthOptions, rowsOptions: AuthRowsOptions) {
  const { box, publicUrl, github, log } = options;
  const rows = createAuthRows(rowsOptions);
  const isSecure = publicUrl.startsWith('https://');
  return betterAuth({
    appName: 'Foundry',
    baseURL: publicUrl,
    basePath: '/api/auth',
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
      validateUserInfo: async ({ user, source }) => {
        if (isRefused(source.oauth?.profile)) {
          return { error: 'account_not_allowed', errorDescription: 'This account is not admitted here' };
        }
        // A sign-up that died half-way left a user without account: the same GitHub account may complete it.
        if (source.action !== 'link-account') return undefined;
        const githubId = typeof user.id === 'string' ? await githubIdOfUser(rows, 'id', user.id) : undefined;
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
        if (ctx.path === '/sign-in/social') requireOwnPaths(ctx.body, new URL(publicUrl).origin);
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
        config: github ? [gitHubProvider(github, rows, log, options.admission)] : [],
      }),
    ],
  });
}

const destinationsSchema = z.object({
  callbackURL: z.string().optional(),
  errorCallbackURL: z.string().optional(),
  newUserCallbackURL: z.string().optional(),
});

/** Better Auth's own check lets `/.//elsewhere` pass. @throws APIError for a destination outside of this site. */
function requireOwnPaths(body: unknown, origin: string): void {
  const destinations = destinationsSchema.safeParse(body);
  const isOwn =
    destinations.success &&
    Object.values(destinations.data).every(
      (address) =>
        address === undefined ||
        ownPath(address.startsWith(`${origin}/`) ? address.slice(origin.length) : address) !== null,
    );
  if (isOwn) return;
  throw new APIError('BAD_REQUEST', {
    code: 'invalid_destination',
    message: 'After the sign-in a browser can only go on to a page of this server. Start the sign-in again.',
  });
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
