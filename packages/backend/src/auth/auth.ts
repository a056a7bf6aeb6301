import { parseCookies } from 'better-auth/cookies';
import { z } from 'zod';
import { authLimits } from '../limits.ts';
import { newAuthCommandId } from './auth-options.ts';
import type { EndedSession } from './auth-rows.ts';
import { AuthStoreError } from './auth-store.ts';
import { CLIENT_ADDRESS_HEADER, createBetterAuth, type AuthOptions } from './better-auth.ts';
import { EndedSessions } from './ended-sessions.ts';

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
   * Who sent these request headers, or null. Reads the signed cookie for up to 60 s and the store after that;
   * a session that this gateway knows to be over is refused at once.
   * Throws AuthStoreError `unavailable` when the store cannot tell.
   */
  verifySession(headers: Headers): Promise<VerifiedSession | null>;
  /** For what App broadcasts: the session is refused from now on, whatever its cookie says. */
  endSession(sessionTokenHash: string): void;
  /**
   * Asks the store about every session for as long as an older cookie cache may live. Called by itself at the
   * start; call it whenever broadcasts of App may have been missed.
   */
  distrustCookieCache(): void;
}

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

/** GitHub's answer to a sign-in that another tab has finished meanwhile, or that was asked for twice. */
function isLateCallback(request: Request, response: Response): boolean {
  const location = response.headers.get('location');
  return (
    location !== null &&
    new URL(request.url).pathname.startsWith('/api/auth/callback/') &&
    /[?&]error=(state_mismatch|state_not_found|invalid_code|please_restart_the_process)\b/.test(location)
  );
}

/** Sign-in with GitHub for the whole gateway; several gateways may share one store. */
export function createAuth(options: AuthOptions): FoundryAuth {
  const { store, box, nowMs = Date.now, newCommandId = newAuthCommandId } = options;
  const endedSessions = new EndedSessions(nowMs);
  const onSessionEnded = (session: EndedSession): void => {
    endedSessions.add(session.sessionTokenHash);
    options.onSessionEnded?.(session);
  };
  const auth = createBetterAuth(options, { store, box, nowMs, newCommandId, onSessionEnded });
  const hashToken = (token: string): string => box.keyedHash(token, 'session-token');
  let trustsCacheAtMs = nowMs() + authLimits.cookieCacheMs;

  /** The headers with only those cookies that may still be believed. */
  const trusted = async (original: Headers): Promise<Headers> => {
    const headers = new Headers(original);
    const cookies = parseCookies(headers.get('cookie') ?? '');
    const { sessionToken, sessionData } = (await auth.$context).authCookies;
    // `<token>.<signature>`; a forged one leads nowhere here or in Better Auth.
    const signed = cookies.get(sessionToken.name) ?? '';
    const isOver = endedSessions.has(hashToken(signed.slice(0, signed.lastIndexOf('.'))));
    if (isOver || nowMs() < trustsCacheAtMs) {
      // Only the session's own: the cookie of a sign-in that is under way has nothing to do with the one that is over.
      const kept = [...cookies].filter(
        ([name]) => !name.startsWith(sessionData.name) && !(isOver && name === sessionToken.name),
      );
      const pairs = kept.map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
      headers.set('cookie', pairs.join('; '));
    }
    return headers;
  };

  const isSignedIn = async (original: Headers): Promise<boolean> =>
    (await auth.api.getSession({ headers: await trusted(original) })) !== null;

  return {
    async handle(request, clientAddress) {
      const headers = await trusted(request.headers);
      headers.set(CLIENT_ADDRESS_HEADER, clientAddress);
      const response = await auth.handler(new Request(request, { headers }));
      return isLateCallback(request, response) && (await isSignedIn(request.headers))
        ? new Response(null, { status: 302, headers: { location: options.publicUrl } })
        : response;
    },
    async verifySession(original) {
      const headers = await trusted(original);
      let answer: { headers: Headers; response: unknown };
      try {
        answer = await auth.api.getSession({ headers, returnHeaders: true });
      } catch (cause) {
        throw new AuthStoreError('unavailable', 'The sign-in could not be checked; try again', { cause });
      }
      if (answer.response === null) return null;
      const { session, user } = verifiedSchema.parse(answer.response);
      const sessionTokenHash = hashToken(session.token);
      // It may have ended while the store was asked.
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
    distrustCookieCache: () => {
      trustsCacheAtMs = nowMs() + authLimits.cookieCacheMs;
    },
  };
}
