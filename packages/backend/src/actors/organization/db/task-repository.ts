import {
  checksSummarySchema,
  pullRequestCoreSchema,
  taskStatusSchema,
  type PullRequest,
  type TaskStatus,
  type TaskSummary,
} from '@foundry/shared/entities';
import { pullRequestTaskId } from '@foundry/shared/ids';
import { and, desc, eq, inArray, lt, ne, or, sql, type SQL } from 'drizzle-orm';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import type { BranchPullRequest } from '../../../github/shapes.ts';
import { organizationLimits } from '../../../limits.ts';
import { withinSize } from '../../../within-size.ts';
import { excluded, inJsonList, rowsFromJson } from '../../json-rows.ts';
import { virtualStatus } from '../decisions.ts';
import { tasks } from './schema.ts';

type TaskRow = typeof tasks.$inferSelect;

/** A task of the index with what only the organization's actor needs to know. */
export interface IndexedTask {
  readonly summary: TaskSummary;
  readonly materialised: boolean;
}

/** Nobody opened it and its pull request is over: kept until the next sweep, so that older news finds it, but not shown. */
export function isListed({ materialised, summary }: IndexedTask): boolean {
  return materialised || summary.pullRequest === null || summary.pullRequest.state === 'open';
}

const noChecks: PullRequest['checks'] = { state: 'none', total: 0, failed: 0 };

/** A row as it was read. */
export function toTask(row: TaskRow): IndexedTask {
  const pullRequest: PullRequest | null =
    row.pullRequestJson === null
      ? null
      : {
          ...pullRequestCoreSchema.parse(JSON.parse(row.pullRequestJson)),
          checks: row.checksJson === null ? noChecks : checksSummarySchema.parse(JSON.parse(row.checksJson)),
          reviewDecision: row.reviewDecision ?? 'none',
          mergeable: row.mergeable ?? 'unknown',
        };
  return {
    materialised: row.materialised,
    summary: {
      id: row.id,
      repositoryId: row.repositoryId,
      title: row.title,
      branch: row.branch,
      baseBranch: row.baseBranch,
      source: row.source,
      status: taskStatusSchema.parse(JSON.parse(row.statusJson)),
      pullRequest,
      activity: row.activity,
      primaryUserLogin: row.primaryUserLogin,
      primaryUserAvatarUrl: row.primaryUserAvatarUrl,
      contentVersion: row.contentVersion,
      createdAtMs: row.createdAtMs,
      updatedAtMs: row.updatedAtMs,
    },
  };
}

export interface PullRequestUpsert extends BranchPullRequest {
  /** Null: keep what is known. */
  readonly checks: PullRequest['checks'] | null;
  readonly reviewDecision: PullRequest['reviewDecision'] | null;
}

function pullRequestRow(item: PullRequestUpsert, generation: number): TaskRow {
  const { pullRequest } = item;
  return {
    id: pullRequestTaskId(item.repositoryId, pullRequest.number),
    repositoryId: item.repositoryId,
    branch: item.branch,
    title: pullRequest.title,
    baseBranch: pullRequest.baseBranch,
    source: 'pull_request',
    statusJson: JSON.stringify(virtualStatus(pullRequest.state)),
    activity: 'idle',
    primaryUserLogin: null,
    primaryUserAvatarUrl: null,
    contentVersion: 0,
    createdAtMs: pullRequest.updatedAtMs,
    updatedAtMs: pullRequest.updatedAtMs,
    materialised: false,
    generation,
    // Parsed once more so that the order of its keys, and with it the text, is always the same.
    pullRequestJson: JSON.stringify(pullRequestCoreSchema.parse(pullRequest)),
    pullRequestNumber: pullRequest.number,
    pullRequestState: pullRequest.state,
    pullRequestUpdatedAtMs: pullRequest.updatedAtMs,
    headSha: pullRequest.headSha,
    checksJson: item.checks === null ? null : JSON.stringify(checksSummarySchema.parse(item.checks)),
    reviewDecision: item.reviewDecision,
    mergeable: null,
  };
}

