import { UserError } from 'rivetkit';
import { AuthStoreError, userAuthQuerySchema } from '../../auth/auth-store.ts';
import { readUserAuth } from '../../auth/db/user-repository.ts';
import type { AuthRecord } from '../../auth/where.ts';
import type { LoopActionContext } from '../../command-loop/command-loop.ts';
import { gitHubLimits } from '../../limits.ts';
import { accessPageSchema, type UserAccess } from './commands.ts';
import * as repository from './db/repository.ts';
import { stillAdmitted } from './workflow/admission.ts';

/** For people who are not signed up (yet): their actor answers nothing about them. */
export function notSignedUp(): UserError {
  return new UserError('Nobody with this id has signed in here.', { code: 'user_not_found' });
}

export const reads = {
  /** Better Auth's reads (R2). @throws {UserError} with the code of an AuthStoreError */
  authRead: async (c: LoopActionContext, input: unknown): Promise<AuthRecord[]> => {
    try {
      return await readUserAuth(c.db, userAuthQuerySchema.parse(input));
    } catch (error) {
      if (error instanceof AuthStoreError) {
        throw new UserError(error.message, { code: error.code });
      }
      throw error;
    }
  },

  /** What GitHub lets this person see, by the last finished refresh. @throws {UserError} user_not_found */
  access: async (c: LoopActionContext, page: unknown): Promise<UserAccess> =>
    await c.db.transaction(async (tx) => {
      const { fromRepositoryId = '' } = accessPageSchema.parse(page);
      const profile = await repository.readProfile(tx);
      if (profile === null) {
        throw notSignedUp();
      }
      const { readAtMs } = await repository.readAccessState(tx);
      const organizationIds = stillAdmitted(await repository.listOrganizations(tx)).map(({ id }) => id);
      const found = await repository.listAccessRepositories(
        tx,
        organizationIds,
        fromRepositoryId,
        gitHubLimits.accessRepositoriesPerPage + 1,
      );
      const repositories = found.slice(0, gitHubLimits.accessRepositoriesPerPage);
      const next = found[repositories.length];
      return {
        userId: profile.id,
        githubId: profile.githubId,
        login: profile.login,
        avatarUrl: profile.avatarUrl,
        organizationIds,
        repositoryIds: repositories.map(({ id }) => id),
        roles: Object.fromEntries(repositories.map(({ id, role }) => [id, role])),
        nextRepositoryId: next?.id ?? null,
        readAtMs,
      };
    }),
};
