import type {
  ProvisioningPhase,
  PublishState,
  PullRequest,
  Session,
  TaskChanges,
  TaskStatus,
  TaskSummary,
} from '@foundry/shared/entities';
import type { CommandFailure } from '@foundry/shared/envelope';
import type { PublishCommit } from '@foundry/shared/requests';
import type { TaskIndexEntry } from '../organization/commands.ts';

/** What may happen to a task's life. */
export type StatusEvent =
  | { type: 'provision' }
  | { type: 'progress'; phase: ProvisioningPhase; message: string | null }
  | { type: 'ready' }
  | { type: 'failed'; phase: ProvisioningPhase; failure: CommandFailure }
  /** The workspace is not there any more; the next message makes a new one. */
  | { type: 'workspace_lost' }
  | { type: 'merged' }
  | { type: 'closed' }
  | { type: 'reopened' };

/** The one transition table: which events a state takes. What a state does not name has no effect on it. */
const transitions: { readonly [state in TaskStatus['state']]: readonly StatusEvent['type'][] } = {
  virtual: ['merged', 'closed'],
  dormant: ['provision', 'merged', 'closed'],
  pending: ['provision', 'merged', 'closed'],
  provisioning: ['progress', 'ready', 'failed', 'workspace_lost', 'merged', 'closed'],
  ready: ['workspace_lost', 'merged', 'closed'],
  failed: ['provision', 'merged', 'closed'],
  merged: [],
  // GitHub can reopen a closed pull request, never a merged one.
  closed: ['reopened', 'merged'],
};

/** The status after an event; null when the event means nothing in this state. */
export function nextStatus(status: TaskStatus, event: StatusEvent): TaskStatus | null {
  if (!transitions[status.state].includes(event.type)) {
    return null;
  }
  switch (event.type) {
    case 'provision':
      return { state: 'provisioning', phase: 'queued', message: null };
    case 'progress':
      return { state: 'provisioning', phase: event.phase, message: event.message };
    case 'ready':
      return { state: 'ready' };
    case 'failed':
      return { state: 'failed', phase: event.phase, failure: event.failure };
    case 'workspace_lost':
    case 'reopened':
      return { state: 'dormant' };
    case 'merged':
      return { state: 'merged' };
    case 'closed':
      return { state: 'closed' };
  }
}

/** What a pull request's state means for its task; null when nothing. */
export function eventOfPullRequest(status: TaskStatus, pullRequest: PullRequest): StatusEvent | null {
  switch (pullRequest.state) {
    case 'merged':
      return { type: 'merged' };
    case 'closed':
      return { type: 'closed' };
    case 'open':
      return status.state === 'closed' ? { type: 'reopened' } : null;
  }
}

/** The status of a task whose actor is made now. */
export function initialStatus(entry: TaskIndexEntry): TaskStatus {
  const { task } = entry;
  if (task.pullRequest?.state === 'merged') {
    return { state: 'merged' };
  }
  if (task.pullRequest?.state === 'closed') {
    return { state: 'closed' };
  }
  return task.source === 'created' ? { state: 'pending' } : { state: 'dormant' };
}

export interface QueuedTurn {
  readonly messageId: string;
  readonly state: 'queued' | 'granting' | 'running';
}

export type TurnDecision =
  | { action: 'wait' }
  /** The workspace has to be made first; the queue stays. */
  | { action: 'provision' }
  | { action: 'grant'; messageId: string }
  /** Nothing will ever run here: all that wait are told. */
  | { action: 'refuse'; failure: CommandFailure };

/**
 * What to do with the queue of turns, oldest first (R12). `asked`: somebody asks for a turn right now, which is reason
 * enough to try a workspace again that failed before.
 */
export function decideTurn(
  status: TaskStatus,
  turns: readonly QueuedTurn[],
  options: { asked: boolean },
): TurnDecision {
  const next = turns.find((turn) => turn.state === 'queued');
  if (next === undefined) {
    return { action: 'wait' };
  }
  switch (status.state) {
    case 'merged':
    case 'closed':
      return { action: 'refuse', failure: endedFailure(status.state) };
    case 'ready':
      return turns.some((turn) => turn.state !== 'queued')
        ? { action: 'wait' }
        : { action: 'grant', messageId: next.messageId };
    case 'dormant':
    case 'pending':
      return { action: 'provision' };
    case 'failed':
      if (!status.failure.retryable) {
        return { action: 'refuse', failure: status.failure };
      }
      return options.asked ? { action: 'provision' } : { action: 'wait' };
    case 'provisioning':
    case 'virtual':
      return { action: 'wait' };
  }
}

/** The owner's sign-in, not the branch, is what is in the way: the words are the task's, whoever noticed it. */
export function asSignInFailure(failure: CommandFailure, login: string): CommandFailure | null {
  // As sandboxes, tokens and GitHub's API say it.
  if (failure.code !== 'sign_in_required' && failure.code !== 'github_unauthorized') {
    return null;
  }
  return {
    code: 'sign_in_required',
    message: `${login} has to sign in with GitHub again: GitHub no longer accepts the sign-in that Foundry has. The work is kept, and somebody else can take the task over and publish it.`,
    retryable: true,
  };
}

