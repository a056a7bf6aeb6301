import type { AppSnapshot } from '@foundry/shared/topics';
import { UserError } from 'rivetkit';
import { z } from 'zod';
import { appAuthQuerySchema, AuthStoreError, type AppAuthReadResult } from '../../auth/auth-store.ts';
import { readAppAuth } from '../../auth/db/app-repository.ts';
import type { LoopActionContext } from '../../command-loop/command-loop.ts';
import { readVersion } from '../../command-loop/store-repository.ts';
import { gitHubLimits, userLimits } from '../../limits.ts';
import { withinSize } from '../../within-size.ts';
import {
  findUsersByGithubId,
  listOrganizations,
  listSignedInUsers,
  readFirstAccount,
} from './db/repository.ts';

const usersQuerySchema = z.object({ githubIds: z.array(z.string()).max(1_000) });

export const reads = {
  /** Better Auth's reads (R2). @throws {UserError} with the code of an AuthStoreError */
  authRead: async (c: LoopActionContext, input: unknown): Promise<AppAuthReadResult> => {
    try {
      return await readAppAuth(c.db, appAuthQuerySchema.parse(input));
    } catch (error) {
      if (error instanceof AuthStoreError) {
        throw new UserError(error.message, { code: error.code });
      }
      throw error;
    }
  },

  /** `usersByGithubId({githubIds})`: those of these accounts that have signed in here. */
  usersByGithubId: async (c: LoopActionContext, input: unknown) =>
    await findUsersByGithubId(c.db, usersQuerySchema.parse(input).githubIds),

  /** Everybody with a session that has not expired. */
  signedInUsers: async (c: LoopActionContext) =>
    await listSignedInUsers(c.db, new Date().toISOString(), gitHubLimits.peopleAskedAtOnce),

  /** Every account this server has to do with; who may see which is the gateway's to filter. */
  organizations: async (c: LoopActionContext) => await listOrganizations(c.db),

  /** The account that came first (see `claimServer`), or null. */
  firstAccount: async (c: LoopActionContext) => await readFirstAccount(c.db),

  snapshot: async (c: LoopActionContext): Promise<AppSnapshot> =>
    await c.db.transaction(async (tx) => ({
      version: await readVersion(tx),
      organizations: withinSize(await listOrganizations(tx), userLimits.organizationsSizeBytes),
    })),
};
