import { actor } from 'rivetkit';
import { appAuthHandler } from '../../auth/actor-commands.ts';
import { commandLoop } from '../../command-loop/command-loop.ts';
import { actorDatabase } from '../../command-loop/database.ts';
import { requireDoor } from '../../engine/door.ts';
import { requireOwnKey } from '../../engine/own-key.ts';
import { appCatalog, sessionEndedEvent } from './commands.ts';
import { reads } from './reads.ts';
import { claimServer } from './workflow/claim-server.ts';
import { recordOrganization } from './workflow/record-organization.ts';

const loop = commandLoop('app', appCatalog, {
  'app.command.authWrite': appAuthHandler((t, ended) => {
    ended.forEach((session) => t.broadcast(sessionEndedEvent, session));
  }),
  'app.command.recordOrganization': recordOrganization,
  'app.command.claimServer': claimServer,
});

export const app = actor({
  onBeforeConnect: requireDoor,
  onCreate: requireOwnKey,
  db: actorDatabase(new URL('db/migrations/', import.meta.url)),
  createVars: loop.createVars,
  queues: loop.queues,
  run: loop.run,
  options: loop.options,
  actions: { ...loop.actions, ...reads },
});
