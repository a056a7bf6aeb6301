import type { UserSnapshot } from '@foundry/shared/topics';
import type { LoopActionContext } from '../../command-loop/command-loop.ts';
import { readVersion } from '../../command-loop/store-repository.ts';
import { userLimits } from '../../limits.ts';
import { withinSize } from '../../within-size.ts';
import * as repository from './db/repository.ts';
import { stillAdmitted } from './workflow/admission.ts';
import { notSignedUp } from './reads.ts';

/** One consistent picture of the person. @throws {UserError} user_not_found */
export async function snapshot(c: LoopActionContext): Promise<UserSnapshot> {
  return await c.db.transaction(async (tx) => {
    const profile = await repository.readProfile(tx);
    if (profile === null) {
      throw notSignedUp();
    }
    const { problem, readAtMs } = await repository.readAccessState(tx);
    return {
      version: await readVersion(tx),
      profile,
      organizations: withinSize(
        stillAdmitted(await repository.listOrganizations(tx)),
        userLimits.organizationsSizeBytes,
      ),
      defaultModelId: await repository.readDefaultModel(tx),
      taskStates: withinSize(
        await repository.listTaskStates(tx, userLimits.taskStatesInSnapshot),
        userLimits.taskStatesSizeBytes,
      ),
      // They may be long: the oldest give way.
      drafts: withinSize(
        await repository.listDrafts(tx, userLimits.draftsInSnapshot),
        userLimits.draftsSizeBytes,
      ),
      accessProblem: problem,
      accessReadAtMs: readAtMs,
    };
  });
}
