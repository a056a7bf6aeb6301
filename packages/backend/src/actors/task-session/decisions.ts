import type { Message, Session } from '@foundry/shared/entities';
import type { CommandFailure } from '@foundry/shared/envelope';
import type { StopReason, TranscriptItem } from '@foundry/shared/transcript';

type MessageState = Message['state'];

/** The receipts of a message: which states may follow which. `accepted` after an end is a retry. */
const receipts: { readonly [state in MessageState]: readonly MessageState[] } = {
  accepted: ['delivered', 'cancelled', 'failed'],
  delivered: ['working', 'done', 'failed', 'cancelled'],
  working: ['done', 'failed', 'cancelled'],
  done: [],
  failed: ['accepted'],
  cancelled: [],
};

export function mayBecome(from: MessageState, to: MessageState): boolean {
  return receipts[from].includes(to);
}

/** How a message's turn ended, as its receipt says it. */
export function endOfTurn(
  stopReason: StopReason,
  error: string | null,
): { state: 'done' | 'failed' | 'cancelled'; failure: CommandFailure | null } {
  switch (stopReason) {
    case 'end_turn':
    case 'max_tokens':
    case 'max_turn_requests':
    case 'refusal':
      return { state: 'done', failure: null };
    case 'cancelled':
      return { state: 'cancelled', failure: null };
    case 'interrupted':
    case 'error':
      return {
        state: 'failed',
        failure: {
          code: stopReason === 'interrupted' ? 'interrupted' : 'turn_failed',
          message: error ?? 'The agent stopped without saying why. Try the message again.',
          retryable: true,
        },
      };
  }
}

/** What people see of a session, from what is going on in it. */
export function statusOf(facts: {
  isTurnRunning: boolean;
  isStopping: boolean;
  isTurnRequested: boolean;
  hasOpenPermission: boolean;
}): Session['status'] {
  if (!facts.isTurnRunning) {
    return facts.isTurnRequested ? 'waiting' : 'idle';
  }
  if (facts.isStopping) {
    return 'stopping';
  }
  return facts.hasOpenPermission ? 'waiting_for_permission' : 'working';
}

/** What a Stop does that names one delivery of a message. `message` is null when the session has no such message. */
export function decideStop(
  named: { messageId: string; attempt: number },
  facts: {
    turnMessageId: string | null;
    turnAttempt: number;
    message: { state: MessageState; attempt: number } | null;
  },
): 'cancel_turn' | 'withdraw' | 'unknown' | 'over' {
  const { turnMessageId, turnAttempt, message } = facts;
  if (message === null) {
    return 'unknown';
  }
  if (turnMessageId === named.messageId && turnAttempt === named.attempt) {
    return 'cancel_turn';
  }
  return message.state === 'accepted' && message.attempt === named.attempt ? 'withdraw' : 'over';
}

/** Why an answer does not reach the agent; null when it does. `item` is what stands at the place that it names. */
export function refuseAnswer(
  named: { messageId: string; optionId: string },
  facts: { turnMessageId: string | null; item: TranscriptItem | null },
): CommandFailure | null {
  const { item, turnMessageId } = facts;
  const refused = (code: string, message: string): CommandFailure => ({ code, message, retryable: false });
  if (item?.body.kind !== 'permission_request' || item.messageId !== named.messageId) {
    return refused(
      'permission_not_found',
      'The agent has not asked this. Reload the page to see what it asks.',
    );
  }
  const { answer, options } = item.body;
  if (answer !== null && answer.optionId !== null) {
    return refused('permission_answered', `${answer.by} has answered this already.`);
  }
  if (answer !== null || turnMessageId !== item.messageId) {
    return refused(
      'permission_over',
      'The turn in which the agent asked this is over: it no longer waits for an answer, and nothing was allowed.',
    );
  }
  return options.some(({ optionId }) => optionId === named.optionId)
    ? null
    : refused('option_not_found', 'This is none of the answers that the agent offers.');
}

/** Why a message cannot be changed or taken back; null when it can. */
export function refuseChange(state: MessageState): CommandFailure | null {
  return state === 'accepted'
    ? null
    : {
        code: 'message_not_waiting',
        message:
          state === 'delivered' || state === 'working'
            ? 'The agent has this message already. Stop the turn instead.'
            : 'This message is finished already.',
        retryable: false,
      };
}
