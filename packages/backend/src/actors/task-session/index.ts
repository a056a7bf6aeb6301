import { actor } from 'rivetkit';
import { commandLoop } from '../../command-loop/command-loop.ts';
import { actorDatabase } from '../../command-loop/database.ts';
import { requireDoor } from '../../engine/door.ts';
import { requireOwnKey } from '../../engine/own-key.ts';
import { appendEvents } from './workflow/append-events.ts';
import { taskSessionCatalog } from './commands.ts';
import { snapshot, transcriptPage, turnAuthor } from './reads.ts';
import { agentReady, announce, prepareAgent, setModel } from './workflow/agent.ts';
import { editMessage, initialize, retryMessage, sendMessage, withdrawMessage } from './workflow/messages.ts';
import {
  answerPermission,
  authorLostAccess,
  sandboxLost,
  stop,
  turnEnded,
  turnGranted,
  turnRefused,
} from './workflow/turn.ts';

const loop = commandLoop('taskSession', taskSessionCatalog, {
  'session.command.sendMessage': sendMessage,
  'session.command.editMessage': editMessage,
  'session.command.withdrawMessage': withdrawMessage,
  'session.command.retryMessage': retryMessage,
  'session.command.stop': stop,
  'session.command.answerPermission': answerPermission,
  'session.command.setModel': setModel,
  'session.command.initialize': initialize,
  'session.command.turnGranted': turnGranted,
  'session.command.prepareAgent': prepareAgent,
  'session.command.turnRefused': turnRefused,
  'session.command.sandboxLost': sandboxLost,
  'session.command.authorLostAccess': authorLostAccess,
  'session.command.turnEnded': turnEnded,
  'session.command.agentReady': agentReady,
  'session.command.announce': announce,
});

export const taskSession = actor({
  onBeforeConnect: requireDoor,
  onCreate: requireOwnKey,
  db: actorDatabase(new URL('db/migrations/', import.meta.url)),
  createVars: loop.createVars,
  queues: loop.queues,
  run: loop.run,
  options: loop.options,
  actions: { ...loop.actions, snapshot, transcriptPage, turnAuthor, appendEvents },
});
