import { checksSummarySchema, type PullRequest } from '@foundry/shared/entities';
import { and, sql } from 'drizzle-orm';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { inJsonList } from '../../json-rows.ts';
import { tasks } from './schema.ts';
import { toTask, type IndexedTask } from './task-repository.ts';

/* What is read of pull requests from addresses of their own: checks, reviews, mergeability. */

/** Sets the checks of every task whose head is one of these commits. @returns the rows that changed. */
export async function applyChecks(
  db: ActorDatabase,
  items: readonly { repositoryId: string; headSha: string; checks: PullRequest['checks'] }[],
): Promise<IndexedTask[]> {
  const given = items.map(({ repositoryId, headSha, checks }) => ({
    repositoryId,
    headSha,
    checksJson: JSON.stringify(checksSummarySchema.parse(checks)),
  }));
  const value = sql`(select json_extract(given.value, '$.checksJson') from json_each(${JSON.stringify(given)}) as given
    where json_extract(given.value, '$.repositoryId') = ${tasks.repositoryId} and json_extract(given.value, '$.headSha') = ${tasks.headSha})`;
  const rows = await db
    .update(tasks)
    .set({ checksJson: value })
    .where(
      and(
        inJsonList(
          tasks.headSha,
          items.map((item) => item.headSha),
        ),
        sql`${value} is not null and ${tasks.checksJson} is not ${value}`,
      ),
    )
    .returning();
  return rows.map(toTask);
}

/** @returns the rows that changed. */
export async function applyReviews(
  db: ActorDatabase,
  items: readonly { repositoryId: string; number: number; reviewDecision: PullRequest['reviewDecision'] }[],
): Promise<IndexedTask[]> {
  const value = sql`(select json_extract(given.value, '$.reviewDecision') from json_each(${JSON.stringify(items)}) as given
    where json_extract(given.value, '$.repositoryId') = ${tasks.repositoryId} and json_extract(given.value, '$.number') = ${tasks.pullRequestNumber})`;
  const rows = await db
    .update(tasks)
    .set({
      reviewDecision: value,
      contentVersion: sql`${tasks.contentVersion} + (not ${tasks.materialised} and coalesce(${tasks.reviewDecision}, 'none') is not ${value})`,
    })
    .where(
      and(
        inJsonList(
          tasks.pullRequestNumber,
          items.map((item) => item.number),
        ),
        sql`${value} is not null and ${tasks.reviewDecision} is not ${value}`,
      ),
    )
    .returning();
  return rows.map(toTask);
}

/** Only where GitHub spoke of the head that is known here. @returns the rows that changed. */
export async function applyMergeability(
  db: ActorDatabase,
  items: readonly {
    repositoryId: string;
    number: number;
    headSha: string;
    mergeable: 'clean' | 'conflicting';
  }[],
): Promise<IndexedTask[]> {
  const value = sql`(select json_extract(given.value, '$.mergeable') from json_each(${JSON.stringify(items)}) as given
    where json_extract(given.value, '$.repositoryId') = ${tasks.repositoryId} and json_extract(given.value, '$.number') = ${tasks.pullRequestNumber}
      and json_extract(given.value, '$.headSha') = ${tasks.headSha})`;
  const rows = await db
    .update(tasks)
    .set({
      mergeable: value,
      // Worth being unread for; of a task with an actor the actor says so.
      contentVersion: sql`${tasks.contentVersion} + (not ${tasks.materialised} and ${value} = 'conflicting')`,
    })
    .where(
      and(
        inJsonList(
          tasks.headSha,
          items.map((item) => item.headSha),
        ),
        sql`${value} is not null and ${tasks.mergeable} is not ${value}`,
      ),
    )
    .returning();
  return rows.map(toTask);
}
