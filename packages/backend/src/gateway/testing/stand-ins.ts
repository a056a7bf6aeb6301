import type { Message, Session, Task } from '@foundry/shared/entities';
import type { Upsert } from '@foundry/shared/topics';
import type { TranscriptItem } from '@foundry/shared/transcript';
import { actor, UserError } from 'rivetkit';
import { z } from 'zod';
import { appCatalog } from '../../actors/app/commands.ts';
import { gitHubDataCatalog } from '../../actors/github-data/commands.ts';
import { taskSessionCatalog } from '../../actors/task-session/commands.ts';
import { taskCatalog } from '../../actors/task/commands.ts';
import { userCatalog, type UserAccess } from '../../actors/user/commands.ts';
import type { Catalog } from '../../command-loop/catalog.ts';
import { commandLoop, type LoopActionContext } from '../../command-loop/command-loop.ts';
import { actorDatabase } from '../../command-loop/database.ts';
import { CommandError } from '../../command-loop/errors.ts';
import { single, type CommandHandler, type TransactionContext } from '../../command-loop/handlers.ts';
import { requireDoor } from '../../engine/door.ts';
import { requireOwnKey } from '../../engine/own-key.ts';
import { readVersion } from '../../command-loop/store-repository.ts';

/*
 * Actors of the real kinds with the real loop and catalogs, whose facts a test sets: what the gateway must do with
 * GitHub's permissions is easier to see when the test decides them. Organization and AuditLog are always the real ones.
 */

/** What the stand-ins know, by id. They run in the test's own process. */
export const facts = {
  access: new Map<string, UserAccess>(),
  tasks: new Map<string, Task>(),
  sessions: new Map<string, Session>(),
  items: new Map<string, TranscriptItem[]>(),
  messages: new Map<string, Message[]>(),
  /** Every command that arrived: `kind key name`. */
  received: [] as { actor: string; name: string; commandId: string; by: unknown; body: unknown }[],
  /** Actors that were ever called, to see that a guessed id creates none. */
  called: new Set<string>(),
  /** What `diff` of tasks was asked for. */
  diffs: [] as unknown[],
};

// Any migrations with the loop's tables will do: the stand-ins keep nothing else.
const database = actorDatabase(new URL('../../actors/organization/db/migrations/', import.meta.url));

type Reply = (t: TransactionContext, id: string, input: unknown) => unknown;

/** A loop for every command of a catalog: notes it, then replies, by default with null and no change. */
function loopOf(kind: string, catalog: Catalog, replies: { readonly [name: string]: Reply } = {}) {
  const handlers: { [name: string]: CommandHandler<unknown> } = {};
  for (const name of Object.keys(catalog)) {
    handlers[name] = single(async (t, { input, envelope }) => {
      const actorName = `${kind} ${t.key.join('/')}`;
      facts.received.push({
        actor: actorName,
        name,
        commandId: envelope.commandId,
        by: envelope.by,
        body: input,
      });
      return replies[name]?.(t, t.key.at(-1) ?? '', input) ?? null;
    });
  }
  return commandLoop(kind, catalog, handlers);
}

function partsOf(loop: ReturnType<typeof commandLoop>) {
  return {
    onBeforeConnect: requireDoor,
    onCreate: requireOwnKey,
    db: database,
    createVars: loop.createVars,
    queues: loop.queues,
    run: loop.run,
    options: loop.options,
  };
}

/** The topic's version together with the facts of this moment. */
async function at<T extends object>(c: LoopActionContext, rest: () => T): Promise<T & { version: number }> {
  facts.called.add(c.key.join('/'));
  return { version: await readVersion(c.db), ...rest() };
}

function known<T>(map: ReadonlyMap<string, T>, c: LoopActionContext, code: string): T {
  facts.called.add(c.key.join('/'));
  const value = map.get(c.key.at(-1) ?? '');
  if (value === undefined) throw new UserError('Not known.', { code });
  return value;
}

const appLoop = loopOf('app', appCatalog);
export const app = actor({
  ...partsOf(appLoop),
  actions: {
    ...appLoop.actions,
    snapshot: (c: LoopActionContext) => at(c, () => ({ organizations: [] })),
    firstAccount: () => null,
    announce: (c: LoopActionContext, session: unknown) => {
      c.broadcast('sessionEnded', session);
    },
  },
});

function profileOf(userId: string): Extract<Upsert, { type: 'profile' }> {
  const access = facts.access.get(userId);
  return {
    type: 'profile',
    entity: {
      id: userId,
      githubId: access?.githubId ?? '0',
      login: access?.login ?? '',
      name: null,
      avatarUrl: null,
    },
  };
}

