import { randomUUID } from 'node:crypto';
import type { Message } from '@foundry/shared/entities';
import { messageSchema } from '@foundry/shared/entities';
import { sessionSnapshotSchema, type Topic } from '@foundry/shared/topics';
import type { TranscriptItem } from '@foundry/shared/transcript';
import { z } from 'zod';
import { eventually } from './expect.ts';
import type { Person } from './person.ts';
import type { Realtime } from './topic.ts';
import type { World } from './world.ts';

/** A session as a watcher of its topic has it: snapshot with all changes applied. */
export interface Conversation {
  messages: Map<string, Message>;
  items: Map<number, TranscriptItem>;
  /** Every state that each message was seen in, in order. */
  states: Map<string, string[]>;
}

export function sessionTopic(world: World): Topic {
  return {
    kind: 'session',
    organizationId: world.organizationId,
    taskId: world.taskId,
    sessionId: world.sessionId,
  };
}

/** Applies what a socket received of a session. */
export function conversation(realtime: Realtime, topic: Topic): Conversation {
  const { snapshot, changes } = realtime.received(topic);
  const result: Conversation = { messages: new Map(), items: new Map(), states: new Map() };
  const addMessage = (message: Message): void => {
    result.messages.set(message.id, message);
    const states = result.states.get(message.id) ?? [];
    if (states.at(-1) !== message.state) {
      result.states.set(message.id, [...states, message.state]);
    }
  };
  if (snapshot !== null) {
    const parsed = sessionSnapshotSchema.parse(snapshot);
    parsed.messages.forEach(addMessage);
    parsed.items.forEach((item) => result.items.set(item.sequence, item));
  }
  for (const change of changes) {
    for (const upsert of change.upserts) {
      if (upsert.type === 'message') {
        addMessage(upsert.entity);
      } else if (upsert.type === 'item') {
        result.items.set(upsert.entity.sequence, upsert.entity);
      }
    }
  }
  return result;
}

const sentSchema = z.object({ message: messageSchema });

/** Sends a message; its id is chosen here, as a browser does. */
export async function send(world: World, person: Person, text: string): Promise<string> {
  const messageId = randomUUID();
  await person.ask('POST', `${world.sessionPath}/messages`, sentSchema, { messageId, text });
  return messageId;
}

/** A session's newest page, as the API gives it. */
export async function readSession(world: World, person: Person) {
  return await person.get(world.sessionPath, sessionSnapshotSchema);
}

/** Waits until a message is in one of `states`, asked of the API. */
export async function messageIn(
  world: World,
  person: Person,
  messageId: string,
  states: readonly string[],
  timeoutMs: number,
): Promise<Message> {
  let seen: unknown = null;
  return await eventually(
    `message ${messageId} becomes ${states.join(' or ')}`,
    timeoutMs,
    async () => {
      const snapshot = await readSession(world, person);
      const message = snapshot.messages.find((one) => one.id === messageId);
      seen = { message, session: snapshot.session, items: snapshot.items.slice(-3) };
      return message !== undefined && states.includes(message.state) ? message : null;
    },
    () => seen,
  );
}

/** The agent's words of one turn. */
export function agentText(items: Iterable<TranscriptItem>, messageId: string): string {
  return [...items]
    .filter((item) => item.messageId === messageId)
    .sort((a, b) => a.sequence - b.sequence)
    .map((item) => (item.body.kind === 'agent_text' ? item.body.text : ''))
    .join('');
}
