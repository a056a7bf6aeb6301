import type { StopReason } from '@foundry/shared/transcript';
import type { ParsedInput } from '../../../command-loop/catalog.ts';
import { CommandError } from '../../../command-loop/errors.ts';
import { single, type TransactionContext } from '../../../command-loop/handlers.ts';
import type { TaskSessionCatalog } from '../commands.ts';
import { endOfTurn, mayBecome } from '../decisions.ts';
import { listTurnItems, readMessage, readSession, type SessionRecord } from '../db/repository.ts';
import { closeOpenItems } from './transcript.ts';
import {
  appendItem,
  askForTurn,
  requireSession,
  saveItems,
  saveMessage,
  saveSession,
  saveWithStatus,
  statusSyncOf,
  taskOf,
} from './record.ts';

type Granted = ParsedInput<TaskSessionCatalog, 'session.command.turnGranted'>;
type Refused = ParsedInput<TaskSessionCatalog, 'session.command.turnRefused'>;
type Ended = ParsedInput<TaskSessionCatalog, 'session.command.turnEnded'>;
type Stop = ParsedInput<TaskSessionCatalog, 'session.command.stop'>;
type Answer = ParsedInput<TaskSessionCatalog, 'session.command.answerPermission'>;
type SandboxLost = ParsedInput<TaskSessionCatalog, 'session.command.sandboxLost'>;

/** The message is delivered: its prompt goes to the agent by way of the stream's actor. */
export const turnGranted = single<Granted>(async (t, { input }) => {
  const record = await requireSession(t.tx);
  const message = await readMessage(t.tx, input.messageId);
  if (message?.state !== 'accepted' || record.turnMessageId !== null) {
    // Withdrawn while the task was about to grant it: the turn goes back unused.
    if (record.turnMessageId !== input.messageId) {
      t.send(taskOf(t, record), 'task.command.turnEnded', {
        sessionId: record.sessionId,
        messageId: input.messageId,
        stopReason: 'cancelled',
      });
    }
    return null;
  }
  await saveMessage(t, message, { state: 'delivered', deliveredAtMs: t.nowMs });
  await appendItem(t, message.messageId, {
    kind: 'user_message',
    messageId: message.messageId,
    text: message.text,
    author: message.author,
  });
  await saveSession(t, record, {
    requestedMessageId: null,
    turnMessageId: message.messageId,
    turnAttempt: message.attempt,
    turnSandboxId: input.sandboxId,
    status: 'working',
  });
  t.send(statusSyncOf(t), 'status.command.start', {
    messageId: message.messageId,
    attempt: message.attempt,
    providerId: input.providerId,
    sandboxId: input.sandboxId,
    checkoutPath: input.checkoutPath,
    agentId: record.agentId,
    text: message.text,
    modelId: record.modelId,
  });
  return null;
});

/** The workspace could not be made ready for this message. It can be tried again. */
export const turnRefused = single<Refused>(async (t, { input }) => {
  const record = await requireSession(t.tx);
  const message = await readMessage(t.tx, input.messageId);
  if (message === null || message.state !== 'accepted') {
    return null;
  }
  await saveMessage(t, message, { state: 'failed', failure: input.failure, finishedAtMs: t.nowMs });
  await appendItem(t, message.messageId, {
    kind: 'notice',
    level: 'error',
    text: `A message of ${message.author.login} could not be delivered: ${input.failure.message}`,
  });
  if (record.requestedMessageId === input.messageId) {
    await askForTurn(t, await saveWithStatus(t, record, { requestedMessageId: null }));
  }
  return null;
});