/** `then` when the row is no actor's, else what is there. */
function unlessMaterialised(column: (typeof tasks)['title' | 'statusJson'], then: SQL): SQL {
  return sql`case when ${tasks.materialised} then ${column} else ${then} end`;
}

/**
 * Pull requests into the index: new ones become virtual tasks, known ones (and created tasks on the same branch) get
 * the new state. Older news than what is there changes nothing; of two open pull requests of one branch the first is
 * kept. Three statements for any number of rows.
 * @returns the rows that are new or really changed.
 */
export async function upsertPullRequests(
  db: ActorDatabase,
  items: readonly PullRequestUpsert[],
  generation: number,
): Promise<IndexedTask[]> {
  const rows = items.map((item) => pullRequestRow(item, generation));
  const branches = JSON.stringify(
    rows.map(({ repositoryId, branch, pullRequestNumber }) => ({ repositoryId, branch, pullRequestNumber })),
  );
  const given = (name: string): SQL => sql`json_extract(given.value, ${sql.raw(`'$.${name}'`)})`;
  // A branch that was renamed on GitHub takes its task along.
  await db.run(sql`update ${tasks} set branch = ${given('branch')} from json_each(${branches}) as given
    where ${tasks.repositoryId} = ${given('repositoryId')} and ${tasks.pullRequestNumber} = ${given('pullRequestNumber')}
      and ${tasks.branch} <> ${given('branch')} and not exists (select 1 from ${tasks} as other
        where other.repository_id = ${given('repositoryId')} and other.branch = ${given('branch')})`);
  await db
    .update(tasks)
    .set({ generation: sql`max(${tasks.generation}, ${generation})` })
    .where(
      sql`(${tasks.repositoryId}, ${tasks.branch}) in (select ${given('repositoryId')}, ${given('branch')} from json_each(${branches}) as given)`,
    );
  const isSame = sql`${tasks.pullRequestNumber} is ${excluded(tasks.pullRequestNumber)}`;
  const checks = sql`case when ${isSame} and ${tasks.headSha} is ${excluded(tasks.headSha)} then coalesce(${excluded(tasks.checksJson)}, ${tasks.checksJson}) else ${excluded(tasks.checksJson)} end`;
  const review = sql`case when ${isSame} then coalesce(${excluded(tasks.reviewDecision)}, ${tasks.reviewDecision}) else ${excluded(tasks.reviewDecision)} end`;
  const changed = await db
    .insert(tasks)
    .select(rowsFromJson(tasks, rows))
    .onConflictDoUpdate({
      target: [tasks.repositoryId, tasks.branch],
      set: {
        title: sql`case when ${tasks.source} = 'created' then ${tasks.title} else ${unlessMaterialised(tasks.title, excluded(tasks.title))} end`,
        statusJson: unlessMaterialised(tasks.statusJson, excluded(tasks.statusJson)),
        baseBranch: excluded(tasks.baseBranch),
        // Worth being unread for; of a task with an actor the actor says so.
        contentVersion: sql`${tasks.contentVersion} + (not ${tasks.materialised} and (${tasks.pullRequestState} is not ${excluded(tasks.pullRequestState)} or ${tasks.reviewDecision} is not ${review}))`,
        updatedAtMs: sql`max(${tasks.updatedAtMs}, ${excluded(tasks.updatedAtMs)})`,
        pullRequestJson: excluded(tasks.pullRequestJson),
        pullRequestNumber: excluded(tasks.pullRequestNumber),
        pullRequestState: excluded(tasks.pullRequestState),
        pullRequestUpdatedAtMs: excluded(tasks.pullRequestUpdatedAtMs),
        headSha: excluded(tasks.headSha),
        checksJson: checks,
        reviewDecision: review,
        // GitHub is asked anew when one of its ends has changed.
        mergeable: sql`case when ${isSame} and ${tasks.headSha} is ${excluded(tasks.headSha)} and ${tasks.baseBranch} is ${excluded(tasks.baseBranch)} then ${tasks.mergeable} end`,
      },
      setWhere: sql`(${tasks.pullRequestNumber} is null
          or (${isSame} and ${tasks.pullRequestUpdatedAtMs} <= ${excluded(tasks.pullRequestUpdatedAtMs)})
          or (not ${isSame} and ${tasks.pullRequestState} <> 'open'
            and (${excluded(tasks.pullRequestState)} = 'open' or ${tasks.pullRequestUpdatedAtMs} < ${excluded(tasks.pullRequestUpdatedAtMs)})))
        and (${tasks.pullRequestJson} is not ${excluded(tasks.pullRequestJson)} or ${tasks.checksJson} is not ${checks} or ${tasks.reviewDecision} is not ${review})`,
    })
    // Only where a second branch of the same pull request meets a row that could not be renamed above.
    .onConflictDoNothing({ target: tasks.id })
    .returning();
  return changed.map(toTask);
}

