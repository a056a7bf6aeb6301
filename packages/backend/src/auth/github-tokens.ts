import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto';
import { z } from 'zod';
import { authLimits } from '../limits.ts';
import {
  betterAuthSecret,
  GITHUB_PROVIDER_ID,
  newAuthCommandId,
  type AuthStorage,
  type GitHubSignInConfig,
} from './auth-options.ts';
import { createAuthRows } from './auth-rows.ts';
import { unexpectedResult } from './index-claims.ts';
import { equals, type AuthRecord } from './where.ts';

const LEASE_NAME = 'github-token';

/** A user access token of GitHub. `expiresAtMs`: since the epoch, null when it does not expire. */
export interface GitHubToken {
  readonly token: string;
  readonly expiresAtMs: number | null;
}

/** What a caller needs of a token beyond its being good for some minutes. */
export interface GitHubTokenWish {
  /** GitHub refused this one although its time is not up: it is renewed by force, unless somebody has done so already. */
  readonly refused?: string;
}

export type GitHubTokenErrorCode =
  /** The person has to sign in with GitHub again: no account, or a refresh token GitHub refuses. */
  | 'sign_in_required'
  /** GitHub or the store does not answer now: try again later. */
  | 'unavailable';

/** No usable GitHub token. The message is fit for people and holds no secret. */
export class GitHubTokenError extends Error {
  override readonly name = 'GitHubTokenError';
  readonly code: GitHubTokenErrorCode;
  readonly retryable: boolean;

  constructor(code: GitHubTokenErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retryable = code === 'unavailable';
  }
}

export interface GitHubTokensOptions extends AuthStorage {
  readonly github: Pick<GitHubSignInConfig, 'webUrl' | 'clientId' | 'clientSecret'>;
}

export interface GitHubTokens {
  /**
   * A token of this person that stays valid for some minutes, renewed first if need be: GitHub ends tokens before their
   * time (a revoked sign-in, a renewal elsewhere), and whoever sees one refused asks again with it. Takes at most about
   * `authLimits.tokenWaitTimeoutMs` + `tokenRequestTimeoutMs`. It waits for commands of the User actor: inside
   * that actor's own loop, use a `createOwnUserStore`. Throws GitHubTokenError, AuthStoreError.
   */
  githubTokenFor(userId: string, wish?: GitHubTokenWish): Promise<GitHubToken>;
}

const renewedSchema = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  expires_in: z.number().positive(),
  refresh_token_expires_in: z.number().positive().optional(),
});
const refusedSchema = z.object({ error: z.string() });

/**
 * GitHub's refresh tokens work once. Within a process, callers for one person share one renewal; among
 * processes a lease row on the User actor lets one renew while the others wait for its result; and the new
 * tokens are stored only over the refresh token they were made from, so that a sign-in in the meantime wins.
 * What cannot be helped: a process that dies between GitHub's answer and the store leaves a used refresh
 * token, and the person signs in again.
 */
