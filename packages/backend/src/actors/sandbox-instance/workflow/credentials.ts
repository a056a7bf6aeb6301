import type { Person } from '@foundry/shared/entities';
import { noReplyEmail } from '../../../auth/github-identity.ts';
import { errorMessage } from '../../../command-loop/errors.ts';
import { installCredential, setGitIdentity } from '../../../sandbox/git-credential.ts';
import type { SandboxTarget } from '../../../sandbox/execute-in-sandbox.ts';
import { SandboxError } from '../../../sandbox/sandbox-error.ts';
import { services } from '../../services.ts';

/** Puts a person's GitHub token into the sandbox. @throws {SandboxError} authentication_failed: they have to sign in again. */
export async function installToken(target: SandboxTarget, person: Person): Promise<void> {
  let token: string;
  try {
    ({ token } = await services().gitHubTokenFor(person.userId));
  } catch (error) {
    throw new SandboxError(
      'authentication_failed',
      `There is no GitHub token for ${person.login}, who has to sign in again.`,
      { providerMessage: errorMessage(error), cause: error },
    );
  }
  await installCredential(target, token, services().config.github.webUrl);
}

/** From now on commits in the checkout are this person's, under the address that GitHub attributes to them. */
export async function installIdentity(target: SandboxTarget, person: Person): Promise<void> {
  const identity = await services().gitHubIdentityFor(person.userId);
  await setGitIdentity(target, { name: identity.name, email: noReplyEmail(identity) });
}
