import type { Member, Organization, Repository, SyncProgress } from '@foundry/shared/entities';
import { syncProgressSchema } from '@foundry/shared/entities';
import { asc, desc, eq, gt, lt, sql } from 'drizzle-orm';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { excluded, inJsonList, rowsFromJson } from '../../json-rows.ts';
import { members, organizationRow, repositories, syncProgress } from './schema.ts';

const neverSynced: SyncProgress = {
  state: 'never',
  phase: null,
  done: 0,
  total: null,
  startedAtMs: null,
  finishedAtMs: null,
  failure: null,
  retryAtMs: null,
  unread: [],
};

/** Null until an installation was seen. */
export async function readOrganization(db: ActorDatabase): Promise<Organization | null> {
  const [row] = await db.select().from(organizationRow).limit(1);
  if (row === undefined) {
    return null;
  }
  const { installationId, installationStatus } = row;
  return {
    id: row.organizationId,
    login: row.login,
    kind: row.kind,
    name: row.name,
    avatarUrl: row.avatarUrl,
    installation:
      installationId === null || installationStatus === null
        ? null
        : { id: installationId, status: installationStatus },
  };
}

export async function writeOrganization(db: ActorDatabase, organization: Organization): Promise<void> {
  const row = {
    organizationId: organization.id,
    login: organization.login,
    kind: organization.kind,
    name: organization.name,
    avatarUrl: organization.avatarUrl,
    installationId: organization.installation?.id ?? null,
    installationStatus: organization.installation?.status ?? null,
  };
  await db
    .insert(organizationRow)
    .values({ id: 1, ...row })
    .onConflictDoUpdate({ target: organizationRow.id, set: row });
}

export async function readSyncProgress(db: ActorDatabase): Promise<SyncProgress> {
  const [row] = await db.select().from(syncProgress).limit(1);
  return row === undefined ? neverSynced : syncProgressSchema.parse(JSON.parse(row.progressJson));
}

/** @returns whether it differs from what was there. */
export async function writeSyncProgress(db: ActorDatabase, progress: SyncProgress): Promise<boolean> {
  const progressJson = JSON.stringify(syncProgressSchema.parse(progress));
  const changed = await db
    .insert(syncProgress)
    .values({ id: 1, progressJson })
    .onConflictDoUpdate({
      target: syncProgress.id,
      set: { progressJson },
      setWhere: sql`${syncProgress.progressJson} is not ${progressJson}`,
    })
    .returning({ id: syncProgress.id });
  return changed.length > 0;
}

type RepositoryRow = typeof repositories.$inferSelect;

function toRepository({ generation: _generation, ...repository }: RepositoryRow): Repository {
  return repository;
}

/** Two statements for any number of rows. @returns those that are new or really changed. */
export async function upsertRepositories(
  db: ActorDatabase,
  rows: readonly Repository[],
  generation: number,
): Promise<Repository[]> {
  await db
    .update(repositories)
    .set({ generation: sql`max(${repositories.generation}, ${generation})` })
    .where(
      inJsonList(
        repositories.id,
        rows.map((row) => row.id),
      ),
    );
  const { id, generation: _generation, ...content } = repositories;
  const {
    name,
    fullName,
    private: isPrivate,
    archived,
    description,
    defaultBranch,
    htmlUrl,
    pushedAtMs,
  } = content;
  const columns = {
    name,
    fullName,
    private: isPrivate,
    archived,
    description,
    defaultBranch,
    htmlUrl,
    pushedAtMs,
  };
  const changed = await db
    .insert(repositories)
    .select(
      rowsFromJson(
        repositories,
        rows.map((row) => ({ ...row, generation })),
      ),
    )
    .onConflictDoUpdate({
      target: id,
      set: Object.fromEntries(Object.entries(columns).map(([key, column]) => [key, excluded(column)])),
      setWhere: sql.join(
        Object.values(columns).map((column) => sql`${column} is not ${excluded(column)}`),
        sql` or `,
      ),
    })
    .returning();
  return changed.map(toRepository);
}

