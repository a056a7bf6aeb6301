import { atLeast, type RepositoryRole } from '@foundry/shared/roles';
import { useOrganization } from './organization-context.ts';

/** Whether GitHub gives the person at least this role in the repository. */
export function useHasRole(repositoryId: string, needed: RepositoryRole): boolean {
  return atLeast(useOrganization().organization.roles[repositoryId], needed);
}

/** The same for what concerns the whole organization: in any of its repositories. */
export function useHasRoleSomewhere(needed: RepositoryRole): boolean {
  return Object.values(useOrganization().organization.roles).some((role) => atLeast(role, needed));
}
