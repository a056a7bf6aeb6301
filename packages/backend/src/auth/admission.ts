import { z } from 'zod';
import type { AdmissionRule } from '../config.ts';
import { authLimits } from '../limits.ts';
import { getFromGitHub, type GitHubIdentity } from './github-identity.ts';

/** An account at GitHub, an organization or a person. */
export interface GitHubAccount {
  /** Numeric: logins change hands, ids do not. */
  readonly id: string;
  readonly login: string;
}

/** Whether this server is for an account. `firstAccountId`: of the account that came first, null before there is one. */
export function admits(rule: AdmissionRule, firstAccountId: string | null, account: GitHubAccount): boolean {
  switch (rule.kind) {
    case 'everybody':
      return true;
    case 'firstInstalled':
      return account.id === firstAccountId;
    case 'listed':
      return rule.accounts.has(account.login.toLowerCase()) || rule.accounts.has(account.id);
  }
}

/** `unknown`: GitHub does not tell now. The person sees nothing then until an access refresh could tell. */
export type SignInAdmission = 'admitted' | 'refused' | 'unknown';
export type SignInAdmissionCheck = (
  identity: GitHubIdentity,
  accessToken: string,
) => Promise<SignInAdmission>;

const installationsSchema = z.object({
  installations: z.array(
    z.object({ account: z.object({ id: z.number().int(), login: z.string().nullish() }).nullish() }),
  ),
});

/**
 * Who may sign in: the accounts that the rule admits, and everybody to whom GitHub shows the App's installation on one
 * of them. Before the first account has come everybody may: somebody has to install the App.
 */
export function createSignInAdmission(options: {
  readonly rule: AdmissionRule;
  readonly apiUrl: string;
  readonly firstAccountId: () => Promise<string | null>;
}): SignInAdmissionCheck {
  const { rule, apiUrl } = options;
  return async ({ githubId, login }, accessToken) => {
    if (rule.kind === 'everybody') return 'admitted';
    const firstAccountId = rule.kind === 'firstInstalled' ? await options.firstAccountId() : null;
    if (rule.kind === 'firstInstalled' && firstAccountId === null) return 'admitted';
    if (admits(rule, firstAccountId, { id: githubId, login })) return 'admitted';
    for (let page = 1; page <= authLimits.installationPages; page += 1) {
      const response = await getFromGitHub(
        `${apiUrl}/user/installations?per_page=100&page=${page}`,
        accessToken,
      );
      if (!response.ok) {
        await response.body?.cancel();
        return 'unknown';
      }
      const { installations } = installationsSchema.parse(await response.json());
      const isAdmitted = installations.some(
        ({ account }) =>
          account !== null &&
          account !== undefined &&
          admits(rule, firstAccountId, { id: String(account.id), login: account.login ?? '' }),
      );
      if (isAdmitted) return 'admitted';
      if (installations.length < 100) return 'refused';
    }
    return 'unknown';
  };
}
