import {
  accessProblemSchema,
  organizationSchema,
  type AccessProblem,
  type Organization,
  type Draft,
  type TaskState,
  type UserProfile,
} from '@foundry/shared/entities';
import type { RepositoryRole } from '@foundry/shared/roles';
import { and, asc, desc, eq, gte, lt, sql } from 'drizzle-orm';
import type { ActorDatabase } from '../../../command-loop/database.ts';
import { excluded, inJsonList, rowsFromJson } from '../../json-rows.ts';
import {
  access,
  accessOrganizations,
  accessRepositories,
  authUser,
  preferences,
  drafts,
  taskStates,
} from './schema.ts';

/** Null before the person's sign-up is complete. */
export async function readProfile(db: ActorDatabase): Promise<UserProfile | null> {
  const [row] = await db.select().from(authUser).limit(1);
  if (row === undefined || row.githubId === null || row.login === null) {
    return null;
  }
  return { id: row.id, githubId: row.githubId, login: row.login, name: row.name, avatarUrl: row.image };
}

export type AccessState = Omit<typeof access.$inferSelect, 'id' | 'problem'> & {
  readonly problem: AccessProblem | null;
};

/** Earlier versions stored the words alone. */
function toProblem(stored: string | null): AccessProblem | null {
  if (stored === null) {
    return null;
  }
  return stored.startsWith('{')
    ? accessProblemSchema.parse(JSON.parse(stored))
    : { kind: 'github_unavailable', message: stored, retryAtMs: null };
}

const neverRead: AccessState = {
  generation: 0,
  isRunning: false,
  again: false,
  readAtMs: null,
  problem: null,
};

export async function readAccessState(db: ActorDatabase): Promise<AccessState> {
  const [row] = await db.select().from(access).limit(1);
  if (row === undefined) {
    return neverRead;
  }
  const { id: _id, problem, ...state } = row;
  return { ...state, problem: toProblem(problem) };
}

export async function writeAccessState(db: ActorDatabase, state: AccessState): Promise<void> {
  const row = { ...state, problem: state.problem === null ? null : JSON.stringify(state.problem) };
  await db
    .insert(access)
    .values({ id: 1, ...row })
    .onConflictDoUpdate({ target: access.id, set: row });
}

export async function upsertAccessOrganizations(
  db: ActorDatabase,
  organizations: readonly Organization[],
  generation: number,
): Promise<void> {
  await db
    .insert(accessOrganizations)
    .select(
      rowsFromJson(
        accessOrganizations,
        organizations.map((organization) => ({
          id: organization.id,
          organizationJson: JSON.stringify(organizationSchema.parse(organization)),
          publishedJson: null,
          generation,
        })),
      ),
    )
    .onConflictDoUpdate({
      target: accessOrganizations.id,
      set: {
        organizationJson: excluded(accessOrganizations.organizationJson),
        generation: excluded(accessOrganizations.generation),
      },
    });
}

export async function upsertAccessRepositories(
  db: ActorDatabase,
  rows: readonly { id: string; organizationId: string; role: RepositoryRole }[],
  generation: number,
): Promise<void> {
  await db
    .insert(accessRepositories)
    .select(
      rowsFromJson(
        accessRepositories,
        rows.map((row) => ({ ...row, generation })),
      ),
    )
    .onConflictDoUpdate({
      target: accessRepositories.id,
      set: {
        organizationId: excluded(accessRepositories.organizationId),
        generation: excluded(accessRepositories.generation),
        role: excluded(accessRepositories.role),
      },
    });
}

export type AccessRow = Omit<typeof accessRepositories.$inferSelect, 'generation'>;

/** All of them, as the last refresh left them. */
export async function listAllAccess(db: ActorDatabase): Promise<AccessRow[]> {
  const { id, organizationId, role } = accessRepositories;
  return await db.select({ id, organizationId, role }).from(accessRepositories);
}

export async function listAccessOf(db: ActorDatabase, ids: readonly string[]): Promise<AccessRow[]> {
  const { id, organizationId, role } = accessRepositories;
  return await db.select({ id, organizationId, role }).from(accessRepositories).where(inJsonList(id, ids));
}

/** What `sweepAccess` is about to forget. */
export async function listOldAccess(db: ActorDatabase, generation: number): Promise<AccessRow[]> {
  const { id, organizationId, role } = accessRepositories;
  return await db
    .select({ id, organizationId, role })
    .from(accessRepositories)
    .where(lt(accessRepositories.generation, generation));
}

