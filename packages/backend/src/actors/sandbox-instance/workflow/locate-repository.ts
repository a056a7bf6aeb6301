import type { Person } from '@foundry/shared/entities';
import { z } from 'zod';
import { GitHubTokenError } from '../../../auth/github-tokens.ts';
import { gitHubOf } from '../../../github/github-client.ts';
import { GitHubError, RateLimited } from '../../../github/github-errors.ts';
import { SandboxError } from '../../../sandbox/sandbox-error.ts';
import { services } from '../../services.ts';
import { signInRequired } from './credentials.ts';

export interface LocatedRepository {
  readonly fullName: string;
  /** Where git finds it now. Without a token. */
  readonly url: string;
}

const identityShape = z.object({ id: z.number().int(), full_name: z.string() });

/**
 * What the repository of that id is called now, asked of GitHub as the person in whose name git is about to speak with
 * it. A name alone may belong to another repository by now: after a rename anybody can make a new one of the old name.
 * @throws {SandboxError} repository_gone, wrong_repository, authentication_failed, unreachable
 */
export async function locateRepository(
  repositoryId: string,
  person: Person,
  signal: AbortSignal,
): Promise<LocatedRepository> {
  const { config, log } = services();
  try {
    const found = await gitHubOf(config.github, log)
      .asPerson((wish) => services().gitHubTokenFor(person.userId, wish))
      .send('GET /repositories/{repository_id}', { repository_id: repositoryId }, identityShape, { signal });
    if (String(found.id) !== repositoryId) {
      throw new SandboxError(
        'wrong_repository',
        `GitHub answered with another repository (${found.full_name}) than the one of this task. Nothing was sent there.`,
      );
    }
    return { fullName: found.full_name, url: `${config.github.webUrl}/${found.full_name}.git` };
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
