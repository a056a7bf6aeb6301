import { actor } from 'rivetkit';
import { commandLoop, type LoopActionContext } from '../../command-loop/command-loop.ts';
import { actorDatabase } from '../../command-loop/database.ts';
import { requireDoor } from '../../engine/door.ts';
import { requireOwnKey } from '../../engine/own-key.ts';
import { noteAwake } from '../awake.ts';
import { sessionStatusSyncCatalog } from './commands.ts';
import { readTurn } from './db/repository.ts';
import { ensureFollowing, resume } from './workflow/follow.ts';
import { abandon, answerPermission, cancel, enforceCancel, finish, prepare, start } from './workflow/turn.ts';

const loop = commandLoop('sessionStatusSync', sessionStatusSyncCatalog, {
  'status.command.start': start,
  'status.command.prepare': prepare,
  'status.command.cancel': cancel,
  'status.command.answerPermission': answerPermission,
  'status.command.abandon': abandon,
  'status.command.finish': finish,
  'status.command.enforceCancel': enforceCancel,
});

/** Works only while a turn runs: it holds the agent's stream and forwards it; between turns it sleeps. */
export const sessionStatusSync = actor({
  onBeforeConnect: requireDoor,
  onCreate: requireOwnKey,
  db: actorDatabase(new URL('db/migrations/', import.meta.url)),
  createVars: loop.createVars,
  queues: loop.queues,
  onWake: async (c) => {
    noteAwake('sessionStatusSync', c);
    if ((await readTurn(c.db)) !== null) {
      ensureFollowing(c.key);
    }
  },
  run: loop.run,
  options: loop.options,
  actions: {
    ...loop.actions,
    /** Target of the alarm that a running turn keeps set. */
    resume: async (c: LoopActionContext) => await resume(c),
  },
});
