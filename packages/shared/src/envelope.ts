import { z } from 'zod';
import { commandIdSchema, userIdSchema } from './ids.ts';

/** Who a command is carried out for. */
export const actingPartySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('person'), userId: userIdSchema, login: z.string().max(100) }),
  z.object({ kind: z.literal('github'), login: z.string().max(100).nullable() }),
  z.object({ kind: z.literal('system') }),
]);
export type ActingParty = z.infer<typeof actingPartySchema>;

/** The envelope around every command body. */
export const envelopeSchema = z.object({
  commandId: commandIdSchema,
  /** The command, webhook delivery or request before this one. */
  causedBy: z.string().max(200).nullable(),
  by: actingPartySchema,
  /** When it was sent, in milliseconds since the epoch. */
  at: z.number().int().nonnegative(),
});
export type Envelope = z.infer<typeof envelopeSchema>;

/** Why a command did not do what it was asked, in the form every client and log gets. */
export const commandFailureSchema = z.object({
  /** Stable and for programs, for example `branch_taken`. */
  code: z.string(),
  /** For people: what happened, why, and what to do. */
  message: z.string(),
  /** Sending the same command again may work. */
  retryable: z.boolean(),
});
export type CommandFailure = z.infer<typeof commandFailureSchema>;

/** What became of a command. */
export const commandOutcomeSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('accepted'), commandId: commandIdSchema }),
  z.object({
    status: z.literal('done'),
    commandId: commandIdSchema,
    result: z.unknown(),
    finishedAt: z.number(),
  }),
  z.object({
    status: z.literal('failed'),
    commandId: commandIdSchema,
    failure: commandFailureSchema,
    finishedAt: z.number(),
  }),
]);
export type CommandOutcome = z.infer<typeof commandOutcomeSchema>;