export function createGitHubTokens(options: GitHubTokensOptions): GitHubTokens {
  const { store, box, github, nowMs = Date.now, newCommandId = newAuthCommandId } = options;
  const rows = createAuthRows({ store, box, nowMs, newCommandId, onSessionEnded: () => undefined });
  const holder = randomUUID();
  const key = betterAuthSecret(box);
  const running = new Map<string, Promise<GitHubToken>>();

  const readAccount = async (userId: string): Promise<AuthRecord> => {
    const where = [equals('userId', userId), equals('providerId', GITHUB_PROVIDER_ID)];
    const [account] = await rows.find('account', where);
    if (!account) throw signInRequired('This person has not signed in with GitHub');
    return account;
  };

  /** The stored token, or null when it needs renewal. */
  const usableToken = async (account: AuthRecord, wish: GitHubTokenWish): Promise<GitHubToken | null> => {
    const { accessToken } = account;
    if (typeof accessToken !== 'string') throw signInRequired('No GitHub token is stored for this person');
    const expiresAtMs = timeMs(account['accessTokenExpiresAt']);
    const isFresh = expiresAtMs === null || expiresAtMs > nowMs() + authLimits.tokenRenewalMarginMs;
    if (!isFresh) return null;
    const token = await symmetricDecrypt({ key, data: accessToken });
    return token === wish.refused ? null : { token, expiresAtMs };
  };

  const setLease = async (userId: string, kind: 'acquireLease' | 'releaseLease'): Promise<boolean> => {
    const lease = { name: LEASE_NAME, holder };
    const operation =
      kind === 'acquireLease' ? { kind, ...lease, durationMs: authLimits.tokenLeaseMs } : { kind, ...lease };
    const result = await store.user(userId).write(operation, newCommandId());
    if (result.kind !== 'lease') throw unexpectedResult(result);
    return result.isHeld;
  };

  const renew = async (account: AuthRecord): Promise<void> => {
    const { refreshToken } = account;
    const refreshExpiresAt = timeMs(account['refreshTokenExpiresAt']);
    if (typeof refreshToken !== 'string' || (refreshExpiresAt !== null && refreshExpiresAt <= nowMs())) {
      throw signInRequired('The GitHub sign-in of this person has expired');
    }
    const isSameToken = [
      equals('userId', account['userId'] ?? null),
      equals('id', account['id'] ?? null),
      equals('refreshToken', refreshToken),
    ];
    const plainRefreshToken = await symmetricDecrypt({ key, data: refreshToken });
    let renewed: z.infer<typeof renewedSchema>;
    try {
      renewed = await requestRenewal(github, plainRefreshToken);
    } catch (error) {
      if (error instanceof GitHubTokenError && error.code === 'sign_in_required') {
        // What can be renewed no more is not handed out again as if it were good: the next caller hears it at once.
        const set = { accessTokenExpiresAt: new Date(nowMs()).toISOString() };
        await rows.update('account', isSameToken, { set, increment: {} }, true);
      }
      throw error;
    }
    const startMs = nowMs();
    const set: AuthRecord = {
      accessToken: await symmetricEncrypt({ key, data: renewed.access_token }),
      refreshToken: await symmetricEncrypt({ key, data: renewed.refresh_token }),
      accessTokenExpiresAt: new Date(startMs + renewed.expires_in * 1000).toISOString(),
      updatedAt: new Date(startMs).toISOString(),
    };
    if (renewed.refresh_token_expires_in !== undefined) {
      const expiresMs = startMs + renewed.refresh_token_expires_in * 1000;
      set['refreshTokenExpiresAt'] = new Date(expiresMs).toISOString();
    }
    await rows.update('account', isSameToken, { set, increment: {} }, true);
  };

  /** One attempt while holding the lease: somebody else may have renewed just before. */
  const renewUnderLease = async (userId: string, wish: GitHubTokenWish): Promise<GitHubToken> => {
    try {
      const account = await readAccount(userId);
      const present = await usableToken(account, wish);
      if (present) return present;
      try {
        await renew(account);
      } catch (error) {
        // A sign-in in the meantime has replaced the refresh token: then its token counts, not this failure.
        const current = await readAccount(userId);
        if (current['refreshToken'] === account['refreshToken']) throw error;
      }
      const stored = await usableToken(await readAccount(userId), wish);
      if (stored) return stored;
      throw new GitHubTokenError('unavailable', 'GitHub gave a token that expires at once');
    } finally {
      await setLease(userId, 'releaseLease');
    }
  };

  const obtain = async (userId: string, wish: GitHubTokenWish): Promise<GitHubToken> => {
    const deadlineMs = Date.now() + authLimits.tokenWaitTimeoutMs;
    for (;;) {
      const token = await usableToken(await readAccount(userId), wish);
      if (token) return token;
      if (await setLease(userId, 'acquireLease')) return renewUnderLease(userId, wish);
      if (Date.now() >= deadlineMs) {
        throw new GitHubTokenError('unavailable', 'Another process is renewing the GitHub token; try again');
      }
      await sleep(authLimits.tokenWaitPollMs);
    }
  };

  const start = (userId: string, wish: GitHubTokenWish): Promise<GitHubToken> => {
    const started = obtain(userId, wish).finally(() => running.delete(userId));
    running.set(userId, started);
    return started;
  };

  return {
    async githubTokenFor(userId, wish = {}) {
      // The lease is this process's: within it one renews at a time, and whoever waited looks at what came of that.
      for (let known = running.get(userId); known !== undefined; known = running.get(userId)) {
        if (wish.refused === undefined) return await known;
        await Promise.allSettled([known]);
      }
      return await start(userId, wish);
    },
  };
}

/** `POST <web>/login/oauth/access_token`. GitHub reports most refusals with status 200 and `error`. */
async function requestRenewal(
  github: GitHubTokensOptions['github'],
  refreshToken: string,
): Promise<z.infer<typeof renewedSchema>> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(`${github.webUrl}/login/oauth/access_token`, {
      method: 'POST',
      headers: { accept: 'application/json', 'user-agent': 'foundry' },
      body: new URLSearchParams({
        client_id: github.clientId,
        client_secret: github.clientSecret,
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
      }),
      redirect: 'error',
      signal: AbortSignal.timeout(authLimits.tokenRequestTimeoutMs),
    });
    body = await response.json();
  } catch (cause) {
    throw new GitHubTokenError('unavailable', 'GitHub did not answer the renewal of a token', { cause });
  }
  const renewed = renewedSchema.safeParse(body);
  if (response.ok && renewed.success) return renewed.data;
  const refused = refusedSchema.safeParse(body);
  if (refused.success && refused.data.error === 'bad_refresh_token') {
    throw signInRequired('GitHub no longer accepts the sign-in of this person');
  }
  const reason = refused.success ? refused.data.error : `status ${response.status}`;
  throw new GitHubTokenError('unavailable', `GitHub did not renew the token: ${reason}`);
}

function signInRequired(reason: string): GitHubTokenError {
  return new GitHubTokenError('sign_in_required', `${reason}. Sign in with GitHub again.`);
}

function timeMs(value: AuthRecord[string] | undefined): number | null {
  return typeof value === 'string' ? Date.parse(value) : null;
}
