import { and, asc, eq } from 'drizzle-orm';
import type { Database } from './open.ts';
import { checkRuns, checkSuites } from './schema.ts';

export type CheckSuite = typeof checkSuites.$inferSelect;
export type CheckRun = typeof checkRuns.$inferSelect;
export type NewCheckRun = typeof checkRuns.$inferInsert;
export type CheckConclusion = NonNullable<CheckRun['conclusion']>;

/** Check suites and runs: one suite per commit, as one CI app would make. */
export class CheckStore {
  private readonly db: Database;

  constructor(db: Database) {
    this.db = db;
  }

  suite(id: number): CheckSuite | undefined {
    return this.db.select().from(checkSuites).where(eq(checkSuites.id, id)).get();
  }

  suitesOf(repositoryId: number, headSha: string): CheckSuite[] {
    return this.db
      .select()
      .from(checkSuites)
      .where(and(eq(checkSuites.repositoryId, repositoryId), eq(checkSuites.headSha, headSha)))
      .all();
  }

  /** The suite of a commit, made when it does not exist yet. */
  ensureSuite(values: typeof checkSuites.$inferInsert): CheckSuite {
    const existing = this.suitesOf(values.repositoryId, values.headSha)[0];
    return existing ?? this.db.insert(checkSuites).values(values).returning().get();
  }

  updateSuite(id: number, values: Partial<typeof checkSuites.$inferInsert>): CheckSuite {
    return this.db.update(checkSuites).set(values).where(eq(checkSuites.id, id)).returning().get();
  }

  insertRun(values: NewCheckRun): CheckRun {
    return this.db.insert(checkRuns).values(values).returning().get();
  }

  updateRun(id: number, values: Partial<NewCheckRun>): CheckRun {
    return this.db.update(checkRuns).set(values).where(eq(checkRuns.id, id)).returning().get();
  }

  run(id: number): CheckRun | undefined {
    return this.db.select().from(checkRuns).where(eq(checkRuns.id, id)).get();
  }

  /** The newest run of each name: what GitHub shows, and what decides whether checks have passed. */
  latestRunsOf(repositoryId: number, headSha: string): CheckRun[] {
    return newestByName(this.runsOf(repositoryId, headSha));
  }

  runsOf(repositoryId: number, headSha: string): CheckRun[] {
    return this.db
      .select()
      .from(checkRuns)
      .where(and(eq(checkRuns.repositoryId, repositoryId), eq(checkRuns.headSha, headSha)))
      .orderBy(asc(checkRuns.id))
      .all();
  }

  /** The newest run of each name in a suite. */
  runsOfSuite(checkSuiteId: number): CheckRun[] {
    const runs = this.db
      .select()
      .from(checkRuns)
      .where(eq(checkRuns.checkSuiteId, checkSuiteId))
      .orderBy(asc(checkRuns.id))
      .all();
    return newestByName(runs);
  }
}

/** Runs come in order, so the last of a name is the newest. */
function newestByName(runs: readonly CheckRun[]): CheckRun[] {
  return [...new Map(runs.map((run) => [run.name, run])).values()].sort((left, right) => left.id - right.id);
}
