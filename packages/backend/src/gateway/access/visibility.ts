import type {
  AuditEntry,
  Organization,
  RuntimeIssue,
  SyncProgress,
  TaskSummary,
} from '@foundry/shared/entities';
import { taskIdSchema } from '@foundry/shared/ids';
import type { RepositoryRole } from '@foundry/shared/roles';
import type { AppSnapshot, Change, OrganizationSnapshot, Remove, Upsert } from '@foundry/shared/topics';
import type { RepositoryName } from '../actor-reads.ts';

/*
 * What one person may see of an organization. Pure: the same input gives the same output. A hidden repository must not
 * be learnable at all: neither by an entity, nor by an id, nor by a name in a text, nor by a count.
 */
export interface Visibility {
  readonly sees: (repositoryId: string) => boolean;
  /** What the person may do in a repository that they see. */
  readonly roleIn: (repositoryId: string) => RepositoryRole | undefined;
  /** Repositories of the organization that the person does not see. */
  readonly hidden: readonly RepositoryName[];
  /** The repository of a task, null when it is not known: then the task counts as hidden. */
  readonly repositoryOfTask: (taskId: string) => string | null;
  readonly taskOfSession: (sessionId: string) => string | null;
}

export const hiddenDetails = 'The details concern a repository that you cannot see.';

export function visibleSnapshot(snapshot: OrganizationSnapshot, who: Visibility): OrganizationSnapshot {
  return {
    ...snapshot,
    sync: visibleSync(snapshot.sync, who),
    repositories: snapshot.repositories.filter((repository) => who.sees(repository.id)),
    tasks: snapshot.tasks.filter((task) => who.sees(task.repositoryId)),
    runtimeIssues: snapshot.runtimeIssues.flatMap((issue) => visibleIssue(issue, who) ?? []),
  };
}

export function visibleTasks(tasks: readonly TaskSummary[], who: Visibility): TaskSummary[] {
  return tasks.filter((task) => who.sees(task.repositoryId));
}

/** The change as the person may see it, with the same version: one that becomes empty still counts. */
export function visibleChange(change: Change, who: Visibility): Change {
  const removes: Remove[] = [];
  let needsReload = change.reload === true;
  for (const remove of change.removes) {
    const repositoryId = removedRepositoryId(remove, who);
    if (repositoryId === null) needsReload = true;
    else if (repositoryId === 'any' || who.sees(repositoryId)) removes.push(remove);
  }
  return {
    version: change.version,
    upserts: change.upserts.flatMap((upsert) => visibleUpserts(upsert, who)),
    removes,
    ...(needsReload ? { reload: true } : {}),
  };
}

/** `any`: tells of no repository. Null: cannot be told, so that the person has to read a new snapshot. */
function removedRepositoryId(remove: Remove, who: Visibility): string | null {
  switch (remove.type) {
    case 'repository':
      return remove.id;
    case 'taskSummary':
    case 'taskState':
      return who.repositoryOfTask(remove.id);
    case 'organization':
    case 'member':
    case 'runtimeIssue':
      return 'any';
    case 'session':
    case 'message':
      return null;
  }
}

function visibleUpserts(upsert: Upsert, who: Visibility): Upsert[] {
  switch (upsert.type) {
    case 'organization':
    case 'member':
      return [upsert];
    case 'repository':
      return who.sees(upsert.entity.id) ? [upsert, ...roleUpsert(upsert.entity.id, who)] : [];
    case 'taskSummary':
      return who.sees(upsert.entity.repositoryId) ? [upsert] : [];
    case 'sync':
      return [{ type: 'sync', entity: visibleSync(upsert.entity, who) }];
    case 'runtimeIssue': {
      const entity = visibleIssue(upsert.entity, who);
      return entity === null ? [] : [{ type: 'runtimeIssue', entity }];
    }
    // An organization's topic does not carry these; should it ever, they stay here.
    case 'repositoryRole':
    case 'profile':
    case 'defaultModel':
    case 'taskState':
    case 'draft':
    case 'task':
    case 'session':
    case 'message':
    case 'item':
    case 'sandbox':
      return [];
  }
}

/** A repository comes with what the person may do in it: whoever watches while it is found gets no new snapshot. */
function roleUpsert(id: string, who: Visibility): Upsert[] {
  const role = who.roleIn(id);
  return role === undefined ? [] : [{ type: 'repositoryRole', entity: { id, role } }];
}

