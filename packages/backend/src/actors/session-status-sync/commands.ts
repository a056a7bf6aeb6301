import { messageIdSchema, sandboxIdSchema } from '@foundry/shared/ids';
import { textWithinSize } from '@foundry/shared/requests';
import { stopReasonSchema } from '@foundry/shared/transcript';
import { z } from 'zod';
import { command } from '../../command-loop/catalog.ts';

const none = z.null();
/** One delivery of one message: a retried message is another turn. */
const turnReference = z.object({ messageId: messageIdSchema, attempt: z.number().int() });
const place = z.object({
  providerId: z.string(),
  sandboxId: sandboxIdSchema,
  checkoutPath: z.string(),
  agentId: z.string(),
});

export const sessionStatusSyncCatalog = {
  // From the session.
  /** A turn begins: its prompt goes to the agent, and the agent's stream is followed to the turn's end. */
  'status.command.start': command(
    turnReference.extend({
      ...place.shape,
      text: textWithinSize,
      /** Null: the agent's own choice. */
      modelId: z.string().nullable(),
    }),
    none,
  ),
  /** Starts the agent ahead of the first message, so that its models can be chosen from. */
  'status.command.prepare': command(place, none),
  /** Asks the agent to stop; an agent that does not is ended. */
  'status.command.cancel': command(turnReference, none),
  'status.command.answerPermission': command(
    turnReference.extend({ requestId: z.string(), optionId: z.string().nullable() }),
    none,
  ),
  /** The workspace is gone: the turn ends as failed. */
  'status.command.abandon': command(turnReference.extend({ message: z.string() }), none),

  // From itself.
  /** The turn is over and all of its events have reached the session. */
  'status.command.finish': command(
    turnReference.extend({
      stopReason: stopReasonSchema,
      error: z.string().nullable(),
      lastEventId: z.number().int(),
      /** The sandbox did not answer: somebody has to look at it. */
      sandboxSuspect: z.boolean(),
      agentExited: z.boolean(),
    }),
    none,
  ),
  /** Some time after a cancel: ends an agent that did not listen. */
  'status.command.enforceCancel': command(turnReference, none),
};
export type SessionStatusSyncCatalog = typeof sessionStatusSyncCatalog;
