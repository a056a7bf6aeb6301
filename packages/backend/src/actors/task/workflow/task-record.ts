import type { Person, Session } from '@foundry/shared/entities';
import type { CommandFailure } from '@foundry/shared/envelope';
import { CommandError } from '../../../command-loop/errors.ts';
import type { TransactionContext } from '../../../command-loop/handlers.ts';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import {
  organizationAddress,
  repositoryAddress,
  sandboxInstanceAddress,
  taskAddress,
  taskSessionAddress,
} from '../../addresses.ts';
import { activityOf, decideTurn, nextStatus, type StatusEvent } from '../decisions.ts';
import {
  deleteTurn,
  listSessions,
  listTurns,
  readTask,
  updateTask,
  type TaskRecord,
} from '../db/repository.ts';
import { toTask } from '../snapshot.ts';

/** @throws {CommandError} task_not_opened */
export async function requireTask(db: ActorDatabase): Promise<TaskRecord> {
  const record = await readTask(db);
  if (record === null) {
    throw new CommandError('task_not_opened', 'This task has not been opened yet.', { retryable: true });
  }
  return record;
}

/** The task's sandbox as an address; null while it has none. */
export function sandboxAddressOf(record: TaskRecord) {
  return record.sandbox === null
    ? null
    : sandboxInstanceAddress(record.organizationId, record.sandbox.providerId, record.sandbox.id);
}

interface Announcement {
  /** Worth being unread for. */
  readonly bumpContent?: boolean;
  /** False when nobody did anything to the task: it keeps its place in everybody's list. */
  readonly isActivity?: boolean;
}

/** Tells the organization's index what it shows of this task (R1). */
export function announceTask(
  t: TransactionContext,
  record: TaskRecord,
  { bumpContent = false, isActivity = true }: Announcement,
): void {
  const entity = toTask(record);
  t.send(organizationAddress(record.organizationId), 'organization.command.applyTaskState', {
    taskId: record.taskId,
    title: record.title,
    status: record.status,
    activity: record.activity,
    primaryUserLogin: entity.primaryUserLogin,
    primaryUserAvatarUrl: entity.primaryUserAvatarUrl,
    bumpContent,
    isActivity,
  });
}

export function recordInRepository(t: TransactionContext, record: TaskRecord): void {
  t.send(repositoryAddress(record.organizationId, record.repository.id), 'repository.command.recordTask', {
    taskId: record.taskId,
    title: record.title,
    branch: record.branch,
    state: record.status.state,
    updatedAtMs: record.updatedAtMs,
  });
}

/**
 * Writes changed fields, shows the task to whoever watches it, and tells its coordinators when something that they
 * show changed.
 */
export async function saveTask(
  t: TransactionContext,
  before: TaskRecord,
  changed: Partial<TaskRecord>,
  { bumpContent = false, isActivity = true }: Announcement = {},
): Promise<TaskRecord> {
  const after: TaskRecord = {
    ...before,
    ...changed,
    contentVersion: before.contentVersion + (bumpContent ? 1 : 0),
    updatedAtMs: isActivity ? t.nowMs : before.updatedAtMs,
  };
  await updateTask(t.tx, after);
  t.upsert({ type: 'task', entity: toTask(after) });
  const summary = ({ title, status, activity, owner }: TaskRecord): string =>
    JSON.stringify([title, status, activity, owner]);
  if (bumpContent || summary(before) !== summary(after)) {
    announceTask(t, after, { bumpContent, isActivity });
  }
  if (before.status.state !== after.status.state) {
    recordInRepository(t, after);
  }
  return after;
}

/** Applies an event of the transition table; what means nothing in this state changes nothing. */
export async function applyEvent(
  t: TransactionContext,
  record: TaskRecord,
  event: StatusEvent,
  changed: Partial<TaskRecord> = {},
  options: Announcement = {},
): Promise<TaskRecord> {
  const status = nextStatus(record.status, event);
  if (status === null && Object.keys(changed).length === 0) {
    return record;
  }
  return await saveTask(t, record, { ...changed, ...(status === null ? {} : { status }) }, options);
}

