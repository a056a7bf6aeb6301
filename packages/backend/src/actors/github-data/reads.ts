import type { LoopActionContext } from '../../command-loop/command-loop.ts';
import { branchesLike } from './workflow/branches-like.ts';
import * as repository from './db/repository.ts';

export const reads = {
  branchesLike,
  /** What is known of the installation, how the sync is, and how much is stored: for diagnosis. */
  status: async (c: LoopActionContext) => {
    const installation = await repository.readInstallation(c.db);
    return {
      installation:
        installation === null
          ? null
          : { id: installation.installationId, status: installation.status, tick: installation.tick },
      sync: await repository.readSync(c.db),
      repositories: await repository.countRepositories(c.db),
      openPullRequests: await repository.countOpenPullRequests(c.db),
    };
  },
};
