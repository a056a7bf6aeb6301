import { z } from 'zod';
import type { GitHubApi } from './github-client.ts';
import { GitHubError } from './github-errors.ts';

const identityShape = z.object({ id: z.number().int(), full_name: z.string() });

/**
 * What the repository of that id is called now, such as `acme/storefront`. The name that Foundry knows may belong to
 * another one: after a rename anybody can make a new repository of the old name.
 * @throws as GitHubApi; GitHubError github_unexpected_reply when GitHub answers with another repository
 */
export async function currentRepositoryName(
  api: GitHubApi,
  repositoryId: string,
  signal: AbortSignal,
): Promise<string> {
  const found = await api.send(
    'GET /repositories/{repository_id}',
    { repository_id: repositoryId },
    identityShape,
    { signal },
  );
  if (String(found.id) !== repositoryId) {
    throw new GitHubError(
      'github_unexpected_reply',
      `GitHub answered with another repository (${found.full_name}) than the one of this task. Nothing was sent there.`,
    );
  }
  return found.full_name;
}
