import { organizationSchema } from '@foundry/shared/entities';
import { z } from 'zod';
import { appAuthCommands } from '../../auth/actor-commands.ts';
import { command } from '../../command-loop/catalog.ts';

export const appCatalog = {
  ...appAuthCommands,
  /** An organization made itself known, or changed its name or installation. */
  'app.command.recordOrganization': command(z.object({ organization: organizationSchema }), z.null()),
};
export type AppCatalog = typeof appCatalog;

/** Broadcast, one event per session, when a session ended anywhere: every gateway drops it at once. */
export const sessionEndedEvent = 'sessionEnded';
