import { organizationSchema, type Organization } from '@foundry/shared/entities';
import { and, asc, count, desc, eq, gt, lt, or, sql } from 'drizzle-orm';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { excluded, inJsonList, rowsFromJson } from '../../json-rows.ts';
import { installation, members, pendingReads, pullRequests, replies, repositories, sync } from './schema.ts';

export interface Installation {
  readonly organization: Organization;
  readonly installationId: string;
  readonly status: 'active' | 'suspended' | 'removed';
  readonly tick: number;
  readonly deliveriesCheckedAtMs: number;
}

/** Null until an installation was seen. */
export async function readInstallation(db: ActorDatabase): Promise<Installation | null> {
  const [row] = await db.select().from(installation).limit(1);
  if (row === undefined) {
    return null;
  }
  const { organizationJson, id: _id, ...rest } = row;
  return { ...rest, organization: organizationSchema.parse(JSON.parse(organizationJson)) };
}

/** Keeps the chain of repairs unless `tick` starts a new one. */
export async function writeInstallation(
  db: ActorDatabase,
  organization: Organization,
  options: { tick: number; nowMs: number },
): Promise<void> {
  const row = {
    organizationJson: JSON.stringify(organization),
    installationId: organization.installation?.id ?? '',
    status: organization.installation?.status ?? ('removed' as const),
    tick: options.tick,
  };
  await db
    .insert(installation)
    .values({ id: 1, ...row, deliveriesCheckedAtMs: options.nowMs })
    .onConflictDoUpdate({ target: installation.id, set: row });
}

export async function setDeliveriesChecked(db: ActorDatabase, atMs: number): Promise<void> {
  await db.update(installation).set({ deliveriesCheckedAtMs: atMs });
}

export async function setTick(db: ActorDatabase, tick: number): Promise<void> {
  await db.update(installation).set({ tick });
}

export type SyncRow = Omit<typeof sync.$inferSelect, 'id'>;

export async function readSync(db: ActorDatabase): Promise<SyncRow | null> {
  const [row] = await db.select().from(sync).limit(1);
  if (row === undefined) {
    return null;
  }
  const { id: _id, ...rest } = row;
  return rest;
}

export async function writeSync(db: ActorDatabase, row: SyncRow): Promise<void> {
  await db
    .insert(sync)
    .values({ id: 1, ...row })
    .onConflictDoUpdate({ target: sync.id, set: row });
}

export interface KnownRepository {
  readonly id: string;
  readonly fullName: string;
}

export async function upsertRepositories(
  db: ActorDatabase,
  rows: readonly KnownRepository[],
  generation: number,
): Promise<void> {
  await db
    .insert(repositories)
    .select(
      rowsFromJson(
        repositories,
        rows.map(({ id, fullName }) => ({ id: Number(id), fullName, generation })),
      ),
    )
    .onConflictDoUpdate({
      target: repositories.id,
      set: {
        fullName: excluded(repositories.fullName),
        generation: sql`max(${repositories.generation}, ${excluded(repositories.generation)})`,
      },
    });
}

export async function deleteRepositories(db: ActorDatabase, ids: readonly string[]): Promise<void> {
  const numbers = ids.map(Number);
  await db.delete(repositories).where(inJsonList(repositories.id, numbers));
  await db.delete(pullRequests).where(inJsonList(pullRequests.repositoryId, numbers));
}

/** Forgets the repositories that a finished phase did not see, with their pull requests. */
export async function sweepRepositories(db: ActorDatabase, generation: number): Promise<void> {
  await db.delete(repositories).where(lt(repositories.generation, generation));
  const known = db.select({ id: repositories.id }).from(repositories);
  await db.delete(pullRequests).where(sql`${pullRequests.repositoryId} not in ${known}`);
}

export async function readRepositoryName(db: ActorDatabase, id: string): Promise<string | null> {
  const [row] = await db
    .select()
    .from(repositories)
    .where(eq(repositories.id, Number(id)))
    .limit(1);
  return row?.fullName ?? null;
}

export async function countRepositories(db: ActorDatabase): Promise<number> {
  const [row] = await db.select({ count: count() }).from(repositories);
  return row?.count ?? 0;
}

