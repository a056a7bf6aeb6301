import type { Person } from '@foundry/shared/entities';
import { GitHubTokenError, type GitHubTokenWish } from '../../../auth/github-tokens.ts';
import { noReplyEmail } from '../../../auth/github-identity.ts';
import { errorMessage } from '../../../command-loop/errors.ts';
import { installCredential, setGitIdentity, stateOfCredential } from '../../../sandbox/git-credential.ts';
import type { SandboxTarget } from '../../../sandbox/execute-in-sandbox.ts';
import { isSandboxError, SandboxError } from '../../../sandbox/sandbox-error.ts';
import { services } from '../../services.ts';

/** What a person reads wherever GitHub takes a sign-in no more. */
export function signInRequired(person: Person, cause?: unknown): SandboxError {
  return new SandboxError(
    'sign_in_required',
    `${person.login} has to sign in with GitHub again: GitHub no longer accepts the sign-in that Foundry has. The work is kept, and somebody else can take the task over.`,
    { cause },
  );
}

/** @throws {SandboxError} sign_in_required, unreachable */
async function tokenOf(person: Person, wish: GitHubTokenWish): Promise<string> {
  try {
    return (await services().gitHubTokenFor(person.userId, wish)).token;
  } catch (error) {
    if (error instanceof GitHubTokenError && error.code === 'sign_in_required') {
      throw signInRequired(person, error);
    }
    throw new SandboxError('unreachable', `No GitHub token for ${person.login} could be had just now.`, {
      providerMessage: errorMessage(error),
      cause: error,
    });
  }
}

/**
 * Puts a person's GitHub token into the sandbox.
 * @returns the token.
 * @throws {SandboxError} sign_in_required, unreachable
 */
export async function installToken(
  target: SandboxTarget,
  person: Person,
  wish: GitHubTokenWish = {},
): Promise<string> {
  const token = await tokenOf(person, wish);
  await installCredential(target, token, services().config.github.webUrl);
  return token;
}

/**
 * Runs git's talk with GitHub with the person's token in the sandbox. When GitHub refuses the token, although its time is
 * not up, it is renewed and the work done again, once: `work` throws `authentication_failed` for that.
 * @throws {SandboxError} sign_in_required when GitHub refuses the renewed one as well, or there is none.
 */
export async function withAcceptedToken<T>(
  target: SandboxTarget,
  person: Person,
  work: () => Promise<T>,
): Promise<T> {
  const refused = await installToken(target, person);
  try {
    return await work();
  } catch (error) {
    if (!isSandboxError(error, 'authentication_failed')) throw error;
    await installToken(target, person, { refused });
  }
  try {
    return await work();
  } catch (error) {
    throw isSandboxError(error, 'authentication_failed') ? signInRequired(person, error) : error;
  }
}

/** Whether the person's token is in the sandbox as GitHub takes it now. */
export type CredentialState = 'current' | 'renewed' | 'absent';

/**
 * Renews what a running turn works with: GitHub ends a token when it is renewed, wherever that happens, and at its time.
 * A sandbox without one keeps none; somebody took it out on purpose.
 * @throws {SandboxError} sign_in_required, unreachable
 */
export async function keepToken(target: SandboxTarget, person: Person): Promise<CredentialState> {
  const token = await tokenOf(person, {});
  const state = await stateOfCredential(target, token, services().config.github.webUrl);
  if (state !== 'different') return state;
  await installCredential(target, token, services().config.github.webUrl);
  return 'renewed';
}

/** From now on commits in the checkout are this person's, under the address that GitHub attributes to them. */
export async function installIdentity(target: SandboxTarget, person: Person): Promise<void> {
  const identity = await services().gitHubIdentityFor(person.userId);
  await setGitIdentity(target, { name: identity.name, email: noReplyEmail(identity) });
}
