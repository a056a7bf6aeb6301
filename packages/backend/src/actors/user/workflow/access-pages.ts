import type { Organization } from '@foundry/shared/entities';
import { z } from 'zod';
import type { GitHubApi } from '../../../github/github-client.ts';
import { GitHubError } from '../../../github/github-errors.ts';
import {
  accessibleRepositoryShape,
  installationListShape,
  toOrganization,
  toRole,
} from '../../../github/shapes.ts';
import { gitHubLimits } from '../../../limits.ts';
import type { AccessRow } from '../db/repository.ts';

const installationsShape = z.object({ installations: installationListShape });
const repositoriesShape = z.object({ repositories: z.array(accessibleRepositoryShape) });

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** Earlier replies by address: what has not changed since costs nothing of the rate limit. */
export interface PageMemory {
  readonly installations: Map<string, Page<Organization> & { readonly etag: string }>;
  readonly repositories: Map<string, Page<AccessRow> & { readonly etag: string }>;
}

async function readRemembered<D, T>(
  api: GitHubApi,
  request: { route: string; parameters: Record<string, unknown>; schema: z.ZodType<D> },
  toItems: (data: D) => T[],
  remembered: { pages: Map<string, Page<T> & { readonly etag: string }> | undefined; key: string },
  signal: AbortSignal,
): Promise<Page<T>> {
  const known = remembered.pages?.get(remembered.key);
  const reply = await api.read(request.route, request.parameters, request.schema, {
    signal,
    etag: known?.etag ?? null,
  });
  if (reply.kind === 'unchanged') {
    return known ?? { items: [], next: null };
  }
  const page = { items: toItems(reply.data), next: reply.next };
  if (reply.etag !== null) {
    remembered.pages?.set(remembered.key, { ...page, etag: reply.etag });
  }
  return page;
}

/** One page of the installations that GitHub shows the person. */
export async function readInstallationsPage(
  api: GitHubApi,
  page: string,
  signal: AbortSignal,
  memory?: PageMemory,
): Promise<Page<Organization>> {
  return await readRemembered(
    api,
    {
      route: 'GET /user/installations',
      parameters: { per_page: gitHubLimits.pageSize, page },
      schema: installationsShape,
    },
    ({ installations }) => installations.map((installation) => toOrganization(installation)),
    { pages: memory?.installations, key: page },
    signal,
  );
}

export interface RepositoryPage {
  readonly installationId: string;
  readonly organizationId: string;
  readonly page: string;
}

/** One page of the repositories of an installation that the person may see, with what they may do in them. */
export async function readRepositoriesPage(
  api: GitHubApi,
  { installationId, organizationId, page }: RepositoryPage,
  signal: AbortSignal,
  memory?: PageMemory,
): Promise<Page<AccessRow>> {
  try {
    return await readRemembered(
      api,
      {
        route: 'GET /user/installations/{installation_id}/repositories',
        parameters: { installation_id: Number(installationId), per_page: gitHubLimits.pageSize, page },
        schema: repositoriesShape,
      },
      ({ repositories }) =>
        repositories.map(({ id, permissions }) => ({
          id: String(id),
          organizationId,
          role: toRole(permissions),
        })),
      { pages: memory?.repositories, key: `${installationId}/${page}` },
      signal,
    );
  } catch (error) {
    // Suspended or removed between the two requests: nothing of it can be seen.
    if (
      error instanceof GitHubError &&
      (error.code === 'github_not_found' || error.code === 'github_forbidden')
    ) {
      return { items: [], next: null };
    }
    throw error;
  }
}
