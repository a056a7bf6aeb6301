import { actor } from 'rivetkit';
import { commandLoop } from '../../command-loop/command-loop.ts';
import { actorDatabase } from '../../command-loop/database.ts';
import { requireDoor } from '../../engine/door.ts';
import { requireOwnKey } from '../../engine/own-key.ts';
import { repositoryCatalog } from './commands.ts';
import { reads } from './reads.ts';
import { recordTask } from './workflow/record-task.ts';

const loop = commandLoop('repository', repositoryCatalog, {
  'repository.command.recordTask': recordTask,
});

export const repository = actor({
  onBeforeConnect: requireDoor,
  onCreate: requireOwnKey,
  db: actorDatabase(new URL('db/migrations/', import.meta.url)),
  createVars: loop.createVars,
  queues: loop.queues,
  run: loop.run,
  options: loop.options,
  actions: { ...loop.actions, ...reads },
});
