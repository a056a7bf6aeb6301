import { taskIdSchema } from '@foundry/shared/ids';
import type { AuditEntry } from '@foundry/shared/entities';
import type { OrganizationSnapshot } from '@foundry/shared/topics';
import type { UserAccess } from '../../actors/user/commands.ts';
import { gatewayLimits } from '../../limits.ts';
import type { ActorReads, TasksPage } from '../actor-reads.ts';
import { externalCommandId } from '../commands/command-ids.ts';
import { HttpError, notFound } from '../errors.ts';
import type { RepositoryNames } from './repository-names.ts';
import type { TaskDirectory } from './task-directory.ts';
import { visibleAuditEntries, visibleSnapshot, visibleTasks, type Visibility } from './visibility.ts';

/** Only of this organization's repositories: the others are none of this topic's business. */
function rolesOf(access: UserAccess, { repositories }: OrganizationSnapshot): OrganizationSnapshot['roles'] {
  return Object.fromEntries(
    repositories.flatMap(({ id }) => {
      const role = access.roles[id];
      return role === undefined ? [] : [[id, role]];
    }),
  );
}

/** An organization as one person may see it. The caller has checked that the person belongs to it. */
export class OrganizationView {
  readonly #reads: ActorReads;
  readonly #tasks: TaskDirectory;
  readonly #names: RepositoryNames;

  constructor(options: { reads: ActorReads; tasks: TaskDirectory; names: RepositoryNames }) {
    this.#reads = options.reads;
    this.#tasks = options.tasks;
    this.#names = options.names;
  }

  /** What the person may see of the organization now. */
  async visibility(
    access: UserAccess,
    organizationId: string,
  ): Promise<Visibility & { readonly repositoryIds: readonly string[] }> {
    const seen = new Set(access.repositoryIds);
    const names = await this.#names.of(organizationId);
    return {
      // Not from the cached names: a repository that a sync just found must show at once.
      repositoryIds: access.repositoryIds,
      sees: (repositoryId) => seen.has(repositoryId),
      roleIn: (repositoryId) => access.roles[repositoryId],
      hidden: [...names.values()].filter((name) => !seen.has(name.id)),
      repositoryOfTask: (taskId) => this.#tasks.knownRepositoryId(organizationId, taskId),
      taskOfSession: (sessionId) => this.#tasks.knownTaskOfSession(organizationId, sessionId),
    };
  }

  /** The first page and everything beside it. @throws HttpError 503 before GitHub told anything of the account. */
  async snapshot(access: UserAccess, organizationId: string): Promise<OrganizationSnapshot> {
    const who = await this.visibility(access, organizationId);
    const snapshot = await this.#reads.organizationSnapshot(organizationId, who.repositoryIds);
    if (snapshot === null) {
      throw new HttpError(
        503,
        'organization_starting',
        'Foundry has not read this organization from GitHub yet. Try again in a moment.',
        { retryAfterMs: gatewayLimits.retryAfterMs },
      );
    }
    this.#learn(organizationId, snapshot);
    await this.#resolveTasks(
      organizationId,
      who,
      snapshot.runtimeIssues.map((issue) => issue.actor.split('/').at(-1) ?? ''),
    );
    return { ...visibleSnapshot(snapshot, who), roles: rolesOf(access, snapshot) };
  }

  /** One page of tasks. */
  async tasksPage(
    access: UserAccess,
    organizationId: string,
    cursor: string | null,
    limit: number,
  ): Promise<TasksPage> {
    const who = await this.visibility(access, organizationId);
    const page = await this.#reads.tasksPage(organizationId, {
      cursor,
      limit,
      repositoryIds: who.repositoryIds,
    });
    this.#learn(organizationId, page);
    return { tasks: visibleTasks(page.tasks, who), nextCursor: page.nextCursor };
  }

  /** One page of the audit feed, newest first; `cursor` is the sequence number to go on from. */
  async auditPage(
    access: UserAccess,
    organizationId: string,
    cursor: string | null,
    limit: number,
  ): Promise<{ entries: AuditEntry[]; nextCursor: string | null }> {
    if (cursor !== null && !/^\d{1,15}$/.test(cursor)) {
      throw new HttpError(400, 'invalid_input', 'cursor is not one that this server gave.');
    }
    const who = await this.visibility(access, organizationId);
    let before = cursor === null ? null : Number(cursor);
    for (let pages = 1; ; pages += 1) {
      const raw = await this.#reads.auditPage(organizationId, before, limit);
      await this.#resolveTasks(
        organizationId,
        who,
        raw.map((entry) => entry.subject),
      );
      const entries = visibleAuditEntries(raw, who).map((entry) => ({
        ...entry,
        causedBy: entry.causedBy === null ? null : externalCommandId(access.userId, entry.causedBy),
      }));
      const last = raw.length < limit ? undefined : raw.at(-1);
      if (entries.length > 0 || last === undefined || pages >= gatewayLimits.pagesPerAnswer) {
        return { entries, nextCursor: last === undefined ? null : String(last.sequence) };
      }
      before = last.sequence;
    }
  }

  /** @throws HttpError 404 when there is no such issue, or the person may not see it. */
  async requireIssue(access: UserAccess, organizationId: string, issueId: string): Promise<void> {
    const { runtimeIssues } = await this.snapshot(access, organizationId);
    if (!runtimeIssues.some((issue) => issue.id === issueId)) throw notFound('issue');
  }

  #learn(organizationId: string, page: Pick<TasksPage, 'tasks'>): void {
    for (const task of page.tasks) this.#tasks.learnTask(organizationId, task.id, task.repositoryId);
  }

  /** Asks for the repositories of tasks that are only named; one that is not found stays hidden. */
  async #resolveTasks(organizationId: string, who: Visibility, ids: readonly string[]): Promise<void> {
    const unknown = new Set(
      ids.filter((id) => taskIdSchema.safeParse(id).success && who.repositoryOfTask(id) === null),
    );
    for (const taskId of unknown) await this.#tasks.learnRepository(organizationId, taskId);
  }
}
