import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Database } from './open.ts';
import { accounts, organizationMembers } from './schema.ts';

export type Account = typeof accounts.$inferSelect;
export type NewAccount = typeof accounts.$inferInsert;
export type OrganizationRole = 'admin' | 'member';

/** Users, organizations and who belongs to which. */
export class AccountStore {
  private readonly db: Database;

  constructor(db: Database) {
    this.db = db;
  }

  insert(values: NewAccount): Account {
    return this.db.insert(accounts).values(values).returning().get();
  }

  byId(id: number): Account | undefined {
    return this.db.select().from(accounts).where(eq(accounts.id, id)).get();
  }

  byLogin(login: string): Account | undefined {
    return this.db
      .select()
      .from(accounts)
      .where(sql`lower(${accounts.login}) = ${login.toLowerCase()}`)
      .get();
  }

  byEmail(email: string): Account | undefined {
    return this.db.select().from(accounts).where(eq(accounts.email, email)).get();
  }

  users(): Account[] {
    return this.db.select().from(accounts).where(eq(accounts.type, 'User')).orderBy(asc(accounts.id)).all();
  }

  organizations(): Account[] {
    return this.db
      .select()
      .from(accounts)
      .where(eq(accounts.type, 'Organization'))
      .orderBy(asc(accounts.id))
      .all();
  }

  members(organizationId: number): { user: Account; role: OrganizationRole }[] {
    return this.db
      .select({ user: accounts, role: organizationMembers.role })
      .from(organizationMembers)
      .innerJoin(accounts, eq(accounts.id, organizationMembers.userId))
      .where(eq(organizationMembers.organizationId, organizationId))
      .orderBy(asc(accounts.id))
      .all();
  }

  role(organizationId: number, userId: number): OrganizationRole | undefined {
    return this.db
      .select({ role: organizationMembers.role })
      .from(organizationMembers)
      .where(
        and(eq(organizationMembers.organizationId, organizationId), eq(organizationMembers.userId, userId)),
      )
      .get()?.role;
  }

  organizationsOf(userId: number): { organization: Account; role: OrganizationRole }[] {
    return this.db
      .select({ organization: accounts, role: organizationMembers.role })
      .from(organizationMembers)
      .innerJoin(accounts, eq(accounts.id, organizationMembers.organizationId))
      .where(eq(organizationMembers.userId, userId))
      .orderBy(asc(accounts.id))
      .all();
  }

  setRole(organizationId: number, userId: number, role: OrganizationRole): void {
    this.db
      .insert(organizationMembers)
      .values({ organizationId, userId, role })
      .onConflictDoUpdate({
        target: [organizationMembers.organizationId, organizationMembers.userId],
        set: { role },
      })
      .run();
  }

  removeMember(organizationId: number, userId: number): void {
    this.db
      .delete(organizationMembers)
      .where(
        and(eq(organizationMembers.organizationId, organizationId), eq(organizationMembers.userId, userId)),
      )
      .run();
  }

  byIds(ids: number[]): Account[] {
    return this.db.select().from(accounts).where(inArray(accounts.id, ids)).all();
  }
}
