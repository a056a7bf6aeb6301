import { and, asc, eq, sql } from 'drizzle-orm';
import type { Account } from './accounts.ts';
import type { Database } from './open.ts';
import { accounts, collaborators, gitRefs, repositories, repositoryAliases } from './schema.ts';

export type Repository = typeof repositories.$inferSelect;
export type NewRepository = typeof repositories.$inferInsert;
export type Permission = 'read' | 'triage' | 'write' | 'maintain' | 'admin';

/** A repository with the account that owns it: nearly every reply needs both. */
export interface OwnedRepository extends Repository {
  owner: Account;
}

/** Repositories, their collaborators and the refs last seen in them. */
export class RepositoryStore {
  private readonly db: Database;

  constructor(db: Database) {
    this.db = db;
  }

  private select() {
    return this.db
      .select({ repository: repositories, owner: accounts })
      .from(repositories)
      .innerJoin(accounts, eq(accounts.id, repositories.ownerId));
  }

  insert(values: NewRepository): Repository {
    return this.db.insert(repositories).values(values).returning().get();
  }

  update(id: number, values: Partial<NewRepository>): void {
    this.db.update(repositories).set(values).where(eq(repositories.id, id)).run();
  }

  /** Removes the repository and its refs; pull requests of it stay as unreachable rows, their ids are never reused. */
  delete(id: number): void {
    this.db.delete(gitRefs).where(eq(gitRefs.repositoryId, id)).run();
    this.db.delete(collaborators).where(eq(collaborators.repositoryId, id)).run();
    this.db.delete(repositoryAliases).where(eq(repositoryAliases.repositoryId, id)).run();
    this.db.delete(repositories).where(eq(repositories.id, id)).run();
  }

  byId(id: number): OwnedRepository | undefined {
    const row = this.select().where(eq(repositories.id, id)).get();
    return row === undefined ? undefined : { ...row.repository, owner: row.owner };
  }

  byName(owner: string, name: string): OwnedRepository | undefined {
    const row = this.select()
      .where(
        and(
          sql`lower(${accounts.login}) = ${owner.toLowerCase()}`,
          sql`lower(${repositories.name}) = ${name.toLowerCase()}`,
        ),
      )
      .get();
    return row === undefined ? undefined : { ...row.repository, owner: row.owner };
  }

  /** The repository that once had this name, if it was renamed and no other has taken the name since. */
  byFormerName(owner: string, name: string): OwnedRepository | undefined {
    const alias = this.db
      .select({ repositoryId: repositoryAliases.repositoryId })
      .from(repositoryAliases)
      .innerJoin(accounts, eq(accounts.id, repositoryAliases.ownerId))
      .where(
        and(
          sql`lower(${accounts.login}) = ${owner.toLowerCase()}`,
          eq(repositoryAliases.name, name.toLowerCase()),
        ),
      )
      .get();
    return alias === undefined ? undefined : this.byId(alias.repositoryId);
  }

  addAlias(ownerId: number, name: string, repositoryId: number): void {
    this.db
      .insert(repositoryAliases)
      .values({ ownerId, name: name.toLowerCase(), repositoryId })
      .onConflictDoUpdate({
        target: [repositoryAliases.ownerId, repositoryAliases.name],
        set: { repositoryId },
      })
      .run();
  }

  all(): OwnedRepository[] {
    return this.select()
      .orderBy(asc(repositories.id))
      .all()
      .map((row) => ({ ...row.repository, owner: row.owner }));
  }

  ofOwner(ownerId: number): OwnedRepository[] {
    return this.select()
      .where(eq(repositories.ownerId, ownerId))
      .orderBy(asc(repositories.id))
      .all()
      .map((row) => ({ ...row.repository, owner: row.owner }));
  }

  collaborators(repositoryId: number): { user: Account; permission: Permission }[] {
    return this.db
      .select({ user: accounts, permission: collaborators.permission })
      .from(collaborators)
      .innerJoin(accounts, eq(accounts.id, collaborators.userId))
      .where(eq(collaborators.repositoryId, repositoryId))
      .orderBy(asc(accounts.id))
      .all();
  }

  /** Permissions a person was given directly, by repository id. */
  grantsOf(userId: number): Map<number, Permission> {
    const rows = this.db.select().from(collaborators).where(eq(collaborators.userId, userId)).all();
    return new Map(rows.map((row) => [row.repositoryId, row.permission]));
  }

  grant(repositoryId: number, userId: number): Permission | undefined {
    return this.db
      .select({ permission: collaborators.permission })
      .from(collaborators)
      .where(and(eq(collaborators.repositoryId, repositoryId), eq(collaborators.userId, userId)))
      .get()?.permission;
  }

  setCollaborator(repositoryId: number, userId: number, permission: Permission): void {
    this.db
      .insert(collaborators)
      .values({ repositoryId, userId, permission })
      .onConflictDoUpdate({
        target: [collaborators.repositoryId, collaborators.userId],
        set: { permission },
      })
      .run();
  }

  removeCollaborator(repositoryId: number, userId: number): void {
    this.db
      .delete(collaborators)
      .where(and(eq(collaborators.repositoryId, repositoryId), eq(collaborators.userId, userId)))
      .run();
  }

  /** Full ref names to shas, in name order. */
  refs(repositoryId: number): Map<string, string> {
    const rows = this.db
      .select()
      .from(gitRefs)
      .where(eq(gitRefs.repositoryId, repositoryId))
      .orderBy(asc(gitRefs.name))
      .all();
    return new Map(rows.map((row) => [row.name, row.sha]));
  }

  ref(repositoryId: number, name: string): string | undefined {
    return this.db
      .select({ sha: gitRefs.sha })
      .from(gitRefs)
      .where(and(eq(gitRefs.repositoryId, repositoryId), eq(gitRefs.name, name)))
      .get()?.sha;
  }

  setRef(repositoryId: number, name: string, sha: string): void {
    this.db
      .insert(gitRefs)
      .values({ repositoryId, name, sha })
      .onConflictDoUpdate({ target: [gitRefs.repositoryId, gitRefs.name], set: { sha } })
      .run();
  }

  removeRef(repositoryId: number, name: string): void {
    this.db
      .delete(gitRefs)
      .where(and(eq(gitRefs.repositoryId, repositoryId), eq(gitRefs.name, name)))
      .run();
  }
}
