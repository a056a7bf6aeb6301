import { derivedCommandId } from '../../command-loop/envelopes.ts';
import { sessionStatusSyncAddress } from '../addresses.ts';
import { sampleMessage, type ActorSamples, type SampleScope } from '../testing/samples.ts';
import type { KillWorld } from '../testing/world.ts';
import {
  granted,
  initialized,
  openRequest,
  sent,
  sessionAddressOf,
  startOf,
  waitingTurn,
} from '../task-session/commands.samples.ts';
import type { SessionStatusSyncCatalog } from './commands.ts';

/* Real turns of real agents, all in one sandbox; the session is observed as well: it has the transcript. */

function session(scope: SampleScope) {
  return [sessionAddressOf(scope)];
}

function reference({ messageId }: SampleScope) {
  return { messageId, attempt: 1 };
}

async function place(world: KillWorld) {
  return { ...(await world.agentsPlace()), agentId: 'mock' };
}

/** Every prompt that reached the scenario's agent, from the agent's own memory of the session. */
async function prompts(scope: SampleScope, world: KillWorld): Promise<unknown> {
  return await world.promptsOf(scope);
}

const gone = { providerId: 'local', sandboxId: 'gone', checkoutPath: '/nowhere', agentId: 'mock' };

export const sessionStatusSyncSamples: ActorSamples<SessionStatusSyncCatalog> = {
  'status.command.start': [
    {
      before: (scope) => [
        initialized(scope),
        sent(scope, `create notes-${scope.digits}.md with "Hello" without committing`),
      ],
      body: (scope) => ({ ...reference(scope), ...gone, text: 'help', modelId: null }),
      follows: {
        from: (scope, world) =>
          sampleMessage(
            sessionAddressOf(scope),
            'session.command.turnGranted',
            granted(scope, world.knownAgentsPlace()),
          ),
        commandId: startOf,
      },
      observe: session,
      witness: prompts,
    },
    {
      // The sandbox does not exist: the turn ends as failed.
      before: (scope) => [initialized(scope), sent(scope)],
      body: (scope) => ({ ...reference(scope), ...gone, text: 'help', modelId: null }),
      follows: {
        from: (scope) =>
          sampleMessage(sessionAddressOf(scope), 'session.command.turnGranted', granted(scope, gone)),
        commandId: startOf,
      },
      observe: session,
    },
  ],
  'status.command.prepare': [
    {
      before: (scope) => [initialized(scope)],
      body: async (_scope, world) => await place(world),
      observe: session,
    },
    { body: () => gone },
  ],
  'status.command.cancel': [{ before: waitingTurn, body: reference, observe: session, witness: prompts }],
  'status.command.answerPermission': [
    {
      before: waitingTurn,
      body: async (scope, world) => ({
        ...reference(scope),
        requestId: await openRequest(scope, world),
        optionId: await world.optionOf(scope, 'allow_once'),
      }),
      observe: session,
      witness: prompts,
    },
  ],
  'status.command.abandon': [
    {
      before: waitingTurn,
      body: (scope) => ({ ...reference(scope), message: 'The sandbox is gone.' }),
      observe: session,
    },
  ],
  'status.command.finish': [
    {
      before: (scope) => [initialized(scope), sent(scope)],
      body: (scope) => ({
        ...reference(scope),
        stopReason: 'end_turn',
        error: null,
        lastEventId: 0,
        sandboxSuspect: false,
        agentExited: false,
      }),
      follows: {
        from: (scope, world) =>
          sampleMessage(
            sessionAddressOf(scope),
            'session.command.turnGranted',
            granted(scope, world.knownAgentsPlace()),
          ),
        commandId: (_sentId, { sessionId, messageId }) => `finish/${sessionId}/${messageId}/1`,
      },
      observe: session,
    },
  ],
  'status.command.enforceCancel': [
    {
      // The agent listened and its turn has ended by then: there is nothing left to enforce.
      before: waitingTurn,
      body: reference,
      follows: {
        from: (scope) =>
          sampleMessage(
            sessionStatusSyncAddress(scope.organizationId, scope.sessionId),
            'status.command.cancel',
            reference(scope),
          ),
        commandId: (sentId) => derivedCommandId(sentId, 'note', 0),
      },
      observe: session,
    },
  ],
};
