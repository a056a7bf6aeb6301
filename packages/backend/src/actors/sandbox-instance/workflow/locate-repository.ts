import type { Person } from '@foundry/shared/entities';
import { GitHubTokenError } from '../../../auth/github-tokens.ts';
import { gitHubOf } from '../../../github/github-client.ts';
import { GitHubError, RateLimited } from '../../../github/github-errors.ts';
import { currentRepositoryName } from '../../../github/repository-name.ts';
import { SandboxError } from '../../../sandbox/sandbox-error.ts';
import { services } from '../../services.ts';
import { signInRequired } from './credentials.ts';

/**
 * Where git finds the repository of that id now, without a token; asked of GitHub as the person in whose name git is
 * about to speak with it.
 * @throws {SandboxError} repository_gone, authentication_failed, busy, unreachable
 */
export async function locateRepository(
  repositoryId: string,
  person: Person,
  signal: AbortSignal,
): Promise<string> {
  const { config, log } = services();
  try {
    const api = gitHubOf(config.github, log).asPerson((wish) =>
      services().gitHubTokenFor(person.userId, wish),
    );
    return `${config.github.webUrl}/${await currentRepositoryName(api, repositoryId, signal)}.git`;
  } catch (error) {
    throw asSandboxError(error, person);
  }
}

function asSandboxError(error: unknown, person: Person): unknown {
  if (error instanceof RateLimited) {
    return new SandboxError(
      'busy',
      'GitHub wants to be left alone for a while (its rate limit is used up).',
      {
        cause: error,
      },
    );
  }
  if (error instanceof GitHubTokenError && error.code === 'sign_in_required') {
    return signInRequired(person, error);
  }
  if (!(error instanceof GitHubError)) return error;
  const options = { providerMessage: error.message, cause: error };
  switch (error.code) {
    case 'github_not_found':
    case 'github_forbidden':
      return new SandboxError(
        'repository_gone',
        `GitHub does not show this repository to ${person.login}: it was deleted or transferred, or ${person.login} has no access any more. Nothing was sent.`,
        options,
      );
    case 'github_unauthorized':
      return signInRequired(person, error);
    case 'github_refused':
    case 'github_unavailable':
    case 'github_unexpected_reply':
    case 'github_app_missing':
      return new SandboxError('unreachable', 'GitHub could not be asked where this repository is.', options);
  }
}
