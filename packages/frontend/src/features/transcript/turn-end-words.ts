import type { StopReason } from '@foundry/shared/transcript';

/** How a turn ended; null where it needs no words: the receipt of the message says it. */
export const turnEndWords: Record<StopReason, string | null> = {
  end_turn: null,
  cancelled: 'Stopped',
  max_tokens: 'Stopped: the answer reached the model’s length limit',
  max_turn_requests: 'Stopped: the agent made as many requests as one turn allows',
  refusal: 'The agent refused to go on',
  interrupted: 'Interrupted',
  error: 'The agent failed',
};