/** Counts tell how many repositories and pull requests there are: only those get them who see all. */
export function visibleSync(progress: SyncProgress, who: Visibility): SyncProgress {
  const unread = progress.unread.filter(
    ({ repositoryId }) => repositoryId === null || who.sees(repositoryId),
  );
  // That something is tried again would tell of what was left out.
  const isSilent = progress.state === 'done' && unread.length === 0;
  const sync = { ...progress, unread, retryAtMs: isSilent ? null : progress.retryAtMs };
  if (who.hidden.length === 0) return sync;
  const failure =
    sync.failure !== null && mentionsHidden(sync.failure.message, who)
      ? { ...sync.failure, message: `The last sync failed. ${hiddenDetails}` }
      : sync.failure;
  return sync.phase === 'members' ? { ...sync, failure } : { ...sync, done: 0, total: null, failure };
}

/** Null when the issue belongs to a repository that is hidden, or cannot be told to belong to a visible one. */
export function visibleIssue(issue: RuntimeIssue, who: Visibility): RuntimeIssue | null {
  if (who.hidden.length === 0) return issue;
  const repositoryId = repositoryOfActor(issue.actor, who);
  if (repositoryId === null || (repositoryId !== 'any' && !who.sees(repositoryId))) return null;
  return mentionsHidden(issue.message, who) ? { ...issue, message: hiddenDetails } : issue;
}

/** `actor` is a kind and a key, such as `task org/42/task/pr_1_2`. `any`: of no repository in particular. */
function repositoryOfActor(actor: string, who: Visibility): string | null {
  const [kind = '', key = ''] = actor.split(' ');
  const id = key.split('/').at(3) ?? '';
  switch (kind) {
    case 'organization':
    case 'githubData':
    case 'auditLog':
      return 'any';
    case 'repository':
      return id;
    case 'task':
      return who.repositoryOfTask(id);
    case 'taskSession':
    case 'sessionStatusSync': {
      const taskId = who.taskOfSession(id);
      return taskId === null ? null : who.repositoryOfTask(taskId);
    }
    default:
      return null;
  }
}

/** Entries of hidden repositories are left out, and of no repository in particular when their words name one. */
export function visibleAuditEntries(entries: readonly AuditEntry[], who: Visibility): AuditEntry[] {
  return entries.filter((entry) => {
    if (entry.repositoryId !== null && !who.sees(entry.repositoryId)) return false;
    if (entry.repositoryId !== null) return true;
    if (who.hidden.length > 0 && taskIdSchema.safeParse(entry.subject).success) {
      const repositoryOfSubject = who.repositoryOfTask(entry.subject);
      if (repositoryOfSubject === null || !who.sees(repositoryOfSubject)) return false;
    }
    return !mentionsHidden(`${entry.subject}\n${entry.summary}`, who);
  });
}

export function visibleOrganizations(
  organizations: readonly Organization[],
  organizationIds: ReadonlySet<string>,
): Organization[] {
  return organizations.filter((organization) => organizationIds.has(organization.id));
}

export function visibleAppSnapshot(snapshot: AppSnapshot, organizationIds: ReadonlySet<string>): AppSnapshot {
  return { ...snapshot, organizations: visibleOrganizations(snapshot.organizations, organizationIds) };
}

/** The directory's changes: only the person's own organizations. */
export function visibleAppChange(change: Change, organizationIds: ReadonlySet<string>): Change {
  return {
    ...change,
    upserts: change.upserts.filter(
      (upsert) => upsert.type === 'organization' && organizationIds.has(upsert.entity.id),
    ),
    removes: change.removes.filter(
      (remove) => remove.type === 'organization' && organizationIds.has(remove.id),
    ),
  };
}

/** Whether a text names a hidden repository as a word of its own. */
export function mentionsHidden(text: string, who: Pick<Visibility, 'hidden'>): boolean {
  const lower = text.toLowerCase();
  return who.hidden.some(({ id, name, fullName }) =>
    [id, name, fullName].some((word) => hasWord(lower, word.toLowerCase())),
  );
}

function hasWord(text: string, word: string): boolean {
  if (word === '') return false;
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    const before = text[at - 1] ?? ' ';
    const after = text[at + word.length] ?? ' ';
    if (!/[\p{L}\p{N}]/u.test(before) && !/[\p{L}\p{N}]/u.test(after)) return true;
  }
  return false;
}
