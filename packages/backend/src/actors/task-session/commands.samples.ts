import { z } from 'zod';
import { derivedCommandId } from '../../command-loop/envelopes.ts';
import { sessionStatusSyncAddress, taskSessionAddress } from '../addresses.ts';
import { messageOf, unopenedTaskId } from '../testing/fixtures.ts';
import {
  sampleMessage,
  type ActorSamples,
  type Preparation,
  type SampleMessage,
  type SampleScope,
} from '../testing/samples.ts';
import { preparationMs } from '../testing/samples.ts';
import type { KillWorld } from '../testing/world.ts';
import type { TaskSessionCatalog } from './commands.ts';

/*
 * The session's task was never opened: it refuses what it is told, so turns are granted by the samples themselves. Those
 * that need a running turn have a real one: an agent that waits for a permission and says nothing meanwhile.
 */

export function sessionAddressOf({ organizationId, sessionId }: SampleScope) {
  return taskSessionAddress(organizationId, sessionId);
}

const toSelf = sessionAddressOf;
const failure = { code: 'broken', message: 'It broke.', retryable: true };
const models = [{ id: 'demo-quick', name: 'Quick', description: null }];
const nowhere = { providerId: 'local', sandboxId: 'gone', checkoutPath: '/nowhere' };

export function initialized(scope: SampleScope): SampleMessage {
  return sampleMessage(toSelf(scope), 'session.command.initialize', {
    taskId: unopenedTaskId,
    repositoryId: scope.repositoryId,
    title: 'Session 1',
    agentId: 'mock',
    modelId: null,
    models: [],
  });
}

export function sent(scope: SampleScope, text = 'help'): SampleMessage {
  return sampleMessage(toSelf(scope), 'session.command.sendMessage', messageOf(scope, text));
}

export function granted(
  scope: SampleScope,
  place: { providerId: string; sandboxId: string; checkoutPath: string },
) {
  return { messageId: scope.messageId, ...place, ownerUserId: 'user-ada' };
}

const snapshotSchema = z.object({
  session: z.object({ status: z.string() }),
  items: z.array(
    z.object({
      sequence: z.number(),
      body: z.looseObject({ kind: z.string(), requestId: z.string().optional() }),
    }),
  ),
});

async function snapshotOf(scope: SampleScope, world: KillWorld) {
  return snapshotSchema.parse(await world.call(toSelf(scope), 'snapshot', []));
}

/** A message, granted its turn on the group's agents' sandbox. */
export function turnStarted(scope: SampleScope, world: KillWorld, text: string): Preparation[] {
  return [
    initialized(scope),
    sent(scope, text),
    async () => {
      const place = await world.agentsPlace();
      await world.send(
        sampleMessage(toSelf(scope), 'session.command.turnGranted', granted(scope, place)),
        `granted/${scope.digits}`,
      );
    },
  ];
}

/** A turn whose agent waits for a permission. */
export function waitingTurn(scope: SampleScope, world: KillWorld): Preparation[] {
  return [
    ...turnStarted(scope, world, 'ask before running node --version'),
    async () =>
      void (await world.until('the agent to ask', preparationMs, async () =>
        (await snapshotOf(scope, world)).session.status === 'waiting_for_permission' ? true : null,
      )),
  ];
}

/** The id of the open permission request, as the agent gave it. */
export async function openRequest(scope: SampleScope, world: KillWorld): Promise<string> {
  const { items } = await snapshotOf(scope, world);
  return items.findLast(({ body }) => body.kind === 'permission_request')?.body.requestId ?? '';
}

/** Where the open permission request stands in the transcript. */
async function openQuestion(scope: SampleScope, world: KillWorld): Promise<number> {
  const { items } = await snapshotOf(scope, world);
  return items.findLast(({ body }) => body.kind === 'permission_request')?.sequence ?? 0;
}

/** The turn failed, because its sandbox does not exist. */
function failedTurn(scope: SampleScope, world: KillWorld): Preparation[] {
  return [
    initialized(scope),
    sent(scope),
    sampleMessage(toSelf(scope), 'session.command.turnRefused', { messageId: scope.messageId, failure }),
    async () =>
      void (await world.until('the session to be idle', preparationMs, async () =>
        (await snapshotOf(scope, world)).session.status === 'idle' ? true : null,
      )),
  ];
}