export async function readTask(db: ActorDatabase, id: string): Promise<IndexedTask | null> {
  const [row] = await db.select().from(tasks).where(eq(tasks.id, id)).limit(1);
  return row === undefined ? null : toTask(row);
}

export async function readTaskOfBranch(
  db: ActorDatabase,
  repositoryId: string,
  branch: string,
): Promise<IndexedTask | null> {
  const [row] = await db
    .select()
    .from(tasks)
    .where(and(eq(tasks.repositoryId, repositoryId), eq(tasks.branch, branch)))
    .limit(1);
  return row === undefined ? null : toTask(row);
}

export interface TaskPage {
  readonly tasks: TaskSummary[];
  readonly nextCursor: string | null;
}

/**
 * Newest activity first. `cursor` is a former page's `nextCursor`; `repositoryIds` limits the page to what a person
 * may see (null: everything).
 */
export async function pageTasks(
  db: ActorDatabase,
  options: { cursor: string | null; limit: number; repositoryIds: readonly string[] | null },
): Promise<TaskPage> {
  const after = options.cursor === null ? null : parseCursor(options.cursor);
  const rows = await db
    .select()
    .from(tasks)
    .where(
      and(
        after === null
          ? undefined
          : or(
              lt(tasks.updatedAtMs, after.updatedAtMs),
              and(eq(tasks.updatedAtMs, after.updatedAtMs), lt(tasks.id, after.id)),
            ),
        // As `isListed`.
        or(tasks.materialised, sql`coalesce(${tasks.pullRequestState}, 'open') = 'open'`),
        options.repositoryIds === null ? undefined : inJsonList(tasks.repositoryId, options.repositoryIds),
      ),
    )
    .orderBy(desc(tasks.updatedAtMs), desc(tasks.id))
    .limit(options.limit + 1);
  const summaries = rows.slice(0, options.limit).map((row) => toTask(row).summary);
  const page = withinSize(summaries, organizationLimits.tasksSizeBytes);
  const last = page.at(-1);
  return {
    tasks: page,
    nextCursor: rows.length > page.length && last !== undefined ? `${last.updatedAtMs}_${last.id}` : null,
  };
}

/** An unreadable cursor starts at the beginning rather than failing: a client may hold one of an older version. */
function parseCursor(cursor: string): { updatedAtMs: number; id: string } | null {
  const match = /^(\d+)_(.+)$/.exec(cursor);
  return match?.[1] === undefined || match[2] === undefined
    ? null
    : { updatedAtMs: Number(match[1]), id: match[2] };
}

/** Branches of the repository that may clash with `wanted` or a numbered form of it. */
export async function readClashingBranches(
  db: ActorDatabase,
  repositoryId: string,
  wanted: string,
): Promise<string[]> {
  const rows = await db
    .select({ branch: tasks.branch })
    .from(tasks)
    .where(
      and(
        eq(tasks.repositoryId, repositoryId),
        or(
          sql`substr(${tasks.branch}, 1, length(${wanted})) = ${wanted}`,
          sql`substr(${wanted}, 1, length(${tasks.branch}) + 1) = ${tasks.branch} || '/'`,
        ),
      ),
    );
  return rows.map((row) => row.branch);
}