/** What lists show of the work going on, derived again from sessions and turns. */
export async function saveActivity(
  t: TransactionContext,
  record: TaskRecord,
  changed: Partial<TaskRecord> = {},
  options: { bumpContent?: boolean } = {},
): Promise<TaskRecord> {
  const activity = activityOf(await listSessions(t.tx), await listTurns(t.tx));
  const isSame = activity === record.activity && Object.keys(changed).length === 0;
  return isSame && options.bumpContent !== true
    ? record
    : await saveTask(t, record, { ...changed, activity }, options);
}

/** Makes the workspace: a new sandbox when there is none to go on with, else the old one is completed or started. */
export async function startProvisioning(
  t: TransactionContext,
  record: TaskRecord,
  person: Person,
): Promise<TaskRecord> {
  const isUsable =
    record.sandbox !== null && record.sandbox.state !== 'lost' && record.sandbox.state !== 'destroyed';
  const sandboxGeneration = isUsable ? record.sandboxGeneration : record.sandboxGeneration + 1;
  const sandbox =
    isUsable && record.sandbox !== null
      ? record.sandbox
      : {
          id: `${record.taskId}_${sandboxGeneration}`,
          providerId: record.providerId,
          state: 'creating' as const,
          message: null,
          createdAtMs: t.nowMs,
        };
  // Somebody's token has to clone: the owner's, or that of whoever asked, who owns the task from then on.
  const owner = record.owner ?? person;
  const after = await applyEvent(t, record, { type: 'provision' }, { sandbox, sandboxGeneration, owner });
  if (after.status.state === 'provisioning') {
    t.send(
      sandboxInstanceAddress(record.organizationId, sandbox.providerId, sandbox.id),
      'sandbox.command.create',
      {
        taskId: record.taskId,
        repositoryId: record.repository.id,
        repositoryFullName: record.repository.fullName,
        branch: record.branch,
        baseBranch: record.baseBranch,
        person: owner,
      },
    );
  }
  return after;
}

/** Tells a session that its message will not run, and takes it off the queue. */
export async function refuseTurn(
  t: TransactionContext,
  record: TaskRecord,
  turn: { sessionId: string; messageId: string },
  failure: CommandFailure,
): Promise<void> {
  await deleteTurn(t.tx, turn.messageId);
  t.send(taskSessionAddress(record.organizationId, turn.sessionId), 'session.command.turnRefused', {
    messageId: turn.messageId,
    failure,
  });
}

/** Goes on with the queue of turns, whatever that takes next. */
export async function pumpTurns(
  t: TransactionContext,
  record: TaskRecord,
  options: { asked: boolean },
): Promise<TaskRecord> {
  const turns = await listTurns(t.tx);
  const decision = decideTurn(record.status, turns, options);
  switch (decision.action) {
    case 'wait':
      return record;
    case 'grant':
      t.send(taskAddress(record.organizationId, record.taskId), 'task.command.grantTurn', {
        messageId: decision.messageId,
      });
      return record;
    case 'provision': {
      const [first] = turns.filter((turn) => turn.state === 'queued');
      return first === undefined ? record : await startProvisioning(t, record, first.author);
    }
    case 'refuse':
      for (const turn of turns.filter((one) => one.state === 'queued')) {
        await refuseTurn(t, record, turn, decision.failure);
      }
      return record;
  }
}

/** Sessions whose agent has not been asked for its models yet start it now, so that a model can be chosen. */
export function prepareAgents(t: TransactionContext, record: TaskRecord, sessions: readonly Session[]): void {
  if (record.status.state !== 'ready' || record.sandbox === null || record.checkoutPath === null) {
    return;
  }
  for (const session of sessions.filter(({ models, status }) => models.length === 0 && status === 'idle')) {
    t.send(taskSessionAddress(record.organizationId, session.id), 'session.command.prepareAgent', {
      providerId: record.sandbox.providerId,
      sandboxId: record.sandbox.id,
      checkoutPath: record.checkoutPath,
    });
  }
}
