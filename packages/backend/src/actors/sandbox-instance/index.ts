import { actor } from 'rivetkit';
import { commandLoop } from '../../command-loop/command-loop.ts';
import { actorDatabase } from '../../command-loop/database.ts';
import { requireDoor } from '../../engine/door.ts';
import { requireOwnKey } from '../../engine/own-key.ts';
import { noteAwake } from '../awake.ts';
import { sandboxInstanceCatalog } from './commands.ts';
import * as reads from './reads.ts';
import { advance, create } from './workflow/create.ts';
import { checkJob, jobEnded, pull, push } from './workflow/jobs.ts';
import { destroy, reconcile, removeCredentials, stop } from './workflow/lifecycle.ts';

const loop = commandLoop('sandboxInstance', sandboxInstanceCatalog, {
  'sandbox.command.create': create,
  'sandbox.command.push': push,
  'sandbox.command.pull': pull,
  'sandbox.command.removeCredentials': removeCredentials,
  'sandbox.command.stop': stop,
  'sandbox.command.destroy': destroy,
  'sandbox.command.reconcile': reconcile,
  'sandbox.command.advance': advance,
  'sandbox.command.jobEnded': jobEnded,
  'sandbox.command.checkJob': checkJob,
});

export const sandboxInstance = actor({
  onBeforeConnect: requireDoor,
  onCreate: requireOwnKey,
  db: actorDatabase(new URL('db/migrations/', import.meta.url)),
  createVars: loop.createVars,
  queues: loop.queues,
  onWake: (c) => noteAwake('sandboxInstance', c),
  run: loop.run,
  options: loop.options,
  actions: {
    ...loop.actions,
    snapshot: reads.snapshot,
    prepareTurn: reads.prepareTurn,
    renewToken: reads.renewToken,
    gitState: reads.gitState,
    diff: reads.diff,
    tree: reads.tree,
    file: reads.file,
    runProcess: reads.runProcess,
  },
});
