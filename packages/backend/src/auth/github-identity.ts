import { z } from 'zod';
import { authLimits } from '../limits.ts';

const gitHubUserSchema = z.object({
  id: z.number().int().positive(),
  login: z.string().min(1),
  name: z.string().nullish(),
  avatar_url: z.string().nullish(),
});

const gitHubEmailsSchema = z.array(
  z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }),
);

/** Who signed in, as GitHub says. */
export interface GitHubIdentity {
  /** GitHub's numeric account id as a decimal string: logins change, ids do not. */
  readonly githubId: string;
  readonly login: string;
  readonly name: string;
  readonly avatarUrl: string | null;
  /** The primary verified address, or null when GitHub does not show one. */
  readonly verifiedEmail: string | null;
}

/** GitHub did not answer as its API says it does. */
export class GitHubIdentityError extends Error {
  override readonly name = 'GitHubIdentityError';
  readonly code = 'github_identity_unavailable';
}

/**
 * Asks GitHub's REST API whom a user access token belongs to: `GET /user` and `GET /user/emails`.
 * `apiUrl` has no trailing slash. Throws GitHubIdentityError, ZodError, or the error of fetch.
 */
export async function fetchGitHubIdentity(apiUrl: string, accessToken: string): Promise<GitHubIdentity> {
  const [userResponse, emailsResponse] = await Promise.all([
    getFromGitHub(`${apiUrl}/user`, accessToken),
    getFromGitHub(`${apiUrl}/user/emails`, accessToken),
  ]);
  if (!userResponse.ok) {
    throw new GitHubIdentityError(`GitHub answered ${userResponse.status} to GET /user`);
  }
  const user = gitHubUserSchema.parse(await userResponse.json());
  return {
    githubId: String(user.id),
    login: user.login,
    name: user.name ?? user.login,
    avatarUrl: user.avatar_url ?? null,
    verifiedEmail: await readVerifiedEmail(emailsResponse),
  };
}

/** The address under which GitHub attributes commits to an account without showing its real one. */
export function noReplyEmail(identity: Pick<GitHubIdentity, 'githubId' | 'login'>): string {
  return `${identity.githubId}+${identity.login}@users.noreply.github.com`.toLowerCase();
}

async function readVerifiedEmail(response: Response): Promise<string | null> {
  // A GitHub App without the "email addresses" permission may not read them: not an error.
  if (response.status === 403 || response.status === 404) {
    await response.body?.cancel();
    return null;
  }
  if (!response.ok) {
    throw new GitHubIdentityError(`GitHub answered ${response.status} to GET /user/emails`);
  }
  const emails = gitHubEmailsSchema.parse(await response.json());
  return emails.find((email) => email.primary && email.verified)?.email.toLowerCase() ?? null;
}

/** A request as the person whose token it is. Throws the error of fetch. */
export function getFromGitHub(url: string, accessToken: string): Promise<Response> {
  return fetch(url, {
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${accessToken}`,
      'user-agent': 'foundry',
      'x-github-api-version': '2022-11-28',
    },
    // A redirect would carry the token to an address nobody chose.
    redirect: 'error',
    signal: AbortSignal.timeout(authLimits.gitHubRequestTimeoutMs),
  });
}
