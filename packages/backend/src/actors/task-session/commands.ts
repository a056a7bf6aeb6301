import { messageSchema, personSchema } from '@foundry/shared/entities';
import { commandFailureSchema } from '@foundry/shared/envelope';
import { messageIdSchema, sandboxIdSchema, taskIdSchema, userIdSchema } from '@foundry/shared/ids';
import { maxMessageLength } from '@foundry/shared/requests';
import { stopReasonSchema } from '@foundry/shared/transcript';
import { z } from 'zod';
import { command } from '../../command-loop/catalog.ts';

const none = z.null();
const text = z.string().min(1).max(maxMessageLength);
const messageReference = z.object({ messageId: messageIdSchema });

export const taskSessionCatalog = {
  // From people, through the gateway.
  'session.command.sendMessage': command(
    z.object({ messageId: messageIdSchema, text, author: personSchema }),
    messageSchema,
  ),
  'session.command.editMessage': command(z.object({ messageId: messageIdSchema, text }), messageSchema),
  'session.command.withdrawMessage': command(messageReference, none),
  /** A failed message again, as a new delivery of the same message. */
  'session.command.retryMessage': command(messageReference, none),
  'session.command.stop': command(z.object({}), none),
  'session.command.answerPermission': command(
    z.object({ requestId: z.string(), optionId: z.string() }),
    none,
  ),
  'session.command.setModel': command(z.object({ modelId: z.string() }), none),

  // From the task.
  'session.command.initialize': command(
    z.object({ taskId: taskIdSchema, title: z.string(), modelId: z.string().nullable() }),
    none,
  ),
  'session.command.turnGranted': command(
    z.object({
      messageId: messageIdSchema,
      providerId: z.string(),
      sandboxId: sandboxIdSchema,
      checkoutPath: z.string(),
      ownerUserId: userIdSchema,
    }),
    none,
  ),
  'session.command.turnRefused': command(
    z.object({ messageId: messageIdSchema, failure: commandFailureSchema }),
    none,
  ),
  /** The workspace was replaced or lost while a turn ran. */
  'session.command.sandboxLost': command(z.object({ sandboxId: sandboxIdSchema, message: z.string() }), none),

  // From the stream (SessionStatusSync): the turn's end, after its last events.
  'session.command.turnEnded': command(
    z.object({ messageId: messageIdSchema, stopReason: stopReasonSchema, error: z.string().nullable() }),
    none,
  ),
};
export type TaskSessionCatalog = typeof taskSessionCatalog;
