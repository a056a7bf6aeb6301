import { checksSummarySchema, type PullRequest } from '@foundry/shared/entities';
import { and, sql, type SQL } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { inJsonList } from '../../json-rows.ts';
import { tasks } from './schema.ts';
import { toTask, type IndexedTask } from './task-repository.ts';

/* What is read of pull requests from addresses of their own: checks, reviews, mergeability. */

/**
 * For every row: this field of the item whose members equal the row's columns; null where no item does.
 * @param match names of members, each with the column it must equal.
 */
function givenValue<T>(
  items: readonly T[],
  field: keyof T & string,
  match: readonly (readonly [keyof T & string, SQLiteColumn])[],
): SQL {
  const member = (name: string): SQL => sql`json_extract(given.value, ${sql.raw(`'$.${name}'`)})`;
  const matches = match.map(([name, column]) => sql`${member(name)} = ${column}`);
  return sql`(select ${member(field)} from json_each(${JSON.stringify(items)}) as given where ${and(...matches)})`;
}

/** Whether a value is given and is another one than the row has. */
function differs(column: SQLiteColumn, value: SQL): SQL {
  return sql`${value} is not null and ${column} is not ${value}`;
}

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
  const value = givenValue(given, 'checksJson', [
    ['repositoryId', tasks.repositoryId],
    ['headSha', tasks.headSha],
  ]);
  const rows = await db
    .update(tasks)
    .set({ checksJson: value })
    .where(
      and(
        inJsonList(
          tasks.headSha,
          items.map((item) => item.headSha),
        ),
        differs(tasks.checksJson, value),
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
  const value = givenValue(items, 'reviewDecision', [
    ['repositoryId', tasks.repositoryId],
    ['number', tasks.pullRequestNumber],
  ]);
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
        differs(tasks.reviewDecision, value),
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
  const value = givenValue(items, 'mergeable', [
    ['repositoryId', tasks.repositoryId],
    ['number', tasks.pullRequestNumber],
    ['headSha', tasks.headSha],
  ]);
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
        differs(tasks.mergeable, value),
      ),
    )
    .returning();
  return rows.map(toTask);
}