const userLoop = loopOf('user', userCatalog, {
  'user.command.refreshAccess': (t, userId) => {
    const access = facts.access.get(userId);
    if (access !== undefined) facts.access.set(userId, { ...access, readAtMs: Date.now() });
    t.upsert(profileOf(userId));
    return null;
  },
  'user.command.setTaskState': (_t, _userId, input) => ({
    activeSessionId: null,
    lastReadVersion: 0,
    markedUnread: false,
    ...z.record(z.string(), z.unknown()).parse(input),
  }),
  'user.command.setDraft': () => ({ saved: true, draft: null }),
});
export const user = actor({
  ...partsOf(userLoop),
  actions: {
    ...userLoop.actions,
    access: (c: LoopActionContext) => known(facts.access, c, 'user_not_found'),
    checkAccess: () => ({ state: 'confirmed', atMs: Date.now() }),
    snapshot: (c: LoopActionContext) =>
      at(c, () => ({
        profile: profileOf(c.key.at(-1) ?? '').entity,
        organizations: [],
        defaultModelId: null,
        taskStates: [],
        drafts: [],
      })),
  },
});

const taskLoop = loopOf('task', taskCatalog, {
  'task.command.refresh': (t, taskId) => {
    const task = facts.tasks.get(taskId);
    if (task === undefined) throw new CommandError('task_not_opened', 'Not opened.');
    t.upsert({ type: 'task', entity: task });
    return null;
  },
  'task.command.publish': () => {
    throw new CommandError('workspace_not_ready', 'The workspace of this task is not running.');
  },
  'task.command.createSession': (t, taskId, input) => {
    const { sessionId, title } = z
      .object({ sessionId: z.string(), title: z.string().optional() })
      .parse(input);
    const session = { ...newSession(sessionId, taskId), title: title ?? 'New session' };
    facts.sessions.set(sessionId, session);
    t.upsert({ type: 'session', entity: session });
    return session;
  },
});
export const task = actor({
  ...partsOf(taskLoop),
  actions: {
    ...taskLoop.actions,
    snapshot: (c: LoopActionContext) => {
      const entity = known(facts.tasks, c, 'task_not_opened');
      return at(c, () => ({
        task: entity,
        sessions: [...facts.sessions.values()].filter((session) => session.taskId === entity.id),
      }));
    },
    sleepNow: (c: LoopActionContext) => {
      c.sleep();
    },
    diff: (c: LoopActionContext, input: unknown) => {
      facts.diffs.push(input);
      known(facts.tasks, c, 'task_not_opened');
      return { diff: 'diff --git a/a b/a\n', truncated: false, headSha: 'abc' };
    },
  },
});

const sessionLoop = loopOf('taskSession', taskSessionCatalog, {
  'session.command.editMessage': () => {
    throw new CommandError('message_delivered', 'The agent has this message already.');
  },
  'session.command.sendMessage': (t, sessionId, input) => {
    const sent = z
      .object({
        messageId: z.string(),
        text: z.string(),
        author: z.object({ userId: z.string(), login: z.string(), avatarUrl: z.string().nullable() }),
      })
      .parse(input);
    const message: Message = {
      id: sent.messageId,
      sessionId,
      text: sent.text,
      author: sent.author,
      state: 'accepted',
      attempt: 1,
      position: 1,
      failure: null,
      acceptedAtMs: 1,
      deliveredAtMs: null,
      workingAtMs: null,
      finishedAtMs: null,
    };
    t.upsert({ type: 'message', entity: message });
    return message;
  },
});
export const taskSession = actor({
  ...partsOf(sessionLoop),
  actions: {
    ...sessionLoop.actions,
    snapshot: (c: LoopActionContext) => {
      const session = known(facts.sessions, c, 'session_not_found');
      return at(c, () => ({ session, messages: [], items: [], olderCursor: null }));
    },
    transcriptPage: (c: LoopActionContext) => {
      known(facts.sessions, c, 'session_not_found');
      return { items: [], olderCursor: null };
    },
  },
});

const gitHubDataLoop = loopOf('githubData', gitHubDataCatalog);
export const githubData = actor({
  ...partsOf(gitHubDataLoop),
  actions: { ...gitHubDataLoop.actions, branchesLike: () => ({ branches: [], baseExists: null }) },
});

export function newSession(id: string, taskId: string): Session {
  return {
    id,
    taskId,
    title: 'First',
    agent: 'mock',
    modelId: null,
    models: [],
    status: 'idle',
    createdAtMs: 1,
    updatedAtMs: 1,
  };
}