export const taskSessionSamples: ActorSamples<TaskSessionCatalog> = {
  'session.command.sendMessage': [
    { before: (scope) => [initialized(scope)], body: (scope) => messageOf(scope, 'help') },
    // There is no such session.
    { body: (scope) => messageOf(scope, 'help') },
  ],
  'session.command.editMessage': [
    {
      before: (scope) => [initialized(scope), sent(scope)],
      body: ({ messageId }) => ({ messageId, text: 'list files' }),
    },
  ],
  'session.command.withdrawMessage': [
    { before: (scope) => [initialized(scope), sent(scope)], body: ({ messageId }) => ({ messageId }) },
  ],
  'session.command.retryMessage': [{ before: failedTurn, body: ({ messageId }) => ({ messageId }) }],
  'session.command.authorLostAccess': [
    {
      before: waitingTurn,
      body: () => ({ userId: 'user-ada', message: 'GitHub no longer lets ada write.' }),
      observe: (scope) => [sessionStatusSyncAddress(scope.organizationId, scope.sessionId)],
    },
  ],
  'session.command.stop': [
    {
      before: waitingTurn,
      body: ({ messageId }) => ({ messageId, attempt: 1 }),
      observe: (scope) => [sessionStatusSyncAddress(scope.organizationId, scope.sessionId)],
    },
    // Before the turn was granted: the message is taken back.
    {
      before: (scope) => [initialized(scope), sent(scope)],
      body: ({ messageId }) => ({ messageId, attempt: 1 }),
    },
    // A delivery that is over.
    { before: failedTurn, body: ({ messageId }) => ({ messageId, attempt: 1 }) },
  ],
  'session.command.answerPermission': [
    {
      before: waitingTurn,
      body: async (scope, world) => ({
        messageId: scope.messageId,
        sequence: await openQuestion(scope, world),
        optionId: await world.optionOf(scope, 'allow_once'),
      }),
      observe: (scope) => [sessionStatusSyncAddress(scope.organizationId, scope.sessionId)],
    },
  ],
  'session.command.setModel': [
    { before: (scope) => [initialized(scope)], body: () => ({ modelId: 'demo-quick' }) },
  ],
  'session.command.initialize': [
    {
      body: (scope) => ({
        taskId: unopenedTaskId,
        repositoryId: scope.repositoryId,
        title: 'Session 1',
        agentId: 'mock',
        modelId: null,
        models: [],
      }),
    },
  ],
  'session.command.turnGranted': [
    // The sandbox does not exist, so the turn fails and says so; turns that run are SessionStatusSync's samples.
    { before: (scope) => [initialized(scope), sent(scope)], body: (scope) => granted(scope, nowhere) },
  ],
  'session.command.prepareAgent': [
    // The agent cannot be started; the first turn would try again and say so.
    { before: (scope) => [initialized(scope)], body: () => nowhere },
  ],
  'session.command.turnRefused': [
    {
      before: (scope) => [initialized(scope), sent(scope)],
      body: ({ messageId }) => ({ messageId, failure }),
    },
  ],
  'session.command.sandboxLost': [
    {
      before: waitingTurn,
      body: () => ({ sandboxId: 'agents', message: 'The sandbox is gone.' }),
      observe: (scope) => [sessionStatusSyncAddress(scope.organizationId, scope.sessionId)],
    },
  ],
  'session.command.turnEnded': [
    {
      // The end of a real turn, as the stream reports it.
      before: (scope) => [initialized(scope), sent(scope)],
      body: ({ messageId }) => ({ messageId, stopReason: 'end_turn', error: null }),
      follows: {
        from: (scope, world) =>
          sampleMessage(
            toSelf(scope),
            'session.command.turnGranted',
            granted(scope, world.knownAgentsPlace()),
          ),
        commandId: (_sentId, { sessionId, messageId }) =>
          derivedCommandId(`finish/${sessionId}/${messageId}/1`, 'apply', 0),
      },
    },
  ],
  'session.command.agentReady': [
    { before: (scope) => [initialized(scope)], body: () => ({ models, modelId: 'demo-quick' }) },
  ],
  'session.command.announce': [{ before: (scope) => [initialized(scope)], body: () => ({}) }],
};

export const startOf = (grantedId: string): string =>
  // After the session's own change was announced to the task.
  derivedCommandId(grantedId, 'apply', 1);
