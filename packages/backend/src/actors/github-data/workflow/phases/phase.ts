import type { z } from 'zod';
import type { ActorDatabase } from '../../../../command-loop/database.ts';
import type { TransactionContext } from '../../../../command-loop/handlers.ts';
import type { StoredReply } from '../../db/repository.ts';
import type { ReadUnit } from '../cached-reads.ts';

export interface BatchInput {
  readonly generation: number;
  readonly cursor: string;
}

export type Replies = ReadonlyMap<string, StoredReply>;

export interface BatchPlan {
  readonly units: readonly ReadUnit[];
  /** The cursor after the first `count` units were read; null when the phase has nothing more to read. */
  nextAfter(count: number, replies: Replies): string | null;
}

/** One phase of a full sync: what a batch reads, and what becomes of it. */
export interface Phase {
  plan(db: ActorDatabase, input: BatchInput): Promise<BatchPlan>;
  /** Writes what was read and sends it on. `done`: by this batch. `total`: of the phase, null when unknown. */
  apply(
    t: TransactionContext,
    input: BatchInput,
    replies: Replies,
  ): Promise<{ done: number; total: number | null }>;
  /** A further cursor that only shows once everything else was applied. */
  more?(t: TransactionContext, input: BatchInput): Promise<string | null>;
  /** Something could not be read: what is known of it must outlive the sweep. */
  leaveOut?(t: TransactionContext, input: BatchInput, repositoryIds: readonly string[]): Promise<void>;
  /** After the last batch: what this sync did not see is gone; `complete` when it may have seen all. */
  end(t: TransactionContext, generation: number, complete: boolean): Promise<void>;
}

/** The kept bodies of the replies whose key begins with `prefix`, by key. */
export function bodiesOf<T>(replies: Replies, prefix: string, schema: z.ZodType<T>): Map<string, T> {
  const bodies = new Map<string, T>();
  for (const [key, { bodyJson }] of replies) {
    if (key.startsWith(prefix)) {
      bodies.set(key, schema.parse(JSON.parse(bodyJson)));
    }
  }
  return bodies;
}
