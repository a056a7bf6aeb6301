import { agentModelSchema, messageSchema, personSchema } from '@foundry/shared/entities';
import { commandFailureSchema } from '@foundry/shared/envelope';
import {
  messageIdSchema,
  repositoryIdSchema,
  sandboxIdSchema,
  taskIdSchema,
  userIdSchema,
} from '@foundry/shared/ids';
import { textWithinSize } from '@foundry/shared/requests';
import { stopReasonSchema } from '@foundry/shared/transcript';
import { z } from 'zod';
import { command } from '../../command-loop/catalog.ts';

const none = z.null();
const text = textWithinSize.min(1);
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
  /** The turn of that delivery of the message, and no other; a message that still waits is taken back. */
  'session.command.stop': command(messageReference.extend({ attempt: z.number().int() }), none),
  /** The question at that place of the transcript, asked in the turn of that message. */
  'session.command.answerPermission': command(
    messageReference.extend({ sequence: z.number().int().positive(), optionId: z.string() }),
    none,
  ),
  'session.command.setModel': command(z.object({ modelId: z.string() }), none),

  // From the task.
  'session.command.initialize': command(
    z.object({
      taskId: taskIdSchema,
      repositoryId: repositoryIdSchema,
      title: z.string(),
      agentId: z.string(),
      modelId: z.string().nullable(),
      /** What the task's other sessions know of the agent's models. */
      models: z.array(agentModelSchema),
    }),
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
  /** The workspace is ready: the agent may start ahead of the first message. */
  'session.command.prepareAgent': command(
    z.object({ providerId: z.string(), sandboxId: sandboxIdSchema, checkoutPath: z.string() }),
    none,
  ),
  'session.command.turnRefused': command(
    z.object({ messageId: messageIdSchema, failure: commandFailureSchema }),
    none,
  ),
  /** The workspace was replaced or lost while a turn ran. */
  'session.command.sandboxLost': command(z.object({ sandboxId: sandboxIdSchema, message: z.string() }), none),

  /** This person may no longer write to the repository: their turn stops, their waiting messages are refused. */
  'session.command.authorLostAccess': command(z.object({ userId: userIdSchema, message: z.string() }), none),

  // From the stream (SessionStatusSync): the turn's end, after its last events.
  'session.command.turnEnded': command(
    z.object({ messageId: messageIdSchema, stopReason: stopReasonSchema, error: z.string().nullable() }),
    none,
  ),
  /** What the agent said of itself when it started outside a turn. */
  'session.command.agentReady': command(
    z.object({ models: z.array(agentModelSchema), modelId: z.string().nullable() }),
    none,
  ),

  // From itself.
  /** Tells the task what the stream changed about the session. */
  'session.command.announce': command(z.object({}), none),
};
export type TaskSessionCatalog = typeof taskSessionCatalog;
