import type { Message, Session } from '@foundry/shared/entities';
import type { CommandFailure } from '@foundry/shared/envelope';
import type { StopReason } from '@foundry/shared/transcript';

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
    case 'error':
      return {
        state: 'failed',
        failure: {
          code: 'turn_failed',
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
