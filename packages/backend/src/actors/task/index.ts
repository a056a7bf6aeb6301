import { actor } from 'rivetkit';
import { commandLoop } from '../../command-loop/command-loop.ts';
import { actorDatabase } from '../../command-loop/database.ts';
import { requireDoor } from '../../engine/door.ts';
import { requireOwnKey } from '../../engine/own-key.ts';
import { taskCatalog } from './commands.ts';
import * as reads from './reads.ts';
import { createSession, initialize, open } from './workflow/open.ts';
import {
  branchPublished,
  branchPulled,
  branchPushed,
  publish,
  pull,
  publishFailed,
  pullRequestChanged,
  pullRequestPublished,
} from './workflow/publish.ts';
import { personLostAccess, personSignedIn } from './workflow/lost-access.ts';
import { grantTurn, requestTurn, sessionChanged, turnEnded, withdrawTurn } from './workflow/turns.ts';
import {
  provision,
  refresh,
  sandboxChanged,
  sandboxGone,
  setOwner,
  workspaceFailed,
  workspaceProgress,
  workspaceReady,
} from './workflow/workspace.ts';

const loop = commandLoop('task', taskCatalog, {
  'task.command.open': open,
  'task.command.provision': provision,
  'task.command.createSession': createSession,
  'task.command.refresh': refresh,
  'task.command.publish': publish,
  'task.command.pull': pull,
  'task.command.setOwner': setOwner,
  'task.command.initialize': initialize,
  'task.command.pullRequestChanged': pullRequestChanged,
  'task.command.branchPushed': branchPushed,
  'task.command.pullRequestPublished': pullRequestPublished,
  'task.command.publishFailed': publishFailed,
  'task.command.requestTurn': requestTurn,
  'task.command.withdrawTurn': withdrawTurn,
  'task.command.turnEnded': turnEnded,
  'task.command.sessionChanged': sessionChanged,
  'task.command.personLostAccess': personLostAccess,
  'task.command.personSignedIn': personSignedIn,
  'task.command.sandboxChanged': sandboxChanged,
  'task.command.sandboxGone': sandboxGone,
  'task.command.workspaceProgress': workspaceProgress,
  'task.command.workspaceReady': workspaceReady,
  'task.command.workspaceFailed': workspaceFailed,
  'task.command.branchPublished': branchPublished,
  'task.command.branchPulled': branchPulled,
  'task.command.grantTurn': grantTurn,
});

export const task = actor({
  onBeforeConnect: requireDoor,
  onCreate: requireOwnKey,
  db: actorDatabase(new URL('db/migrations/', import.meta.url)),
  createVars: loop.createVars,
  queues: loop.queues,
  run: loop.run,
  options: loop.options,
  actions: {
    ...loop.actions,
    snapshot: reads.snapshot,
    diff: reads.diff,
    tree: reads.tree,
    file: reads.file,
  },
});
