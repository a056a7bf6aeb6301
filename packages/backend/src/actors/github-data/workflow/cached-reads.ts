import type { z } from 'zod';
import { mapBounded } from '../../../parallel.ts';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import type { GitHubApi } from '../../../github/github-client.ts';
import { GitHubError, RateLimited } from '../../../github/github-errors.ts';
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

/** One unit of a batch: its requests are made together, and all of them or none count as read. */
export interface ReadUnit {
  readonly reads: readonly CachedRead[];
}

export type ReadResult =
  /** The first `units` units were read; their replies are stored under their keys. */
  | { readonly kind: 'read'; readonly units: number }
  | { readonly kind: 'rateLimited'; readonly retryAtMs: number };

/**
 * Reads units in parallel (bounded) with the stored etags, and stores the replies in one statement. Starts no unit
 * after the step's budget is used up, nor after a fault; the caller goes on from the first unit that was not read. So a
 * batch that GitHub answers slowly still gets on, and only what cannot be read at all is waited for.
 * @throws {GitHubError} what no `whenMissing` covers, when not even the first unit was read. What was read by then is
 * stored all the same.
 */
export async function readUnits(
  db: ActorDatabase,
  api: GitHubApi,
  units: readonly ReadUnit[],
  signal: AbortSignal,
): Promise<ReadResult> {
  const startMs = Date.now();
  const known = await readReplies(
    db,
    units.flatMap((unit) => unit.reads.map((read) => read.key)),
  );
  const fetched: StoredReply[] = [];
  const isRead: boolean[] = units.map(() => false);
  let fault: unknown = null;
  await mapBounded([...units.entries()], gitHubLimits.parallelRequests, async ([position, unit]) => {
    if (fault !== null || (position > 0 && Date.now() - startMs > gitHubLimits.stepBudgetMs)) {
      return;
    }
    try {
      for (const read of unit.reads) {
        fetched.push(await readOne(api, read, known.get(read.key) ?? null, signal));
      }
      isRead[position] = true;
    } catch (error) {
      fault ??= error;
    }
  });
  await writeReplies(db, fetched, Date.now());
  const firstUnread = isRead.indexOf(false);
  const count = firstUnread === -1 ? units.length : firstUnread;
  if (fault instanceof RateLimited) {
    return { kind: 'rateLimited', retryAtMs: fault.retryAtMs };
  }
  if (fault !== null && count === 0) {
    throw fault;
  }
  return { kind: 'read', units: count };
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