/** @returns the ids that were there. */
export async function deleteRepositories(db: ActorDatabase, ids: readonly string[]): Promise<string[]> {
  const gone = await db
    .delete(repositories)
    .where(inJsonList(repositories.id, ids))
    .returning({ id: repositories.id });
  return gone.map((row) => row.id);
}

/** Removes what a finished sync did not see. @returns their ids. */
export async function sweepRepositories(db: ActorDatabase, generation: number): Promise<string[]> {
  const gone = await db
    .delete(repositories)
    .where(lt(repositories.generation, generation))
    .returning({ id: repositories.id });
  return gone.map((row) => row.id);
}

export async function readRepository(db: ActorDatabase, id: string): Promise<Repository | null> {
  const [row] = await db.select().from(repositories).where(eq(repositories.id, id)).limit(1);
  return row === undefined ? null : toRepository(row);
}

/** Most recently pushed first; only those of `ids` unless it is null. */
export async function listRepositories(
  db: ActorDatabase,
  limit: number,
  ids: readonly string[] | null,
): Promise<Repository[]> {
  const rows = await db
    .select()
    .from(repositories)
    .where(ids === null ? undefined : inJsonList(repositories.id, ids))
    .orderBy(desc(repositories.pushedAtMs), asc(repositories.id))
    .limit(limit);
  return rows.map(toRepository);
}

/** The next repositories in the order of their ids. */
export async function listRepositoryNames(
  db: ActorDatabase,
  afterId: string,
  limit: number,
): Promise<Pick<Repository, 'id' | 'name' | 'fullName'>[]> {
  const rows = await db
    .select()
    .from(repositories)
    .where(gt(repositories.id, afterId))
    .orderBy(asc(repositories.id))
    .limit(limit);
  return rows.map(toRepository).map(({ id, name, fullName }) => ({ id, name, fullName }));
}

/** Two statements for any number of rows. @returns those that are new or really changed. */
export async function upsertMembers(
  db: ActorDatabase,
  rows: readonly Member[],
  generation: number,
): Promise<Member[]> {
  await db
    .update(members)
    .set({ generation: sql`max(${members.generation}, ${generation})` })
    .where(
      inJsonList(
        members.githubId,
        rows.map((row) => row.githubId),
      ),
    );
  const changed = await db
    .insert(members)
    .select(
      rowsFromJson(
        members,
        rows.map((row) => ({ ...row, generation })),
      ),
    )
    .onConflictDoUpdate({
      target: members.githubId,
      set: {
        login: excluded(members.login),
        avatarUrl: excluded(members.avatarUrl),
        role: excluded(members.role),
      },
      setWhere: sql`(${members.login}, ${members.avatarUrl}, ${members.role}) is not (${excluded(members.login)}, ${excluded(members.avatarUrl)}, ${excluded(members.role)})`,
    })
    .returning();
  return changed.map(({ generation: _generation, ...member }) => member);
}

/** @returns the ids that were there. */
export async function deleteMembers(db: ActorDatabase, githubIds: readonly string[]): Promise<string[]> {
  const gone = await db
    .delete(members)
    .where(inJsonList(members.githubId, githubIds))
    .returning({ githubId: members.githubId });
  return gone.map((row) => row.githubId);
}

export async function sweepMembers(db: ActorDatabase, generation: number): Promise<string[]> {
  const gone = await db
    .delete(members)
    .where(lt(members.generation, generation))
    .returning({ githubId: members.githubId });
  return gone.map((row) => row.githubId);
}

export async function listMembers(db: ActorDatabase, limit: number): Promise<Member[]> {
  const rows = await db.select().from(members).orderBy(asc(members.login)).limit(limit);
  return rows.map(({ generation: _generation, ...member }) => member);
}
