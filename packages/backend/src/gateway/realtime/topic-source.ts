import { createHash } from 'node:crypto';
import type { Change, Topic } from '@foundry/shared/topics';
import {
  appAddress,
  organizationAddress,
  sandboxInstanceAddress,
  taskAddress,
  taskSessionAddress,
  userAddress,
} from '../../actors/addresses.ts';
import type { ActorAddress } from '../../command-loop/catalog.ts';
import { visibleAppChange, visibleAppSnapshot, visibleChange } from '../access/visibility.ts';
import { notFound } from '../errors.ts';
import { knownAccess, requireMember, requireTaskAccess } from '../permissions/enforce.ts';
import type { GatewayServices } from '../services.ts';

/** Where a topic's data comes from, as one person may see it. */
export interface TopicSource {
  readonly address: ActorAddress;
  /**
   * Stands for what the person may see of the topic: with another one a browser needs a new snapshot. Null where
   * everybody who may watch it sees the same.
   */
  readonly visibility: string | null;
  readonly snapshot: () => Promise<{ version: number }>;
  readonly visible: (change: Change) => Promise<Change>;
}

function digest(seen: readonly string[]): string {
  return createHash('sha256').update(seen.toSorted().join('\n')).digest('base64url');
}

const whole = (change: Change): Promise<Change> => Promise.resolve(change);

/**
 * Checks that the person may watch the topic and says where it comes from. Everything is checked by what GitHub shows
 * the person before any actor of the topic is called. @throws HttpError 404 as the routes do.
 */
export async function openTopic(
  gateway: GatewayServices,
  userId: string,
  topic: Topic,
): Promise<TopicSource> {
  const { reads, tasks, organizations } = gateway;
  if (topic.kind === 'user') {
    return {
      address: userAddress(userId),
      visibility: null,
      snapshot: () => reads.userSnapshot(userId),
      visible: whole,
    };
  }
  const access = await knownAccess(gateway, userId);
  if (topic.kind === 'app') {
    const own = new Set(access.organizationIds);
    return {
      address: appAddress(),
      visibility: digest(access.organizationIds),
      snapshot: async () => visibleAppSnapshot(await reads.appSnapshot(), own),
      visible: (change) => Promise.resolve(visibleAppChange(change, own)),
    };
  }
  const organizationId = requireMember(access, topic.organizationId);
  if (topic.kind === 'organization') {
    return {
      address: organizationAddress(organizationId),
      visibility: digest(access.repositoryIds.map((id) => `${id} ${access.roles[id]}`)),
      snapshot: () => organizations.snapshot(access, organizationId),
      visible: async (change) => {
        await gateway.names.learnChange(organizationId, change);
        for (const upsert of change.upserts) {
          if (upsert.type !== 'taskSummary') continue;
          tasks.learnTask(organizationId, upsert.entity.id, upsert.entity.repositoryId);
        }
        return visibleChange(change, await organizations.visibility(access, organizationId));
      },
    };
  }
  await requireTaskAccess(gateway, access, organizationId, topic.taskId);
  switch (topic.kind) {
    case 'task':
      await tasks.requireOpened(organizationId, topic.taskId);
      return {
        address: taskAddress(organizationId, topic.taskId),
        visibility: null,
        snapshot: () => tasks.snapshot(organizationId, topic.taskId),
        visible: whole,
      };
    case 'session':
      await tasks.requireSession(organizationId, topic.taskId, topic.sessionId);
      return {
        address: taskSessionAddress(organizationId, topic.sessionId),
        visibility: null,
        snapshot: () => reads.sessionSnapshot(organizationId, topic.sessionId),
        visible: whole,
      };
    case 'sandbox': {
      const { sandbox } = (await tasks.snapshot(organizationId, topic.taskId)).task;
      if (sandbox === null || sandbox.id !== topic.sandboxId) throw notFound('sandbox');
      const address = sandboxInstanceAddress(organizationId, sandbox.providerId, sandbox.id);
      return {
        address,
        visibility: null,
        snapshot: () => reads.sandboxSnapshot(address),
        visible: whole,
      };
    }
  }
}
