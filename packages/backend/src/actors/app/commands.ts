import { organizationSchema } from '@foundry/shared/entities';
import { z } from 'zod';
import { command } from '../../command-loop/catalog.ts';

export const appCatalog = {
  /** An organization made itself known, or changed its name or installation. */
  'app.command.recordOrganization': command(z.object({ organization: organizationSchema }), z.null()),
};
export type AppCatalog = typeof appCatalog;
