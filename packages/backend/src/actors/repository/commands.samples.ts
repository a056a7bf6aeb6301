import type { ActorSamples } from '../testing/samples.ts';
import type { RepositoryCatalog } from './commands.ts';

export const repositorySamples: ActorSamples<RepositoryCatalog> = {
  'repository.command.recordTask': [
    {
      body: ({ taskId, branch }) => ({ taskId, title: 'A change', branch, state: 'ready', updatedAtMs: 5 }),
    },
  ],
};
