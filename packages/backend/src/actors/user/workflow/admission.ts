import type { Organization } from '@foundry/shared/entities';
import { admits } from '../../../auth/admission.ts';
import { loopRuntime } from '../../../command-loop/runtime.ts';
import type { AdmissionRule } from '../../../config.ts';
import { appAddress } from '../../addresses.ts';
import { firstAccountSchema } from '../../app/commands.ts';
import { services } from '../../services.ts';

/** Which accounts this server is for, at one moment. */
export interface Admission {
  readonly admits: (account: Pick<Organization, 'id' | 'login'>) => boolean;
  /** Nobody was admitted yet: the first account that has the App may claim the server. */
  readonly isOpen: boolean;
}

/** For an effect: asks App only where the configuration names no account. */
export async function readAdmission(rule: AdmissionRule, signal: AbortSignal): Promise<Admission> {
  const first =
    rule.kind === 'firstInstalled'
      ? firstAccountSchema
          .nullable()
          .parse(await loopRuntime().connections.call(appAddress(), 'firstAccount', [], { signal }))
      : null;
  return {
    admits: (account) => admits(rule, first?.id ?? null, account),
    isOpen: rule.kind === 'firstInstalled' && first === null,
  };
}

/**
 * Of what an earlier refresh has stored, what the configuration still admits: a list that became shorter counts from the
 * start on. Who came first never changes, so that rule was applied for good when it was stored.
 */
export function stillAdmitted(organizations: readonly Organization[]): Organization[] {
  const { admission } = services().config;
  return admission.kind === 'listed'
    ? organizations.filter((organization) => admits(admission, null, organization))
    : [...organizations];
}

/** For people: none of the accounts with the App that GitHub shows them is served here. */
export function refusedAccountsText(logins: readonly string[]): string {
  const names = logins.length === 1 ? logins[0] : `${logins.slice(0, -1).join(', ')} and ${logins.at(-1)}`;
  return `The GitHub App is installed on ${names}, but this server is for other accounts. Ask whoever runs it to add ${logins.length === 1 ? 'it' : 'them'} to FOUNDRY_ALLOWED_ACCOUNTS.`;
}