/** Why no agent works on a task whose pull request is over. */
export function endedFailure(state: 'merged' | 'closed'): CommandFailure {
  return state === 'merged'
    ? {
        code: 'task_merged',
        message: 'This task is merged, so no more work can be done on its branch. Create a new task.',
        retryable: false,
      }
    : {
        code: 'task_closed',
        message:
          'The pull request of this task is closed. Reopen it on GitHub to go on working, or create a new task.',
        retryable: true,
      };
}

function refusal(code: string, message: string): CommandFailure {
  return { code, message, retryable: true };
}

/** Whether somebody may start the workspace now; null: yes. */
export function refuseProvision(status: TaskStatus): CommandFailure | null {
  if (status.state === 'failed' && !status.failure.retryable) {
    return status.failure;
  }
  return status.state === 'merged' || status.state === 'closed' ? endedFailure(status.state) : null;
}

/** Why the branch cannot be published now, from what is known without asking the sandbox; null: it can. */
export function refusePublish(facts: {
  status: TaskStatus;
  turns: readonly QueuedTurn[];
  publish: PublishState;
  pullRequest: PullRequest | null;
  hasOwner: boolean;
}): CommandFailure | null {
  const { status, turns, publish, pullRequest } = facts;
  if (status.state === 'merged' || status.state === 'closed') {
    return endedFailure(status.state);
  }
  if (pullRequest?.fromFork === true) {
    return {
      code: 'fork_pull_request',
      message: 'This pull request comes from a fork, and Foundry cannot push to another repository.',
      retryable: false,
    };
  }
  if (status.state !== 'ready') {
    return refusal(
      'workspace_not_ready',
      'There is no running workspace to publish from. Start it, and publish when it is ready.',
    );
  }
  if (!facts.hasOwner) {
    return refusal('task_without_owner', 'Nobody owns this task yet. Send a message, or take it over.');
  }
  if (turns.some((turn) => turn.state !== 'queued')) {
    return refusal(
      'turn_running',
      'The agent is working. Publish when its turn has ended, or stop it first.',
    );
  }
  if (publish.state === 'running') {
    return refusal('publish_running', 'The branch is being published already.');
  }
  return null;
}

/** Refuses to publish a branch without a change. With a pull request, publishing may still update its text. */
export function refuseEmptyPublish(
  changes: TaskChanges,
  pullRequest: PullRequest | null,
  commit: PublishCommit | null,
): CommandFailure | null {
  const hasCommits = changes.headSha !== null && changes.headSha !== changes.mergeBaseSha;
  if (hasCommits || pullRequest !== null || (commit !== null && changes.uncommittedFiles > 0)) {
    return null;
  }
  return refusal(
    'nothing_to_publish',
    changes.uncommittedFiles > 0
      ? 'Nothing is committed on this branch yet, and none of the uncommitted files was chosen. Choose those that shall be published.'
      : 'Nothing has changed on this branch yet, so there is nothing to publish.',
  );
}

/** What lists show of the work on a task. */
export function activityOf(
  sessions: readonly Session[],
  turns: readonly QueuedTurn[],
): TaskSummary['activity'] {
  if (sessions.some((session) => session.status === 'waiting_for_permission')) {
    return 'waiting_for_permission';
  }
  return turns.some((turn) => turn.state === 'running') ? 'working' : 'idle';
}

/** What to do about a push to the branch that did not come from here. */
export function decideOutsidePush(facts: {
  status: TaskStatus;
  turns: readonly QueuedTurn[];
  changes: TaskChanges;
  headSha: string;
}): 'nothing' | 'pull' | 'pull_after_turn' {
  const { status, turns, changes, headSha } = facts;
  if (status.state !== 'ready' || changes.headSha === headSha) {
    return 'nothing';
  }
  return turns.some((turn) => turn.state !== 'queued') ? 'pull_after_turn' : 'pull';
}

/** Whether a changed pull request is worth being unread for. */
export function isNews(before: PullRequest | null, after: PullRequest): boolean {
  return (
    before === null ||
    before.state !== after.state ||
    before.draft !== after.draft ||
    before.reviewDecision !== after.reviewDecision ||
    before.checks.state !== after.checks.state ||
    // That it can be merged, or that GitHub has yet to find out, calls nobody.
    (before.mergeable !== 'conflicting' && after.mergeable === 'conflicting') ||
    before.headSha !== after.headSha
  );
}

/** No workspace, nothing known. */
export const noChanges: TaskChanges = {
  headSha: null,
  mergeBaseSha: null,
  unpushedCommits: 0,
  uncommittedFiles: 0,
  files: [],
  truncated: false,
  readAtMs: null,
};
