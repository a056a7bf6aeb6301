import type { OrganizationSnapshot } from '@foundry/shared/topics';
import { z } from 'zod';
import type { LoopActionContext } from '../../command-loop/command-loop.ts';
import { readVersion } from '../../command-loop/store-repository.ts';
import { organizationLimits } from '../../limits.ts';
import {
  listMembers,
  listRepositories,
  readOrganization,
  readSyncProgress,
} from './db/catalog-repository.ts';
import { listRuntimeIssues } from './db/repository.ts';
import { pageTasks } from './db/task-repository.ts';
import { withinSize } from '../../within-size.ts';
import { visibleRepositoryIds } from './reads.ts';

const inputSchema = z.object({ repositoryIds: visibleRepositoryIds }).default({ repositoryIds: null });

/**
 * `snapshot({repositoryIds?})`: one consistent picture with the first page of tasks; limited to what a person may see
 * when `repositoryIds` is given. Null before an installation was seen.
 */
export async function snapshot(c: LoopActionContext, input: unknown): Promise<OrganizationSnapshot | null> {
  const { repositoryIds } = inputSchema.parse(input ?? undefined);
  return await c.db.transaction(async (tx) => {
    const organization = await readOrganization(tx);
    if (organization === null) {
      return null;
    }
    const page = await pageTasks(tx, { cursor: null, limit: organizationLimits.tasksPerPage, repositoryIds });
    return {
      version: await readVersion(tx),
      organization,
      sync: await readSyncProgress(tx),
      repositories: withinSize(
        await listRepositories(tx, organizationLimits.repositoriesInSnapshot, repositoryIds),
        organizationLimits.repositoriesSizeBytes,
      ),
      members: withinSize(
        await listMembers(tx, organizationLimits.membersInSnapshot),
        organizationLimits.membersSizeBytes,
      ),
      tasks: page.tasks,
      nextCursor: page.nextCursor,
      roles: {},
      runtimeIssues: withinSize(
        await listRuntimeIssues(tx, organizationLimits.runtimeIssuesInSnapshot),
        organizationLimits.runtimeIssuesSizeBytes,
      ),
    };
  });
}
