import { organizationSchema } from '@foundry/shared/entities';
import { organizationIdSchema, userIdSchema } from '@foundry/shared/ids';
import { z } from 'zod';
import { appAuthCommands } from '../../auth/actor-commands.ts';
import { command } from '../../command-loop/catalog.ts';

/** An account with the App on it. */
const candidateSchema = z.object({ id: organizationIdSchema, login: z.string(), installationId: z.string() });

export const firstAccountSchema = z.object({ id: z.string(), login: z.string() });

export const appCatalog = {
  ...appAuthCommands,
  /** An organization made itself known, or changed its name or installation. */
  'app.command.recordOrganization': command(z.object({ organization: organizationSchema }), z.null()),
  /**
   * The App is installed on these accounts, and no account was admitted yet: the one of the oldest installation becomes
   * the first, once and for ever. Answers who it is.
   */
  'app.command.claimServer': command(
    z.object({
      candidates: z.array(candidateSchema).min(1).max(100),
      /** Is told to read their access again, when one of theirs has been admitted. */
      userId: userIdSchema.nullable(),
    }),
    firstAccountSchema,
  ),
};
export type AppCatalog = typeof appCatalog;

/** Broadcast, one event per session, when a session ended anywhere: every gateway drops it at once. */
export const sessionEndedEvent = 'sessionEnded';
