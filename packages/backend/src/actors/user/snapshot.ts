import type { TaskState } from '@foundry/shared/entities';
import type { UserSnapshot } from '@foundry/shared/topics';
import type { LoopActionContext } from '../../command-loop/command-loop.ts';
import { readVersion } from '../../command-loop/store-repository.ts';
import { userLimits } from '../../limits.ts';
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
    const { problem } = await repository.readAccessState(tx);
    return {
      version: await readVersion(tx),
      profile,
      organizations: stillAdmitted(await repository.listOrganizations(tx)),
      defaultModelId: await repository.readDefaultModel(tx),
      taskStates: withinSize(await repository.listTaskStates(tx, userLimits.taskStatesInSnapshot)),
      accessProblem: problem,
    };
  });
}

/** Drafts may be long: the oldest states give way, so that the snapshot stays below the transport's limit. */
function withinSize(states: readonly TaskState[]): TaskState[] {
  let sizeBytes = 0;
  return states.filter((state) => {
    sizeBytes += Buffer.byteLength(JSON.stringify(state));
    return sizeBytes <= userLimits.taskStatesSizeBytes;
  });
}
