import type { ParsedInput } from '../../../command-loop/catalog.ts';
import { single } from '../../../command-loop/handlers.ts';
import type { AppCatalog } from '../commands.ts';
import { upsertOrganization } from '../db/repository.ts';

type Input = ParsedInput<AppCatalog, 'app.command.recordOrganization'>;

export const recordOrganization = single<Input>(async (t, { input }) => {
  if (await upsertOrganization(t.tx, input.organization)) {
    t.upsert({ type: 'organization', entity: input.organization });
  }
  return null;
});
