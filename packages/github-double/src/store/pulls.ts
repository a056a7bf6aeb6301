import { and, asc, desc, eq, inArray, max, or } from 'drizzle-orm';
import type { Account } from './accounts.ts';
import type { Database } from './open.ts';
import { accounts, issueComments, pullFacts, pullRequests, reviewRequests, reviews } from './schema.ts';

export type PullRequest = typeof pullRequests.$inferSelect;
export type NewPullRequest = typeof pullRequests.$inferInsert;
export type PullFacts = typeof pullFacts.$inferSelect;
export type Review = typeof reviews.$inferSelect;
export type IssueComment = typeof issueComments.$inferSelect;

export interface PullFilter {
  state: 'open' | 'closed' | 'all';
  headRef?: string | undefined;
  baseRef?: string | undefined;
  sort: 'created' | 'updated' | 'popularity' | 'long-running';
  direction: 'asc' | 'desc';
}

/** Pull requests with their reviews, review requests and comments. */
export class PullStore {
  private readonly db: Database;

  constructor(db: Database) {
    this.db = db;
  }

  insert(values: Omit<NewPullRequest, 'number'>): PullRequest {
    const last = this.db
      .select({ number: max(pullRequests.number) })
      .from(pullRequests)
      .where(eq(pullRequests.repositoryId, values.repositoryId))
      .get();
    const number = (last?.number ?? 0) + 1;
    return this.db
      .insert(pullRequests)
      .values({ ...values, number })
      .returning()
      .get();
  }

  update(id: number, values: Partial<NewPullRequest>): PullRequest {
    return this.db.update(pullRequests).set(values).where(eq(pullRequests.id, id)).returning().get();
  }

  byId(id: number): PullRequest | undefined {
    return this.db.select().from(pullRequests).where(eq(pullRequests.id, id)).get();
  }

  byNumber(repositoryId: number, number: number): PullRequest | undefined {
    return this.db
      .select()
      .from(pullRequests)
      .where(and(eq(pullRequests.repositoryId, repositoryId), eq(pullRequests.number, number)))
      .get();
  }

  list(repositoryId: number, filter: PullFilter): PullRequest[] {
    const column = filter.sort === 'updated' ? pullRequests.updatedAt : pullRequests.createdAt;
    const order = filter.direction === 'asc' ? asc : desc;
    return this.db
      .select()
      .from(pullRequests)
      .where(
        and(
          eq(pullRequests.repositoryId, repositoryId),
          filter.state === 'all' ? undefined : eq(pullRequests.state, filter.state),
          filter.headRef === undefined ? undefined : eq(pullRequests.headRef, filter.headRef),
          filter.baseRef === undefined ? undefined : eq(pullRequests.baseRef, filter.baseRef),
        ),
      )
      .orderBy(order(column), order(pullRequests.number))
      .all();
  }

  /** Open pull requests whose head or base is one of these branches. */
  openTouching(repositoryId: number, branches: string[]): PullRequest[] {
    return this.db
      .select()
      .from(pullRequests)
      .where(
        and(
          eq(pullRequests.repositoryId, repositoryId),
          eq(pullRequests.state, 'open'),
          or(inArray(pullRequests.headRef, branches), inArray(pullRequests.baseRef, branches)),
        ),
      )
      .orderBy(asc(pullRequests.number))
      .all();
  }

  openWithHeadSha(repositoryId: number, headSha: string): PullRequest[] {
    return this.db
      .select()
      .from(pullRequests)
      .where(
        and(
          eq(pullRequests.repositoryId, repositoryId),
          eq(pullRequests.state, 'open'),
          eq(pullRequests.headSha, headSha),
        ),
      )
      .all();
  }

  facts(repositoryId: number, baseSha: string, headSha: string): PullFacts | undefined {
    return this.db
      .select()
      .from(pullFacts)
      .where(
        and(
          eq(pullFacts.repositoryId, repositoryId),
          eq(pullFacts.baseSha, baseSha),
          eq(pullFacts.headSha, headSha),
        ),
      )
      .get();
  }

  saveFacts(facts: PullFacts): void {
    this.db.insert(pullFacts).values(facts).onConflictDoNothing().run();
  }

  reviews(pullRequestId: number): (Review & { user: Account })[] {
    return this.db
      .select({ review: reviews, user: accounts })
      .from(reviews)
      .innerJoin(accounts, eq(accounts.id, reviews.userId))
      .where(eq(reviews.pullRequestId, pullRequestId))
      .orderBy(asc(reviews.id))
      .all()
      .map((row) => ({ ...row.review, user: row.user }));
  }

  insertReview(values: Omit<Review, 'id'>): Review {
    return this.db.insert(reviews).values(values).returning().get();
  }

  requestedReviewers(pullRequestId: number): Account[] {
    return this.db
      .select({ user: accounts })
      .from(reviewRequests)
      .innerJoin(accounts, eq(accounts.id, reviewRequests.userId))
      .where(eq(reviewRequests.pullRequestId, pullRequestId))
      .orderBy(asc(accounts.id))
      .all()
      .map((row) => row.user);
  }

  requestReview(pullRequestId: number, userId: number): void {
    this.db.insert(reviewRequests).values({ pullRequestId, userId }).onConflictDoNothing().run();
  }

  withdrawReviewRequest(pullRequestId: number, userId: number): void {
    this.db
      .delete(reviewRequests)
      .where(and(eq(reviewRequests.pullRequestId, pullRequestId), eq(reviewRequests.userId, userId)))
      .run();
  }

  comments(pullRequestId: number): (IssueComment & { user: Account })[] {
    return this.db
      .select({ comment: issueComments, user: accounts })
      .from(issueComments)
      .innerJoin(accounts, eq(accounts.id, issueComments.userId))
      .where(eq(issueComments.pullRequestId, pullRequestId))
      .orderBy(asc(issueComments.id))
      .all()
      .map((row) => ({ ...row.comment, user: row.user }));
  }

  insertComment(values: Omit<IssueComment, 'id'>): IssueComment {
    return this.db.insert(issueComments).values(values).returning().get();
  }
}
