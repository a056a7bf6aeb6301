import { commandFailureSchema, type CommandFailure } from '@foundry/shared/envelope';
import { unreadSchema, type SyncPhase, type SyncProgress, type Unread } from '@foundry/shared/entities';
import { z } from 'zod';
import type { GitHubWait } from '../../github/retry-policy.ts';
import { gitHubLimits } from '../../limits.ts';
import type { SyncRow } from './db/repository.ts';

/** Where every phase begins. */
export const startCursor = 'start';

const phases: readonly SyncPhase[] = ['repositories', 'members', 'pull_requests', 'checks'];

export function phaseAfter(phase: SyncPhase): SyncPhase | null {
  return phases[phases.indexOf(phase) + 1] ?? null;
}

/** A fault of Foundry's own names commands and steps: those belong to the log and the runtime issue. */
export function failureForPeople(failure: CommandFailure): CommandFailure {
  return failure.code === 'step_failed' || failure.code === 'timeout'
    ? {
        ...failure,
        message:
          'Foundry met a fault of its own while it read GitHub. What it was is in the log of the server.',
      }
    : failure;
}

/** The sync while GitHub is waited for. */
export function waitingSync(sync: SyncRow, wait: GitHubWait, nowMs: number): SyncRow {
  const failure = { code: wait.state, message: wait.message, retryable: true };
  return {
    ...sync,
    state: wait.state,
    retryAtMs: wait.retryAtMs,
    progressAtMs: nowMs,
    failureJson: JSON.stringify(failure),
    // To be asked to wait is no failure.
    failedAttempts: wait.state === 'waiting_for_github' ? sync.failedAttempts + 1 : sync.failedAttempts,
  };
}

export function toProgress(sync: SyncRow): SyncProgress {
  return {
    state: sync.state,
    phase: sync.phase,
    done: sync.done,
    total: sync.total,
    startedAtMs: sync.startedAtMs,
    finishedAtMs: sync.finishedAtMs,
    failure: sync.failureJson === null ? null : commandFailureSchema.parse(JSON.parse(sync.failureJson)),
    retryAtMs: sync.retryAtMs,
    unread: unreadOf(sync),
  };
}

export function unreadOf(sync: SyncRow): Unread[] {
  return z.array(unreadSchema).parse(JSON.parse(sync.unreadJson));
}

/** The list after more was left out, bounded. */
export function withUnread(sync: SyncRow, more: readonly Unread[]): string {
  const known = unreadOf(sync);
  const fresh = more.filter(({ name }) => !known.some((entry) => entry.name === name));
  return JSON.stringify([...known, ...fresh].slice(0, gitHubLimits.unreadNamed));
}

/** Whether it waits for the first answer: no batch of it is on its way. */
export function isWaitingToStart(sync: SyncRow | null): boolean {
  return sync !== null && sync.phase === null && sync.state.startsWith('waiting_');
}

/** Whether the retry that the sync of this generation announced is due, and nothing else has begun since. */
export function isRetryDue(sync: SyncRow | null, generation: number, nowMs: number): boolean {
  return (
    sync !== null &&
    sync.generation === generation &&
    sync.retryAtMs !== null &&
    sync.retryAtMs <= nowMs &&
    (isWaitingToStart(sync) || sync.state === 'failed' || sync.state === 'done')
  );
}

/** Whether a sync is under way and alive: a new one would only get in its way. */
export function isAlive(sync: SyncRow | null, nowMs: number): boolean {
  if (sync === null || sync.state === 'done' || sync.state === 'failed') {
    return false;
  }
  return Math.max(sync.progressAtMs, sync.retryAtMs ?? 0) + gitHubLimits.syncStaleMs > nowMs;
}

export function newSync(generation: number, nowMs: number): SyncRow {
  return {
    generation,
    state: 'running',
    phase: 'repositories',
    done: 0,
    total: null,
    startedAtMs: nowMs,
    finishedAtMs: null,
    progressAtMs: nowMs,
    retryAtMs: null,
    failureJson: null,
    failedAttempts: 0,
    again: false,
    unreadJson: '[]',
    membersUnread: false,
  };
}

/** One page of open pull requests of one repository. */
export interface PullPage {
  readonly repositoryId: string;
  readonly page: string;
}

/** Where the pull-request phase is: further pages of repositories already begun, and the last repository begun. */
export interface PullCursor {
  readonly pending: readonly PullPage[];
  readonly afterRepositoryId: number;
}

/** `12:2,15:2|170`. */
export function encodePullCursor(cursor: PullCursor): string {
  const pending = cursor.pending.map(({ repositoryId, page }) => `${repositoryId}:${page}`);
  return `${pending.join(',')}|${cursor.afterRepositoryId}`;
}

export function decodePullCursor(text: string): PullCursor {
  const [pending = '', after = '0'] = text === startCursor ? [] : text.split('|');
  return {
    pending: pending
      .split(',')
      .filter((part) => part !== '')
      .map((part) => {
        const [repositoryId = '0', page = '1'] = part.split(':');
        return { repositoryId, page };
      }),
    afterRepositoryId: Number(after),
  };
}

/** Items in messages that stay below the size and count that one message to the organization may have. */
export function inMessages<T>(items: readonly T[]): T[][] {
  const messages: T[][] = [];
  let current: T[] = [];
  let sizeBytes = 0;
  for (const item of items) {
    const itemSizeBytes = Buffer.byteLength(JSON.stringify(item)) + 1;
    const isFull =
      current.length >= gitHubLimits.rowsPerMessage ||
      sizeBytes + itemSizeBytes > gitHubLimits.messageSizeBytes;
    if (current.length > 0 && isFull) {
      messages.push(current);
      current = [];
      sizeBytes = 0;
    }
    current.push(item);
    sizeBytes += itemSizeBytes;
  }
  return current.length === 0 ? messages : [...messages, current];
}

export interface DeliveryAttempt {
  readonly id: number;
  readonly guid: string;
  readonly statusCode: number;
  readonly installationId: string | null;
}

/**
 * Which deliveries to have sent again: those of this installation that no attempt brought to us. GitHub lists the
 * newest first. One that failed many times is left alone: the periodic sync brings its news.
 */
export function deliveriesToRepeat(
  attempts: readonly DeliveryAttempt[],
  installationId: string,
  limits: { attempts: number; deliveries: number },
): number[] {
  const byGuid = new Map<string, DeliveryAttempt[]>();
  for (const attempt of attempts) {
    if (attempt.installationId === installationId) {
      byGuid.set(attempt.guid, [...(byGuid.get(attempt.guid) ?? []), attempt]);
    }
  }
  return [...byGuid.values()]
    .filter(
      (tries) =>
        tries.length < limits.attempts &&
        !tries.some(({ statusCode }) => statusCode >= 200 && statusCode < 300),
    )
    .flatMap((tries) => tries.slice(0, 1).map(({ id }) => id))
    .slice(0, limits.deliveries);
}
