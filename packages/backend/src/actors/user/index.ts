import { actor } from 'rivetkit';
import { commandLoop } from '../../command-loop/command-loop.ts';
import { actorDatabase } from '../../command-loop/database.ts';
import { requireDoor } from '../../engine/door.ts';
import { requireOwnKey } from '../../engine/own-key.ts';
import { userCatalog } from './commands.ts';
import { reads } from './reads.ts';
import { snapshot } from './snapshot.ts';
import { authWrite } from './workflow/auth-write.ts';
import { checkAccess } from './workflow/check-access.ts';
import { setDefaultModel, setDraft, setTaskState } from './workflow/preferences.ts';
import { readAccess, refreshAccess } from './workflow/refresh-access.ts';

const loop = commandLoop('user', userCatalog, {
  'user.command.authWrite': authWrite,
  'user.command.refreshAccess': refreshAccess,
  'user.command.readAccess': readAccess,
  'user.command.setTaskState': setTaskState,
  'user.command.setDraft': setDraft,
  'user.command.setDefaultModel': setDefaultModel,
});

export const user = actor({
  onBeforeConnect: requireDoor,
  onCreate: requireOwnKey,
  db: actorDatabase(new URL('db/migrations/', import.meta.url)),
  createVars: loop.createVars,
  queues: loop.queues,
  run: loop.run,
  options: loop.options,
  actions: { ...loop.actions, ...reads, snapshot, checkAccess },
});