/** In the order of their ids, from above `afterId` on. */
export async function listRepositoriesAfter(
  db: ActorDatabase,
  afterId: number,
  limit: number,
): Promise<KnownRepository[]> {
  const rows = await db
    .select()
    .from(repositories)
    .where(gt(repositories.id, afterId))
    .orderBy(asc(repositories.id))
    .limit(limit);
  return rows.map(({ id, fullName }) => ({ id: String(id), fullName }));
}

/** Names by id, of those that are known. */
export async function readRepositoryNames(
  db: ActorDatabase,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const rows = await db
    .select()
    .from(repositories)
    .where(inJsonList(repositories.id, ids.map(Number)));
  return new Map(rows.map(({ id, fullName }) => [String(id), fullName]));
}

export async function upsertMembers(
  db: ActorDatabase,
  githubIds: readonly string[],
  generation: number,
): Promise<void> {
  await db
    .insert(members)
    .select(
      rowsFromJson(
        members,
        githubIds.map((githubId) => ({ githubId, generation })),
      ),
    )
    .onConflictDoUpdate({
      target: members.githubId,
      set: { generation: sql`max(${members.generation}, ${excluded(members.generation)})` },
    });
}

export async function deleteMembers(db: ActorDatabase, githubIds: readonly string[]): Promise<void> {
  await db.delete(members).where(inJsonList(members.githubId, githubIds));
}

export async function sweepMembers(db: ActorDatabase, generation: number): Promise<void> {
  await db.delete(members).where(lt(members.generation, generation));
}

export interface OpenPullRequest {
  readonly repositoryId: string;
  readonly number: number;
  readonly headSha: string;
  readonly baseBranch: string;
}

function toOpenPullRequest(row: typeof pullRequests.$inferSelect): OpenPullRequest {
  const { repositoryId, number, headSha, baseBranch } = row;
  return { repositoryId: String(repositoryId), number, headSha, baseBranch };
}

export async function upsertOpenPullRequests(
  db: ActorDatabase,
  rows: readonly OpenPullRequest[],
  generation: number,
): Promise<void> {
  await db
    .insert(pullRequests)
    .select(
      rowsFromJson(
        pullRequests,
        rows.map(({ repositoryId, number, headSha, baseBranch }) => ({
          repositoryId: Number(repositoryId),
          number,
          headSha,
          baseBranch,
          generation,
        })),
      ),
    )
    .onConflictDoUpdate({
      target: [pullRequests.repositoryId, pullRequests.number],
      set: {
        headSha: excluded(pullRequests.headSha),
        baseBranch: excluded(pullRequests.baseBranch),
        generation: sql`max(${pullRequests.generation}, ${excluded(pullRequests.generation)})`,
      },
    });
}

export async function deleteOpenPullRequests(
  db: ActorDatabase,
  rows: readonly { repositoryId: string; number: number }[],
): Promise<void> {
  const given = JSON.stringify(rows.map(({ repositoryId, number }) => [Number(repositoryId), number]));
  await db.delete(pullRequests).where(
    sql`(${pullRequests.repositoryId}, ${pullRequests.number}) in
      (select json_extract(value, '$[0]'), json_extract(value, '$[1]') from json_each(${given}))`,
  );
}

export async function readOpenPullRequest(
  db: ActorDatabase,
  repositoryId: string,
  number: number,
): Promise<OpenPullRequest | null> {
  const [row] = await db
    .select()
    .from(pullRequests)
    .where(and(eq(pullRequests.repositoryId, Number(repositoryId)), eq(pullRequests.number, number)))
    .limit(1);
  return row === undefined ? null : toOpenPullRequest(row);
}

/** The newest of the open pull requests that want to be merged into this branch. */
export async function listOpenPullRequestsInto(
  db: ActorDatabase,
  repositoryId: string,
  baseBranch: string,
  limit: number,
): Promise<OpenPullRequest[]> {
  const rows = await db
    .select()
    .from(pullRequests)
    .where(and(eq(pullRequests.repositoryId, Number(repositoryId)), eq(pullRequests.baseBranch, baseBranch)))
    .orderBy(desc(pullRequests.number))
    .limit(limit);
  return rows.map(toOpenPullRequest);
}

