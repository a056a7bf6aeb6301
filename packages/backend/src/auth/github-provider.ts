import { z } from 'zod';
import type { Logger } from '../log.ts';
import { GITHUB_PROVIDER_ID, type GitHubSignInConfig } from './auth-options.ts';
import type { SignInAdmission, SignInAdmissionCheck } from './admission.ts';
import type { AuthRows } from './auth-rows.ts';
import { fetchGitHubIdentity, noReplyEmail, type GitHubIdentity } from './github-identity.ts';
import { equals } from './where.ts';

const profileFieldsSchema = z.object({ githubId: z.string(), login: z.string() });

/** The GitHub account of the user found by id or e-mail; undefined when there is no such user. */
export async function githubIdOfUser(rows: AuthRows, field: 'id' | 'email', value: string): Promise<unknown> {
  const [user] = await rows.find('user', [equals(field, value)]);
  return user && (user['githubId'] ?? null);
}

/** GitHub, at whatever addresses, for Better Auth's generic OAuth plugin. */
export function gitHubProvider(
  config: GitHubSignInConfig,
  rows: AuthRows,
  log: Logger,
  admission: SignInAdmissionCheck,
) {
  return {
    providerId: GITHUB_PROVIDER_ID,
    authorizationUrl: `${config.webUrl}/login/oauth/authorize`,
    tokenUrl: `${config.webUrl}/login/oauth/access_token`,
    clientId: config.clientId,
    clientSecret: config.clientSecret,
    authentication: 'post' as const,
    pkce: true,
    scopes: ['read:user', 'user:email'],
    // Logins, names and pictures change: each sign-in brings them up to date.
    overrideUserInfo: true,
    mapProfileToUser: (profile: Record<string, unknown>) => profileFieldsSchema.parse(profile),
    getUserInfo: async (tokens: { accessToken?: string | undefined }) => {
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
          email: await emailFor(identity, rows),
          emailVerified: true,
          // Read back by `isRefused`: from here Better Auth can be told no reason.
          admission: await askAdmission(identity, tokens.accessToken, admission, log),
        };
      } catch (error) {
        // Null sends the browser back to the sign-in page with an error; a throw would show it raw JSON.
        log.error({ reason: String(error) }, 'GitHub did not say who signs in');
        return null;
      }
    },
  };
}

/** What cannot be told is no refusal: such a person is signed in and sees nothing until GitHub has answered. */
async function askAdmission(
  identity: GitHubIdentity,
  accessToken: string,
  admission: SignInAdmissionCheck,
  log: Logger,
): Promise<SignInAdmission> {
  try {
    const answer = await admission(identity, accessToken);
    if (answer === 'refused') {
      log.warn(
        { login: identity.login, githubId: identity.githubId },
        'a sign-in was refused: neither this account nor one that it belongs to is admitted here',
      );
    }
    return answer;
  } catch (error) {
    log.warn({ reason: String(error) }, 'whether somebody may sign in could not be told');
    return 'unknown';
  }
}

const admissionSchema = z.object({ admission: z.literal('refused') });

/** Whether `getUserInfo` found the person not admitted here; `profile` is what Better Auth kept of its answer. */
export function isRefused(profile: unknown): boolean {
  return admissionSchema.safeParse(profile).success;
}

/** E-mail addresses move between GitHub accounts; one that is still another person's here is not used. */
async function emailFor(identity: GitHubIdentity, rows: AuthRows): Promise<string> {
  if (identity.verifiedEmail === null) return noReplyEmail(identity);
  const holder = await githubIdOfUser(rows, 'email', identity.verifiedEmail);
  const isOthers = holder !== undefined && holder !== identity.githubId;
  return isOthers ? noReplyEmail(identity) : identity.verifiedEmail;
}