/** Forgets what a finished refresh did not see. */
export async function sweepAccess(db: ActorDatabase, generation: number): Promise<void> {
  await db.delete(accessRepositories).where(lt(accessRepositories.generation, generation));
  await db.delete(accessOrganizations).where(lt(accessOrganizations.generation, generation));
}

/** What the person was told to see: the result of the last finished refresh. */
export async function listOrganizations(db: ActorDatabase): Promise<Organization[]> {
  const rows = await db.select().from(accessOrganizations).orderBy(asc(accessOrganizations.id));
  return rows.flatMap(({ publishedJson }) =>
    publishedJson === null ? [] : [organizationSchema.parse(JSON.parse(publishedJson))],
  );
}

/** Makes what a refresh found what the person sees. */
export async function publishOrganizations(db: ActorDatabase): Promise<void> {
  await db.update(accessOrganizations).set({ publishedJson: sql`${accessOrganizations.organizationJson}` });
}

/** Repositories of these organizations in the order of their ids, from `fromId` on. */
export async function listAccessRepositories(
  db: ActorDatabase,
  organizationIds: readonly string[],
  fromId: string,
  limit: number,
): Promise<{ id: string; role: RepositoryRole }[]> {
  return await db
    .select({ id: accessRepositories.id, role: accessRepositories.role })
    .from(accessRepositories)
    .where(
      and(inJsonList(accessRepositories.organizationId, organizationIds), gte(accessRepositories.id, fromId)),
    )
    .orderBy(asc(accessRepositories.id))
    .limit(limit);
}

export async function readDefaultModel(db: ActorDatabase): Promise<string | null> {
  const [row] = await db.select().from(preferences).limit(1);
  return row?.defaultModelId ?? null;
}

export async function writeDefaultModel(db: ActorDatabase, defaultModelId: string | null): Promise<void> {
  await db
    .insert(preferences)
    .values({ id: 1, defaultModelId })
    .onConflictDoUpdate({ target: preferences.id, set: { defaultModelId } });
}

type TaskStateRow = typeof taskStates.$inferSelect;

/** The parser of the topic knows the ids' forms; the column only knows text. */
function toTaskState({ updatedAtMs: _updatedAtMs, ...state }: TaskStateRow): TaskState {
  return state;
}

export async function readTaskState(db: ActorDatabase, taskId: string): Promise<TaskState | null> {
  const [row] = await db.select().from(taskStates).where(eq(taskStates.taskId, taskId)).limit(1);
  return row === undefined ? null : toTaskState(row);
}

export async function writeTaskState(db: ActorDatabase, state: TaskState, nowMs: number): Promise<void> {
  const row = { ...state, updatedAtMs: nowMs };
  await db.insert(taskStates).values(row).onConflictDoUpdate({ target: taskStates.taskId, set: row });
}

type DraftRow = typeof drafts.$inferSelect;

function toDraft({ sessionId, ...draft }: DraftRow): Draft {
  return { ...draft, sessionId: sessionId === '' ? null : sessionId };
}

export async function readDraft(
  db: ActorDatabase,
  { taskId, sessionId }: Pick<Draft, 'taskId' | 'sessionId'>,
): Promise<Draft | null> {
  const [row] = await db
    .select()
    .from(drafts)
    .where(and(eq(drafts.taskId, taskId), eq(drafts.sessionId, sessionId ?? '')))
    .limit(1);
  return row === undefined ? null : toDraft(row);
}

/** An empty one is none. */
export async function writeDraft(db: ActorDatabase, draft: Draft): Promise<void> {
  const row = { ...draft, sessionId: draft.sessionId ?? '' };
  if (row.text === '') {
    await db.delete(drafts).where(and(eq(drafts.taskId, row.taskId), eq(drafts.sessionId, row.sessionId)));
    return;
  }
  await db
    .insert(drafts)
    .values(row)
    .onConflictDoUpdate({ target: [drafts.taskId, drafts.sessionId], set: row });
}

/** Last saved first. */
export async function listDrafts(db: ActorDatabase, limit: number): Promise<Draft[]> {
  const rows = await db.select().from(drafts).orderBy(desc(drafts.savedAtMs)).limit(limit);
  return rows.map(toDraft);
}

/** Last changed first. */
export async function listTaskStates(db: ActorDatabase, limit: number): Promise<TaskState[]> {
  const rows = await db.select().from(taskStates).orderBy(desc(taskStates.updatedAtMs)).limit(limit);
  return rows.map(toTaskState);
}