/** Whether the commit is the head of an open pull request of this repository. */
export async function isOpenHead(db: ActorDatabase, repositoryId: string, headSha: string): Promise<boolean> {
  const rows = await db
    .select({ number: pullRequests.number })
    .from(pullRequests)
    .where(and(eq(pullRequests.headSha, headSha), eq(pullRequests.repositoryId, Number(repositoryId))))
    .limit(1);
  return rows.length > 0;
}

export async function countOpenPullRequests(db: ActorDatabase): Promise<number> {
  const [row] = await db.select({ count: count() }).from(pullRequests);
  return row?.count ?? 0;
}

/** Counts the pull requests of repositories that could not be read as seen: nothing is known to be gone. */
export async function keepPullRequestsOf(
  db: ActorDatabase,
  repositoryIds: readonly string[],
  generation: number,
): Promise<void> {
  await db
    .update(pullRequests)
    .set({ generation: sql`max(${pullRequests.generation}, ${generation})` })
    .where(inJsonList(pullRequests.repositoryId, repositoryIds.map(Number)));
}

/** In the order of repository and number, from above `after` on. */
export async function listOpenPullRequestsAfter(
  db: ActorDatabase,
  after: { repositoryId: number; number: number },
  limit: number,
): Promise<OpenPullRequest[]> {
  const rows = await db
    .select()
    .from(pullRequests)
    .where(
      or(
        gt(pullRequests.repositoryId, after.repositoryId),
        and(eq(pullRequests.repositoryId, after.repositoryId), gt(pullRequests.number, after.number)),
      ),
    )
    .orderBy(asc(pullRequests.repositoryId), asc(pullRequests.number))
    .limit(limit);
  return rows.map(toOpenPullRequest);
}

/** Pull requests that were open before and that this sync did not find among the open ones. */
export async function listUnseenPullRequests(
  db: ActorDatabase,
  generation: number,
  limit: number,
): Promise<OpenPullRequest[]> {
  const rows = await db
    .select()
    .from(pullRequests)
    .where(lt(pullRequests.generation, generation))
    .orderBy(asc(pullRequests.repositoryId), asc(pullRequests.number))
    .limit(limit);
  return rows.map(toOpenPullRequest);
}

export interface StoredReply {
  readonly key: string;
  readonly etag: string | null;
  readonly bodyJson: string;
  readonly next: string | null;
}

export async function readReplies(
  db: ActorDatabase,
  keys: readonly string[],
): Promise<Map<string, StoredReply & { readonly usedAtMs: number }>> {
  const rows = await db.select().from(replies).where(inJsonList(replies.key, keys));
  return new Map(rows.map((row) => [row.key, row]));
}

export async function writeReplies(
  db: ActorDatabase,
  rows: readonly StoredReply[],
  nowMs: number,
): Promise<void> {
  await db
    .insert(replies)
    .select(
      rowsFromJson(
        replies,
        rows.map(({ key, etag, bodyJson, next }) => ({ key, etag, bodyJson, next, usedAtMs: nowMs })),
      ),
    )
    .onConflictDoUpdate({
      target: replies.key,
      set: {
        etag: excluded(replies.etag),
        bodyJson: excluded(replies.bodyJson),
        next: excluded(replies.next),
        usedAtMs: excluded(replies.usedAtMs),
      },
    });
}

export async function pruneReplies(db: ActorDatabase, beforeMs: number): Promise<void> {
  await db.delete(replies).where(lt(replies.usedAtMs, beforeMs));
}

/** @returns false when such a read is on its way already. A very old mark counts for nothing: its message is gone. */
export async function claimPendingRead(
  db: ActorDatabase,
  key: string,
  nowMs: number,
  staleMs: number,
): Promise<boolean> {
  const claimed = await db
    .insert(pendingReads)
    .values({ key, atMs: nowMs })
    .onConflictDoUpdate({
      target: pendingReads.key,
      set: { atMs: nowMs },
      setWhere: lt(pendingReads.atMs, nowMs - staleMs),
    })
    .returning({ key: pendingReads.key });
  return claimed.length > 0;
}

export async function releasePendingRead(db: ActorDatabase, key: string): Promise<void> {
  await db.delete(pendingReads).where(eq(pendingReads.key, key));
}
