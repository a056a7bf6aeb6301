import { and, asc, eq } from 'drizzle-orm';
import type { Database } from './open.ts';
import { apps, installationRepositories, installations, manifestCodes } from './schema.ts';

export type App = typeof apps.$inferSelect;
export type NewApp = typeof apps.$inferInsert;
export type Installation = typeof installations.$inferSelect;

/** GitHub Apps and where they are installed. */
export class AppStore {
  private readonly db: Database;

  constructor(db: Database) {
    this.db = db;
  }

  upsert(values: NewApp): App {
    return this.db
      .insert(apps)
      .values(values)
      .onConflictDoUpdate({ target: apps.id, set: values })
      .returning()
      .get();
  }

  update(id: number, values: Partial<NewApp>): void {
    this.db.update(apps).set(values).where(eq(apps.id, id)).run();
  }

  all(): App[] {
    return this.db.select().from(apps).orderBy(asc(apps.id)).all();
  }

  byId(id: number): App | undefined {
    return this.db.select().from(apps).where(eq(apps.id, id)).get();
  }

  bySlug(slug: string): App | undefined {
    return this.db.select().from(apps).where(eq(apps.slug, slug)).get();
  }

  byClientId(clientId: string): App | undefined {
    return this.db.select().from(apps).where(eq(apps.clientId, clientId)).get();
  }

  insertManifestCode(values: typeof manifestCodes.$inferInsert): void {
    this.db.insert(manifestCodes).values(values).run();
  }

  /** Takes a manifest code: it works once. */
  takeManifestCode(code: string): typeof manifestCodes.$inferSelect | undefined {
    return this.db.delete(manifestCodes).where(eq(manifestCodes.code, code)).returning().get();
  }

  insertInstallation(values: typeof installations.$inferInsert): Installation {
    return this.db.insert(installations).values(values).returning().get();
  }

  updateInstallation(id: number, values: Partial<typeof installations.$inferInsert>): Installation {
    return this.db.update(installations).set(values).where(eq(installations.id, id)).returning().get();
  }

  deleteInstallation(id: number): void {
    this.db.delete(installationRepositories).where(eq(installationRepositories.installationId, id)).run();
    this.db.delete(installations).where(eq(installations.id, id)).run();
  }

  installation(id: number): Installation | undefined {
    return this.db.select().from(installations).where(eq(installations.id, id)).get();
  }

  installationsOfApp(appId: number): Installation[] {
    return this.db
      .select()
      .from(installations)
      .where(eq(installations.appId, appId))
      .orderBy(asc(installations.id))
      .all();
  }

  installationsOnAccount(accountId: number): Installation[] {
    return this.db.select().from(installations).where(eq(installations.accountId, accountId)).all();
  }

  installationOf(appId: number, accountId: number): Installation | undefined {
    return this.db
      .select()
      .from(installations)
      .where(and(eq(installations.appId, appId), eq(installations.accountId, accountId)))
      .get();
  }

  selectedRepositoryIds(installationId: number): Set<number> {
    const rows = this.db
      .select()
      .from(installationRepositories)
      .where(eq(installationRepositories.installationId, installationId))
      .all();
    return new Set(rows.map((row) => row.repositoryId));
  }

  selectRepository(installationId: number, repositoryId: number): void {
    this.db
      .insert(installationRepositories)
      .values({ installationId, repositoryId })
      .onConflictDoNothing()
      .run();
  }

  deselectRepository(installationId: number, repositoryId: number): void {
    this.db
      .delete(installationRepositories)
      .where(
        and(
          eq(installationRepositories.installationId, installationId),
          eq(installationRepositories.repositoryId, repositoryId),
        ),
      )
      .run();
  }
}
