import type { Unread } from '@foundry/shared/entities';
import { z } from 'zod';
import { mapBounded } from '../../../parallel.ts';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { errorMessage } from '../../../command-loop/errors.ts';
import type { GitHubApi } from '../../../github/github-client.ts';
import { GitHubError, RateLimited, throwIfStopped } from '../../../github/github-errors.ts';
import { gitHubLimits } from '../../../limits.ts';
import { readReplies, writeReplies, type StoredReply } from '../db/repository.ts';

/** One request whose reduced reply is kept under `key`. */
export interface CachedRead {
  readonly key: string;
  /** Kept when GitHub does not know (or show) the thing; undefined: that is an error. */
  readonly whenMissing: unknown;
  read(
    api: GitHubApi,
    options: { readonly signal: AbortSignal; readonly etag: string | null },
  ): Promise<
    { kind: 'unchanged' } | { kind: 'new'; body: unknown; etag: string | null; next: string | null }
  >;
}

/** @param request.reduce what is kept of the reply, as JSON. */
export function cachedRead<T>(request: {
  readonly key: string;
  readonly route: string;
  readonly parameters: Record<string, unknown>;
  readonly schema: z.ZodType<T>;
  readonly reduce: (reply: T) => unknown;
  readonly whenMissing?: unknown;
}): CachedRead {
  const { key, route, parameters, schema, reduce, whenMissing } = request;
  return {
    key,
    whenMissing,
    read: async (api, options) => {
      const reply = await api.read(route, parameters, schema, options);
      return reply.kind === 'unchanged'
        ? reply
        : { kind: 'new', body: reduce(reply.data), etag: reply.etag, next: reply.next };
    },
  };
}

/** One unit of a batch: what a cursor can stand behind. */
export interface ReadUnit {
  readonly reads: readonly CachedRead[];
  /** What people call it. Null: nothing can go on without it. */
  readonly subject: { readonly repositoryId: string | null; readonly name: string } | null;
}

export interface ReadResult {
  /** The first `units` units are dealt with: read, or left out. */
  readonly units: number;
  /** Keys of what was read of them. */
  readonly keys: readonly string[];
  /** What of them GitHub could not answer for. */
  readonly leftOut: readonly Unread[];
}

interface ReadOptions {
  readonly signal: AbortSignal;
  /** A reply that was stored at this time or later needs no further request: a slow batch goes on where it was. */
  readonly freshSinceMs?: number;
  /** Units that GitHub cannot answer for are left out, provided that it answers otherwise. */
  readonly leaveOut?: boolean;
}

/**
 * Makes the requests of all units in parallel (bounded) with the stored etags, and stores the replies in one statement.
 * Starts none after the step's budget is used up, nor after a fault; the caller goes on from the first unit that was not
 * read. So a batch that GitHub answers slowly still gets on, and only what cannot be read at all is waited for.
 * @throws {GitHubError | RateLimited} what no `whenMissing` covers, when not even the first unit was read, and every
 * rate limit; the abort's reason when the actor stops. What was read by then is stored all the same.
 */
export async function readUnits(
  db: ActorDatabase,
  api: GitHubApi,
  units: readonly ReadUnit[],
  options: ReadOptions,
): Promise<ReadResult> {
  const startMs = Date.now();
  const { signal, freshSinceMs = Number.POSITIVE_INFINITY, leaveOut = false } = options;
  const wanted = units.flatMap((unit, position) => unit.reads.map((read) => ({ read, position })));
  const known = await readReplies(
    db,
    wanted.map(({ read }) => read.key),
  );
  const isFresh = (key: string): boolean => (known.get(key)?.usedAtMs ?? -1) >= freshSinceMs;
  const done = new Set(wanted.flatMap(({ read }) => (isFresh(read.key) ? [read.key] : [])));
  const fetched: StoredReply[] = [];
  const faults = new Map<number, unknown>();
  let limit: RateLimited | null = null;
  const missing = wanted.filter(({ read }) => !done.has(read.key));
  await mapBounded([...missing.entries()], gitHubLimits.parallelRequests, async ([order, item]) => {
    const isLate = order > 0 && Date.now() - startMs > gitHubLimits.stepBudgetMs;
    if (isLate || limit !== null || (faults.size > 0 && !leaveOut)) {
      return;
    }
    const { read, position } = item;
    try {
      fetched.push(await readOne(api, read, known.get(read.key) ?? null, signal));
      done.add(read.key);
    } catch (error) {
      if (error instanceof RateLimited) {
        limit = error;
      } else {
        faults.set(position, error);
      }
    }
  });
  await writeReplies(db, fetched, Date.now());
  throwIfStopped(signal);
  const skipped =
    leaveOut && limit === null && faults.size > 0 && (await answersOtherwise(api, signal))
      ? [...faults].filter(
          ([position, fault]) => (units[position]?.subject ?? null) !== null && concernsOne(fault),
        )
      : [];
  const skippedPositions = new Set(skipped.map(([position]) => position));
  const open = units.findIndex(
    (unit, position) => !skippedPositions.has(position) && !unit.reads.every((read) => done.has(read.key)),
  );
  const count = open === -1 ? units.length : open;
  const fault: unknown = limit ?? (count === 0 ? (faults.get(0) ?? [...faults.values()][0]) : undefined);
  if (fault !== undefined) {
    throw fault;
  }
  return {
    units: count,
    keys: wanted.flatMap(({ read, position }) => (position < count && done.has(read.key) ? [read.key] : [])),
    leftOut: skipped.flatMap(([position, reason]) => {
      const subject = units[position]?.subject ?? null;
      return subject === null || position >= count ? [] : [{ ...subject, message: errorMessage(reason) }];
    }),
  };
}

/** Whether the fault may be of one thing alone: GitHub's own faults, and replies that are not as documented. */
export function concernsOne(fault: unknown): boolean {
  return (
    fault instanceof GitHubError &&
    (fault.code === 'github_unavailable' || fault.code === 'github_unexpected_reply')
  );
}

/** Asks for something that costs nothing and that every GitHub can answer: else it is an outage, and waited for. */
async function answersOtherwise(api: GitHubApi, signal: AbortSignal): Promise<boolean> {
  try {
    await api.send('GET /rate_limit', {}, z.unknown(), { signal });
    return true;
  } catch (error) {
    // A GitHub Enterprise Server without rate limits knows no such address, and has answered.
    return error instanceof GitHubError && error.code !== 'github_unavailable';
  }
}

async function readOne(
  api: GitHubApi,
  read: CachedRead,
  known: StoredReply | null,
  signal: AbortSignal,
): Promise<StoredReply> {
  try {
    const reply = await read.read(api, { signal, etag: known?.etag ?? null });
    if (reply.kind === 'unchanged' && known !== null) {
      return known;
    }
    if (reply.kind === 'unchanged') {
      throw new GitHubError(
        'github_unexpected_reply',
        `GitHub said "unchanged" of ${read.key}, which was never read`,
      );
    }
    return {
      key: read.key,
      etag: reply.etag,
      bodyJson: JSON.stringify(reply.body),
      next: reply.next,
    };
  } catch (error) {
    if (error instanceof GitHubError && read.whenMissing !== undefined && isAbsence(error)) {
      return { key: read.key, etag: null, bodyJson: JSON.stringify(read.whenMissing), next: null };
    }
    throw error;
  }
}

/** Gone, blocked, empty or not shown to us: there is nothing to read here, and never a reason to stop a sync. */
function isAbsence(error: GitHubError): boolean {
  return (
    error.code === 'github_not_found' || error.code === 'github_forbidden' || error.code === 'github_refused'
  );
}
