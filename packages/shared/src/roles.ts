import { z } from 'zod';

/** What GitHub lets a person do in a repository, weakest first; each includes the ones before it. */
export const repositoryRoles = ['read', 'triage', 'write', 'maintain', 'admin'] as const;
export const repositoryRoleSchema = z.enum(repositoryRoles);
export type RepositoryRole = z.infer<typeof repositoryRoleSchema>;

/** Whether a role is worth at least another one; undefined: no role at all. */
export function atLeast(role: RepositoryRole | undefined, needed: RepositoryRole): boolean {
  return role !== undefined && repositoryRoles.indexOf(role) >= repositoryRoles.indexOf(needed);
}