/** A task made here: it has its actor from the beginning. The branch is claimed by the unique index. */
export async function insertCreatedTask(
  db: ActorDatabase,
  task: { id: string; repositoryId: string; title: string; branch: string; baseBranch: string },
  person: { login: string; avatarUrl: string | null },
  nowMs: number,
): Promise<IndexedTask> {
  const status: TaskStatus = { state: 'pending' };
  const [row] = await db
    .insert(tasks)
    .values({
      ...task,
      source: 'created',
      statusJson: JSON.stringify(status),
      activity: 'idle',
      primaryUserLogin: person.login,
      primaryUserAvatarUrl: person.avatarUrl,
      contentVersion: 0,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      materialised: true,
      generation: nowMs,
    })
    .returning();
  if (row === undefined) {
    throw new Error(`task ${task.id} was not inserted`);
  }
  return toTask(row);
}

/** What the Task actor says of itself; from now on the row is that of an actor. @returns null when there is no such task. */
export async function updateTaskState(
  db: ActorDatabase,
  state: {
    taskId: string;
    title: string;
    status: TaskStatus;
    activity: TaskSummary['activity'];
    primaryUserLogin: string | null;
    primaryUserAvatarUrl: string | null;
    bumpContent: boolean;
    isActivity: boolean;
  },
  nowMs: number,
): Promise<TaskSummary | null> {
  const { taskId, status, bumpContent, isActivity, ...fields } = state;
  const [row] = await db
    .update(tasks)
    .set({
      ...fields,
      statusJson: JSON.stringify(taskStatusSchema.parse(status)),
      materialised: true,
      contentVersion: sql`${tasks.contentVersion} + ${bumpContent ? 1 : 0}`,
      updatedAtMs: isActivity ? sql`max(${tasks.updatedAtMs}, ${nowMs})` : tasks.updatedAtMs,
    })
    .where(eq(tasks.id, taskId))
    .returning();
  return row === undefined ? null : toTask(row).summary;
}

/** Tasks with an actor in these repositories that are at work, or whose owner this is. */
export async function listTasksOfPerson(
  db: ActorDatabase,
  login: string,
  repositoryIds: readonly string[],
): Promise<string[]> {
  const found = await db
    .select({ id: tasks.id })
    .from(tasks)
    .where(
      and(
        eq(tasks.materialised, true),
        inJsonList(tasks.repositoryId, repositoryIds),
        or(ne(tasks.activity, 'idle'), eq(tasks.primaryUserLogin, login)),
      ),
    );
  return found.map((row) => row.id);
}

/** Tasks with an actor that can still be worked on and whose owner this is. */
export async function listOpenTasksOwnedBy(db: ActorDatabase, login: string): Promise<string[]> {
  const found = await db
    .select({ id: tasks.id })
    .from(tasks)
    .where(
      and(
        eq(tasks.materialised, true),
        eq(tasks.primaryUserLogin, login),
        sql`json_extract(${tasks.statusJson}, '$.state') not in ('merged', 'closed')`,
      ),
    );
  return found.map((row) => row.id);
}

/** Virtual tasks of repositories that are gone; tasks with an actor stay, with their conversations. */
export async function deleteVirtualTasksOf(
  db: ActorDatabase,
  repositoryIds: readonly string[],
): Promise<string[]> {
  const gone = await db
    .delete(tasks)
    .where(and(eq(tasks.materialised, false), inJsonList(tasks.repositoryId, repositoryIds)))
    .returning({ id: tasks.id });
  return gone.map((row) => row.id);
}

/** Counts the tasks of these repositories as seen. */
export async function keepTasksOf(
  db: ActorDatabase,
  repositoryIds: readonly string[],
  generation: number,
): Promise<void> {
  if (repositoryIds.length > 0) {
    await db
      .update(tasks)
      .set({ generation: sql`max(${tasks.generation}, ${generation})` })
      .where(inJsonList(tasks.repositoryId, repositoryIds));
  }
}

/** Virtual tasks that a finished sync did not see, and those whose pull request is no longer open. */
export async function sweepVirtualTasks(db: ActorDatabase, generation: number): Promise<string[]> {
  const gone = await db
    .delete(tasks)
    .where(
      and(
        eq(tasks.materialised, false),
        or(lt(tasks.generation, generation), inArray(tasks.pullRequestState, ['closed', 'merged'])),
      ),
    )
    .returning({ id: tasks.id });
  return gone.map((row) => row.id);
}