async function endTurn(
  t: TransactionContext,
  record: SessionRecord,
  end: { messageId: string; stopReason: StopReason; error: string | null },
): Promise<void> {
  const { messageId, stopReason, error } = end;
  const message = await readMessage(t.tx, messageId);
  const { state, failure } = endOfTurn(stopReason, error);
  if (message !== null && mayBecome(message.state, state)) {
    await saveMessage(t, message, { state, failure, finishedAtMs: t.nowMs });
  }
  const open = closeOpenItems(await listTurnItems(t.tx, messageId, null), {
    status: stopReason === 'error' ? 'failed' : 'cancelled',
    nowMs: t.nowMs,
  });
  await saveItems(t, open);
  await appendItem(t, messageId, { kind: 'turn_end', stopReason, error });
  const after = await saveSession(t, record, { turnMessageId: null, turnSandboxId: null, status: 'idle' });
  t.send(taskOf(t, record), 'task.command.turnEnded', {
    sessionId: record.sessionId,
    messageId,
    stopReason,
  });
  await askForTurn(t, after);
}

/** Comes after all events of the turn. */
export const turnEnded = single<Ended>(async (t, { input }) => {
  const record = await requireSession(t.tx);
  if (record.turnMessageId === input.messageId) {
    await endTurn(t, record, input);
  }
  return null;
});

/** Ends the running turn only; what is queued stays queued and comes next. Nothing slow runs in this loop, so a stop waits for nothing. */
export const stop = single<Stop>(async (t, { envelope }) => {
  const record = await requireSession(t.tx);
  const { turnMessageId, turnAttempt } = record;
  if (turnMessageId === null) {
    throw new CommandError('nothing_to_stop', 'No turn is running in this session.');
  }
  await saveSession(t, record, { status: 'stopping' });
  t.send(statusSyncOf(t), 'status.command.cancel', { messageId: turnMessageId, attempt: turnAttempt });
  t.audit({
    action: 'turn.stopped',
    subject: record.taskId,
    summary: `${envelope.by.kind === 'person' ? envelope.by.login : 'Foundry'} stopped a turn in ${record.title}`,
    repositoryId: record.repositoryId,
  });
  return null;
});

/** Once, by anyone who may work on the task; the answer outlives restarts on its way to the agent. */
export const answerPermission = single<Answer>(async (t, { input, envelope }) => {
  const record = await requireSession(t.tx);
  const { turnMessageId, turnAttempt } = record;
  const asked =
    turnMessageId === null
      ? undefined
      : (await listTurnItems(t.tx, turnMessageId, [])).findLast(
          ({ body }) => body.kind === 'permission_request' && body.requestId === input.requestId,
        );
  if (turnMessageId === null || asked?.body.kind !== 'permission_request') {
    throw new CommandError('permission_not_found', 'The agent no longer waits for this answer.');
  }
  const { body } = asked;
  if (body.answer !== null) {
    throw new CommandError('permission_answered', `${body.answer.by} has answered this already.`);
  }
  const option = body.options.find(({ optionId }) => optionId === input.optionId);
  if (option === undefined) {
    throw new CommandError('option_not_found', 'This is none of the answers that the agent offers.');
  }
  const by = envelope.by.kind === 'person' ? envelope.by.login : 'Foundry';
  const answer = { optionId: input.optionId, by, atMs: t.nowMs };
  await saveItems(t, [{ ...asked, body: { ...body, answer } }]);
  await saveWithStatus(t, record, {});
  t.send(statusSyncOf(t), 'status.command.answerPermission', {
    messageId: turnMessageId,
    attempt: turnAttempt,
    requestId: input.requestId,
    optionId: input.optionId,
  });
  t.audit({
    action: 'permission.answered',
    subject: record.taskId,
    summary: `${by} answered "${option.name}" to: ${body.title}`.slice(0, 2_000),
    repositoryId: record.repositoryId,
  });
  return null;
});

/** The stream's actor ends the turn: it may still have events to hand over. */
export const sandboxLost = single<SandboxLost>(async (t, { input }) => {
  const record = await readSession(t.tx);
  if (record === null || record.turnMessageId === null || record.turnSandboxId !== input.sandboxId) {
    return null;
  }
  t.send(statusSyncOf(t), 'status.command.abandon', {
    messageId: record.turnMessageId,
    attempt: record.turnAttempt,
    message: input.message,
  });
  return null;
});
