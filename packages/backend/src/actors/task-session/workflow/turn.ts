import type { StopReason } from '@foundry/shared/transcript';
import type { ParsedInput } from '../../../command-loop/catalog.ts';
import { CommandError, RetryLater } from '../../../command-loop/errors.ts';
import { single, type TransactionContext } from '../../../command-loop/handlers.ts';
import { sessionLimits } from '../../../limits.ts';
import type { TaskSessionCatalog } from '../commands.ts';
import { decideStop, endOfTurn, mayBecome, refuseAnswer } from '../decisions.ts';
import {
  listAccepted,
  listTurnItems,
  readItem,
  readMessage,
  readSession,
  type SessionRecord,
} from '../db/repository.ts';
import { closeOpenItems } from './transcript.ts';
import {
  appendItem,
  askForTurn,
  requireAuthor,
  requireSession,
  saveItems,
  saveMessage,
  saveSession,
  saveWithStatus,
  statusSyncOf,
  takeBack,
  taskOf,
} from './record.ts';

type Granted = ParsedInput<TaskSessionCatalog, 'session.command.turnGranted'>;
type Refused = ParsedInput<TaskSessionCatalog, 'session.command.turnRefused'>;
type Ended = ParsedInput<TaskSessionCatalog, 'session.command.turnEnded'>;
type Stop = ParsedInput<TaskSessionCatalog, 'session.command.stop'>;
type Answer = ParsedInput<TaskSessionCatalog, 'session.command.answerPermission'>;
type AuthorLostAccess = ParsedInput<TaskSessionCatalog, 'session.command.authorLostAccess'>;
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

/**
 * Ends the turn that is named, and no other: whoever pressed Stop a moment too late must not end the next one. What is
 * queued stays queued and comes next. Nothing slow runs in this loop, so a stop waits for nothing.
 */
export const stop = single<Stop>(async (t, { input, envelope }) => {
  const record = await requireSession(t.tx);
  const message = await readMessage(t.tx, input.messageId);
  const by = envelope.by.kind === 'person' ? envelope.by.login : 'Foundry';
  switch (decideStop(input, { ...record, message })) {
    case 'unknown':
      if (t.nowMs - envelope.at < sessionLimits.initializeWaitMs) {
        // It may have overtaken the message that it is meant for.
        throw new RetryLater(t.nowMs + sessionLimits.initializePollMs, 'the message may be on its way');
      }
      throw new CommandError('message_not_found', 'There is no such message in this session.');
    case 'over':
      throw new CommandError('turn_over', 'That turn had ended already. Nothing else was stopped.');
    case 'withdraw':
      if (message !== null) {
        if (record.requestedMessageId !== message.messageId) {
          requireAuthor(message, envelope);
        }
        await takeBack(t, record, message);
      }
      break;
    case 'cancel_turn':
      if (record.status === 'stopping') {
        return null;
      }
      await saveSession(t, record, { status: 'stopping' });
      t.send(statusSyncOf(t), 'status.command.cancel', input);
      break;
  }
  t.audit({
    action: 'turn.stopped',
    subject: record.taskId,
    summary: `${by} stopped a turn in ${record.title}`,
    repositoryId: record.repositoryId,
  });
  return null;
});

/**
 * Once, by anyone who may work on the task; the answer outlives restarts on its way to the agent. Agents count their
 * requests from 0 in every process: only the place in the transcript says which question was meant.
 */
export const answerPermission = single<Answer>(async (t, { input, envelope }) => {
  const record = await requireSession(t.tx);
  const asked = await readItem(t.tx, input.sequence);
  const failure = refuseAnswer(input, { turnMessageId: record.turnMessageId, item: asked });
  if (failure !== null) {
    throw new CommandError(failure.code, failure.message, { retryable: failure.retryable });
  }
  if (asked?.body.kind !== 'permission_request') {
    return null;
  }
  const { body } = asked;
  const option = body.options.find(({ optionId }) => optionId === input.optionId);
  const by = envelope.by.kind === 'person' ? envelope.by.login : 'Foundry';
  const answer = { optionId: input.optionId, by, atMs: t.nowMs };
  await saveItems(t, [{ ...asked, body: { ...body, answer } }]);
  await saveWithStatus(t, record, {});
  t.send(statusSyncOf(t), 'status.command.answerPermission', {
    messageId: input.messageId,
    attempt: record.turnAttempt,
    requestId: body.requestId,
    optionId: input.optionId,
  });
  t.audit({
    action: 'permission.answered',
    subject: record.taskId,
    summary: `${by} answered "${option?.name ?? input.optionId}" to: ${body.title}`.slice(0, 2_000),
    repositoryId: record.repositoryId,
  });
  return null;
});

export const authorLostAccess = single<AuthorLostAccess>(async (t, { input }) => {
  const record = await readSession(t.tx);
  if (record === null) {
    return null;
  }
  const { userId, message } = input;
  const waiting = (await listAccepted(t.tx)).filter(({ author }) => author.userId === userId);
  for (const each of waiting) {
    const failure = { code: 'not_permitted', message, retryable: false };
    await saveMessage(t, each, { state: 'failed', failure, finishedAtMs: t.nowMs });
  }
  const requested = waiting.find(({ messageId }) => messageId === record.requestedMessageId);
  if (requested !== undefined) {
    t.send(taskOf(t, record), 'task.command.withdrawTurn', {
      sessionId: record.sessionId,
      messageId: requested.messageId,
    });
    await askForTurn(t, await saveWithStatus(t, record, { requestedMessageId: null }));
    return null;
  }
  const running = record.turnMessageId === null ? null : await readMessage(t.tx, record.turnMessageId);
  if (running?.author.userId !== userId || record.status === 'stopping') {
    return null;
  }
  await appendItem(t, running.messageId, {
    kind: 'notice',
    level: 'warning',
    text: `${message} The turn was stopped.`,
  });
  await saveSession(t, record, { status: 'stopping' });
  t.send(statusSyncOf(t), 'status.command.cancel', {
    messageId: running.messageId,
    attempt: record.turnAttempt,
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
