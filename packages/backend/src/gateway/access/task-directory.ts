import { setTimeout as sleep } from 'node:timers/promises';
import { taskIdSchema } from '@foundry/shared/ids';
import type { TaskSnapshot } from '@foundry/shared/topics';
import { ActorRefusedError } from '../../command-loop/connections.ts';
import { gatewayLimits } from '../../limits.ts';
import type { ActorReads } from '../actor-reads.ts';
import { idFromCommand } from '../commands/command-ids.ts';
import { HttpError, notFound } from '../errors.ts';
import { BoundedMap } from './bounded-map.ts';

/**
 * Facts about tasks that never change, so that they may be remembered: which repository a task belongs to, that its
 * actor exists, which task a session belongs to. Asking never creates an actor: a guessed id must cost nothing (R7).
 */
export class TaskDirectory {
  readonly #reads: ActorReads;
  readonly #repositoryIds = new BoundedMap<string, string>(gatewayLimits.taskFactsMax);
  readonly #opened = new BoundedMap<string, true>(gatewayLimits.taskFactsMax);
  readonly #sessions = new BoundedMap<string, string>(gatewayLimits.taskFactsMax);

  readonly #readySessions = new BoundedMap<string, string>(gatewayLimits.taskFactsMax);

  constructor(reads: ActorReads) {
    this.#reads = reads;
  }

  /**
   * The task's repository if it is one of `visible`, asked of the organization's index; else null. The answer takes as
   * long for a task that is hidden as for one that does not exist: what is remembered of hidden ones is not used.
   */
  async visibleRepositoryId(
    organizationId: string,
    taskId: string,
    visible: readonly string[],
  ): Promise<string | null> {
    const named = repositoryOfTaskId(taskId);
    if (named !== null && !visible.includes(named)) return null;
    const known = this.#repositoryIds.get(taskKey(organizationId, taskId));
    if (known !== undefined && visible.includes(known)) return known;
    const repositoryId = await this.learnRepository(organizationId, taskId);
    return repositoryId !== null && visible.includes(repositoryId) ? repositoryId : null;
  }

  /** The task's repository as the organization's index has it, whoever may see it; null when there is no such task. */
  async learnRepository(organizationId: string, taskId: string): Promise<string | null> {
    const repositoryId = await this.#reads.taskRepositoryId(organizationId, taskId);
    if (repositoryId !== null) this.learnTask(organizationId, taskId, repositoryId);
    return repositoryId;
  }

  /** As far as it can be told without asking: a pull request's task names its repository. */
  knownRepositoryId(organizationId: string, taskId: string): string | null {
    return this.#repositoryIds.get(taskKey(organizationId, taskId)) ?? repositoryOfTaskId(taskId);
  }

  learnTask(organizationId: string, taskId: string, repositoryId: string): void {
    if (taskIdSchema.safeParse(taskId).success) {
      this.#repositoryIds.set(taskKey(organizationId, taskId), repositoryId);
    }
  }

  /**
   * The task's actor may be called. @throws HttpError 404 `task_not_opened` while it is only a row of the index.
   */
  async requireOpened(organizationId: string, taskId: string): Promise<void> {
    if (this.isKnownOpened(organizationId, taskId)) return;
    const entry = await this.#reads.taskIndexEntry(organizationId, taskId);
    if (entry === null) throw notFound('task');
    if (!entry.opened) {
      throw new HttpError(
        404,
        'task_not_opened',
        'Nobody has opened this task yet. Open it to start working on it.',
      );
    }
  }

  /** Its actor has answered before, here. */
  isKnownOpened(organizationId: string, taskId: string): boolean {
    return this.#opened.get(taskKey(organizationId, taskId)) === true;
  }

  /** The task's actor was just called by a command that makes it. */
  learnOpened(organizationId: string, taskId: string): void {
    this.#opened.set(taskKey(organizationId, taskId), true);
  }

  /** The task's snapshot. @throws as `requireOpened` */
  async snapshot(organizationId: string, taskId: string): Promise<TaskSnapshot> {
    await this.requireOpened(organizationId, taskId);
    // A task made a moment ago is in the index before its actor has heard of it.
    const snapshot = await untilKnown(() => this.#reads.taskSnapshot(organizationId, taskId));
    this.#opened.set(taskKey(organizationId, taskId), true);
    for (const session of snapshot.sessions) {
      this.#sessions.set(sessionKey(organizationId, session.id), taskId);
    }
    return snapshot;
  }

  /** A session that was just made. */
  learnSession(organizationId: string, taskId: string, sessionId: string): void {
    this.#sessions.set(sessionKey(organizationId, sessionId), taskId);
  }

  /** As far as it can be told without asking: the ids that the gateway gives to sessions name their task. */
  knownTaskOfSession(organizationId: string, sessionId: string): string | null {
    return this.#sessions.get(sessionKey(organizationId, sessionId)) ?? taskOfSessionId(sessionId);
  }

  /** The session is one of this task: its id must not lead around the check of the task. @throws HttpError 404 */
  async requireSession(organizationId: string, taskId: string, sessionId: string): Promise<void> {
    const key = sessionKey(organizationId, sessionId);
    if (this.#readySessions.get(key) === taskId) return;
    if (this.#sessions.get(key) !== taskId) {
      await this.snapshot(organizationId, taskId);
      if (this.#sessions.get(key) !== taskId) throw notFound('session');
    }
    // As with tasks: the task knows its session before the session knows itself.
    await untilKnown(() => this.#reads.sessionSnapshot(organizationId, sessionId));
    this.#readySessions.set(key, taskId);
  }
}

/** Repeats a read while the actor says that it does not know itself yet. @throws its refusal when that stays so. */
async function untilKnown<T>(read: () => Promise<T>): Promise<T> {
  const deadlineMs = Date.now() + gatewayLimits.newActorWaitMs;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ActorRefusedError) || Date.now() >= deadlineMs) throw error;
      await sleep(gatewayLimits.newActorPollMs);
    }
  }
}

/** The id of a session that `commandId` makes; it names its task, so that nothing need be asked to know it. */
export function newSessionId(taskId: string, commandId: string): string {
  return `session_${taskId}_${idFromCommand('', commandId, 'session').slice(0, 16)}`;
}

/** A pull request's task names its repository. */
function repositoryOfTaskId(taskId: string): string | null {
  return /^pr_(\d+)_\d+$/.exec(taskId)?.[1] ?? null;
}

function taskOfSessionId(sessionId: string): string | null {
  return /^session_(pr_\d+_\d+|task_[\w-]{8,64})_[0-9a-f]{16}$/.exec(sessionId)?.[1] ?? null;
}

function taskKey(organizationId: string, taskId: string): string {
  return `${organizationId}/${taskId}`;
}

function sessionKey(organizationId: string, sessionId: string): string {
  return `${organizationId}/${sessionId}`;
}
