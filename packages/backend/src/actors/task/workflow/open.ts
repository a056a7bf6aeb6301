import type { Person, Session } from '@foundry/shared/entities';
import type { ParsedInput } from '../../../command-loop/catalog.ts';
import { CommandError } from '../../../command-loop/errors.ts';
import {
  effect,
  Finish,
  single,
  transaction,
  type CommandHandler,
  type TransactionContext,
} from '../../../command-loop/handlers.ts';
import { readFromActor } from '../../actor-calls.ts';
import { taskLimits } from '../../../limits.ts';
import { organizationAddress, organizationIdOf, taskSessionAddress } from '../../addresses.ts';
import { taskIndexEntrySchema, type TaskIndexEntry } from '../../organization/commands.ts';
import { services } from '../../services.ts';
import type { TaskCatalog } from '../commands.ts';
import { initialStatus, noChanges } from '../decisions.ts';
import {
  insertTask,
  listSessions,
  readSession,
  readTask,
  writeSession,
  type TaskRecord,
} from '../db/repository.ts';
import { toTask } from '../snapshot.ts';
import {
  announceTask,
  prepareAgents,
  recordInRepository,
  requireTask,
  saveTask,
  startProvisioning,
} from './task-record.ts';

type Open = ParsedInput<TaskCatalog, 'task.command.open'>;
type Initialize = ParsedInput<TaskCatalog, 'task.command.initialize'>;
type CreateSession = ParsedInput<TaskCatalog, 'task.command.createSession'>;

/** The last part of a Task actor's key. */
function taskIdOf(key: readonly string[]): string {
  return key[3] ?? '';
}

async function materialise(
  t: TransactionContext,
  entry: TaskIndexEntry,
  owner: Person | null,
): Promise<TaskRecord> {
  const { task, repository, organization } = entry;
  const record: TaskRecord = {
    taskId: task.id,
    organizationId: organization.id,
    repository,
    title: task.title,
    branch: task.branch,
    baseBranch: task.baseBranch,
    source: task.source,
    status: initialStatus(entry),
    pullRequest: task.pullRequest,
    activity: 'idle',
    owner,
    primaryUserLogin: task.primaryUserLogin,
    primaryUserAvatarUrl: task.primaryUserAvatarUrl,
    contentVersion: task.contentVersion,
    initialized: owner !== null,
    providerId: services().defaultSandboxProviderId,
    sandboxGeneration: 0,
    sandbox: null,
    checkoutPath: null,
    changes: noChanges,
    publish: { state: 'never' },
    publishWish: null,
    pendingHeadSha: null,
    createdAtMs: task.createdAtMs,
    updatedAtMs: task.updatedAtMs,
  };
  await insertTask(t.tx, record);
  t.upsert({ type: 'task', entity: toTask(record) });
  // Opening is not activity: the list keeps its order for everybody else.
  announceTask(t, record, { isActivity: false });
  recordInRepository(t, record);
  t.audit({
    action: 'task.opened',
    subject: record.taskId,
    summary: `Task "${record.title}" on ${repository.fullName}:${record.branch} was opened`,
    repositoryId: repository.id,
  });
  return record;
}

const ifNew = transaction<Open, unknown>('look', async (t) =>
  (await readTask(t.tx)) === null ? null : new Finish(null),
);

const readIndex = effect<Open, TaskIndexEntry>('read index', async ({ key, signal }) => {
  const entry = await readFromActor(
    organizationAddress(organizationIdOf(key)),
    'getTaskIndexEntry',
    { taskId: taskIdOf(key) },
    taskIndexEntrySchema.nullable(),
    signal,
  );
  if (entry === null) {
    throw new CommandError('task_not_found', 'There is no such task.');
  }
  return entry;
});

/** First interaction with a task: the actor initialises itself from the organization's index (R7). */
export const open: CommandHandler<Open> = {
  steps: [
    ifNew,
    readIndex,
    transaction('open', async (t, command) => {
      if ((await readTask(t.tx)) === null) {
        await materialise(t, command.resultOf(readIndex), null);
      }
      return null;
    }),
  ],
};

async function addSession(
  t: TransactionContext,
  record: TaskRecord,
  wish: { sessionId: string; title: string | undefined; modelId: string | null },
): Promise<Session> {
  const known = await readSession(t.tx, wish.sessionId);
  if (known !== null) {
    return known;
  }
  const others = await listSessions(t.tx);
  if (others.length >= taskLimits.sessionsPerTask) {
    throw new CommandError(
      'too_many_sessions',
      `A task has at most ${taskLimits.sessionsPerTask} sessions. Go on in one of them.`,
    );
  }
  const models = others.findLast((other) => other.models.length > 0)?.models ?? [];
  const session: Session = {
    id: wish.sessionId,
    taskId: record.taskId,
    title: wish.title ?? `Session ${others.length + 1}`,
    agent: services().defaultAgentId,
    modelId: wish.modelId,
    models,
    status: 'idle',
    createdAtMs: t.nowMs,
    updatedAtMs: t.nowMs,
  };
  await writeSession(t.tx, session);
  t.upsert({ type: 'session', entity: session });
  t.send(taskSessionAddress(record.organizationId, session.id), 'session.command.initialize', {
    taskId: record.taskId,
    repositoryId: record.repository.id,
    title: session.title,
    agentId: session.agent,
    modelId: session.modelId,
    models,
  });
  t.audit({
    action: 'session.created',
    subject: session.id,
    summary: `${session.title} of task "${record.title}" was created`,
    repositoryId: record.repository.id,
  });
  return session;
}

/** A task made in Foundry: its workspace is started at once, and its first message waits for it. */
export const initialize = single<Initialize>(async (t, { input }) => {
  const opened = await readTask(t.tx);
  if (opened?.initialized === true) {
    return null;
  }
  const record =
    opened === null
      ? await materialise(t, input.entry, input.person)
      : // Somebody opened it before this arrived.
        await saveTask(t, opened, { owner: opened.owner ?? input.person, initialized: true });
  await addSession(t, record, { sessionId: input.sessionId, title: undefined, modelId: input.modelId });
  if (input.firstMessage !== null) {
    t.send(taskSessionAddress(record.organizationId, input.sessionId), 'session.command.sendMessage', {
      ...input.firstMessage,
      author: input.person,
    });
  }
  if (record.status.state === 'pending') {
    await startProvisioning(t, record, input.person);
  }
  return null;
});

export const createSession = single<CreateSession>(async (t, { input }) => {
  const record = await requireTask(t.tx);
  const session = await addSession(t, record, {
    sessionId: input.sessionId,
    title: input.title,
    modelId: input.modelId ?? null,
  });
  prepareAgents(t, record, [session]);
  return session;
});
