import { organizationSchema, type Organization } from '@foundry/shared/entities';
import { and, asc, desc, eq, gt, sql } from 'drizzle-orm';
import { GITHUB_PROVIDER_ID } from '../../../auth/auth-options.ts';
import { authIndex } from '../../../auth/db/app-tables.ts';
import { providerAccountKey } from '../../../auth/index-entries.ts';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { inJsonList } from '../../json-rows.ts';
import { firstAccount, organizations } from './schema.ts';

/** @returns whether anything changed. */
export async function upsertOrganization(db: ActorDatabase, organization: Organization): Promise<boolean> {
  const organizationJson = JSON.stringify(organizationSchema.parse(organization));
  const changed = await db
    .insert(organizations)
    .values({ id: organization.id, organizationJson })
    .onConflictDoUpdate({
      target: organizations.id,
      set: { organizationJson },
      setWhere: sql`${organizations.organizationJson} is not ${organizationJson}`,
    })
    .returning({ id: organizations.id });
  return changed.length > 0;
}

export async function listOrganizations(db: ActorDatabase): Promise<Organization[]> {
  const rows = await db.select().from(organizations).orderBy(asc(organizations.id));
  return rows.map((row) => organizationSchema.parse(JSON.parse(row.organizationJson)));
}

/** Who of these GitHub accounts has ever signed in here, by the sign-in index. */
export async function findUsersByGithubId(
  db: ActorDatabase,
  githubIds: readonly string[],
): Promise<{ githubId: string; userId: string }[]> {
  const githubIdByKey = new Map(githubIds.map((id) => [providerAccountKey(GITHUB_PROVIDER_ID, id), id]));
  const rows = await db
    .select({ key: authIndex.key, userId: authIndex.userId })
    .from(authIndex)
    .where(and(eq(authIndex.kind, 'providerAccount'), inJsonList(authIndex.key, [...githubIdByKey.keys()])));
  return rows.flatMap(({ key, userId }) => {
    const githubId = githubIdByKey.get(key);
    return githubId === undefined ? [] : [{ githubId, userId }];
  });
}

/** The account that this server belongs to when its configuration names none; null before there is one. */
export async function readFirstAccount(db: ActorDatabase): Promise<{ id: string; login: string } | null> {
  const [row] = await db.select().from(firstAccount).limit(1);
  return row === undefined ? null : { id: row.accountId, login: row.login };
}

export async function writeFirstAccount(
  db: ActorDatabase,
  account: { id: string; login: string },
  nowMs: number,
): Promise<void> {
  await db.insert(firstAccount).values({ id: 1, accountId: account.id, login: account.login, atMs: nowMs });
}

/** Those whose sessions end last come first: they were here last. */
export async function listSignedInUsers(db: ActorDatabase, now: string, limit: number): Promise<string[]> {
  const rows = await db
    .select({ userId: authIndex.userId })
    .from(authIndex)
    .where(and(eq(authIndex.kind, 'sessionToken'), gt(authIndex.expiresAt, now)))
    .groupBy(authIndex.userId)
    .orderBy(desc(sql`max(${authIndex.expiresAt})`))
    .limit(limit);
  return rows.map(({ userId }) => userId);
}
