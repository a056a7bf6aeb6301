import type { ParsedInput } from '../../../command-loop/catalog.ts';
import { CommandError, RetryLater } from '../../../command-loop/errors.ts';
import { single } from '../../../command-loop/handlers.ts';
import { sessionLimits } from '../../../limits.ts';
import type { TaskSessionCatalog } from '../commands.ts';
import { refuseChange } from '../decisions.ts';
import {
  countAccepted,
  readLastPosition,
  readMessage,
  readSession,
  toMessage,
  type MessageRecord,
} from '../db/repository.ts';
import {
  askForTurn,
  requireAuthor,
  requireMessage,
  requireSession,
  saveMessage,
  saveSession,
  sessionIdOf,
  takeBack,
} from './record.ts';

type Initialize = ParsedInput<TaskSessionCatalog, 'session.command.initialize'>;
type Send = ParsedInput<TaskSessionCatalog, 'session.command.sendMessage'>;
type Edit = ParsedInput<TaskSessionCatalog, 'session.command.editMessage'>;
type Reference = ParsedInput<TaskSessionCatalog, 'session.command.withdrawMessage'>;

/** Once: a repeat changes nothing. */
export const initialize = single<Initialize>(async (t, { input }) => {
  if ((await readSession(t.tx)) !== null) {
    return null;
  }
  await saveSession(
    t,
    {
      sessionId: sessionIdOf(t.key),
      ...input,
      status: 'idle',
      announcedStatus: 'idle',
      requestedMessageId: null,
      turnMessageId: null,
      turnAttempt: 0,
      turnSandboxId: null,
      streamEpoch: 0,
      lastStreamId: 0,
      createdAtMs: t.nowMs,
      updatedAtMs: t.nowMs,
    },
    {},
  );
  return null;
});

/** Accepted once it is stored; delivered when the task grants the turn. A repeat with the same id gets the same message. */
export const sendMessage = single<Send>(async (t, { input, envelope }) => {
  if ((await readSession(t.tx)) === null && t.nowMs - envelope.at < sessionLimits.initializeWaitMs) {
    // The task answers whoever made the session before the session has heard of it.
    throw new RetryLater(t.nowMs + sessionLimits.initializePollMs, 'the session is about to be made');
  }
  const record = await requireSession(t.tx);
  const known = await readMessage(t.tx, input.messageId);
  if (known !== null) {
    return toMessage(record.sessionId, known);
  }
  if ((await countAccepted(t.tx)) >= sessionLimits.queuedMessages) {
    throw new CommandError(
      'too_many_messages',
      `${sessionLimits.queuedMessages} messages are waiting in this session. Withdraw some, or wait until they are worked off.`,
      { retryable: true },
    );
  }
  const message: MessageRecord = {
    ...input,
    state: 'accepted',
    position: (await readLastPosition(t.tx)) + 1,
    attempt: 1,
    failure: null,
    acceptedAtMs: t.nowMs,
    deliveredAtMs: null,
    workingAtMs: null,
    finishedAtMs: null,
  };
  await saveMessage(t, message, {});
  t.audit({
    action: 'message.sent',
    subject: record.taskId,
    summary: `${input.author.login} sent a message in ${record.title}`,
    repositoryId: record.repositoryId,
  });
  await askForTurn(t, record);
  return toMessage(record.sessionId, message);
});

/** @throws {CommandError} message_not_waiting */
function requireWaiting(message: MessageRecord): void {
  const failure = refuseChange(message.state);
  if (failure !== null) {
    throw new CommandError(failure.code, failure.message, { retryable: failure.retryable });
  }
}

export const editMessage = single<Edit>(async (t, { input, envelope }) => {
  const record = await requireSession(t.tx);
  const message = await requireMessage(t.tx, input.messageId);
  requireAuthor(message, envelope);
  requireWaiting(message);
  const after = await saveMessage(t, message, { text: input.text });
  t.audit({
    action: 'message.edited',
    subject: record.taskId,
    summary: `${message.author.login} changed a waiting message in ${record.title}`,
    repositoryId: record.repositoryId,
  });
  return toMessage(sessionIdOf(t.key), after);
});

export const withdrawMessage = single<Reference>(async (t, { input, envelope }) => {
  const record = await requireSession(t.tx);
  const message = await requireMessage(t.tx, input.messageId);
  requireAuthor(message, envelope);
  if (message.state === 'cancelled') {
    return null;
  }
  requireWaiting(message);
  await takeBack(t, record, message);
  t.audit({
    action: 'message.withdrawn',
    subject: record.taskId,
    summary: `${message.author.login} withdrew a message in ${record.title}`,
    repositoryId: record.repositoryId,
  });
  return null;
});

/** A failed message again, behind those that wait. */
export const retryMessage = single<Reference>(async (t, { input, envelope }) => {
  const record = await requireSession(t.tx);
  const message = await requireMessage(t.tx, input.messageId);
  requireAuthor(message, envelope);
  if (message.state !== 'failed') {
    throw new CommandError('message_not_failed', 'Only a message that failed can be tried again.');
  }
  await saveMessage(t, message, {
    state: 'accepted',
    attempt: message.attempt + 1,
    position: (await readLastPosition(t.tx)) + 1,
    failure: null,
    deliveredAtMs: null,
    workingAtMs: null,
    finishedAtMs: null,
  });
  t.audit({
    action: 'message.retried',
    subject: record.taskId,
    summary: `${message.author.login} tried a failed message in ${record.title} again`,
    repositoryId: record.repositoryId,
  });
  await askForTurn(t, record);
  return null;
});
