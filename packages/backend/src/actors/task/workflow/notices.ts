import type { TaskChanges, TaskNotice } from '@foundry/shared/entities';
import { taskLimits } from '../../../limits.ts';
import { noChanges } from '../decisions.ts';

export function noticesOf(changes: TaskChanges): readonly TaskNotice[] {
  return changes.notices ?? [];
}

/** Git knows nothing of notices: they stay until what they say is over. */
export function withNotices(changes: TaskChanges, notices: readonly TaskNotice[]): TaskChanges {
  const { notices: _old, ...rest } = changes;
  return notices.length === 0 ? rest : { ...rest, notices: [...notices] };
}

/** All that a look at GitHub's branch answers anew is left out. */
export function withoutBranchNotices(changes: TaskChanges): readonly TaskNotice[] {
  return noticesOf(changes).filter(({ kind }) => kind === 'workspace_lost' || kind === 'workspace_stopped');
}

/** GitHub takes nothing from this person until they have signed in again. Said once. */
export function withSignInRequired(changes: TaskChanges, login: string): TaskChanges {
  return withNotices(changes, [
    ...noticesOf(withoutSignInRequired(changes)),
    { kind: 'sign_in_required', login },
  ]);
}

/** The person signed in again, or somebody else goes on. */
export function withoutSignInRequired(changes: TaskChanges): TaskChanges {
  return withNotices(
    changes,
    noticesOf(changes).filter(({ kind }) => kind !== 'sign_in_required'),
  );
}

/** Nothing is left of the workspace: what was in it is named once, as lost, and not listed as there. */
export function changesAfterLoss(changes: TaskChanges, reason: string): TaskChanges {
  const files =
    changes.uncommitted ?? changes.files.filter(({ committed }) => !committed).map(({ path }) => path);
  const lost: TaskNotice = {
    kind: 'workspace_lost',
    reason,
    commits: changes.unpushedCommits,
    fileCount: changes.uncommittedFiles,
    files: files.slice(0, taskLimits.lostFilesNamed),
  };
  return withNotices(noChanges, [lost]);
}

/** Its files are still there, and will be when it runs again. */
export function changesAfterStop(changes: TaskChanges, reason: string): TaskChanges {
  return withNotices(changes, [
    ...noticesOf(changes).filter(({ kind }) => kind !== 'workspace_stopped'),
    { kind: 'workspace_stopped', reason },
  ]);
}
