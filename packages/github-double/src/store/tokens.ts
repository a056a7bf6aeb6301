import { eq } from 'drizzle-orm';
import type { Database } from './open.ts';
import { oauthCodes, tokens } from './schema.ts';

export type Token = typeof tokens.$inferSelect;
export type OAuthCode = typeof oauthCodes.$inferSelect;

/** Access tokens, refresh tokens and the one-time codes they come from. */
export class TokenStore {
  private readonly db: Database;

  constructor(db: Database) {
    this.db = db;
  }

  insert(values: typeof tokens.$inferInsert): Token {
    return this.db.insert(tokens).values(values).returning().get();
  }

  find(token: string): Token | undefined {
    return this.db.select().from(tokens).where(eq(tokens.token, token)).get();
  }

  remove(token: string): void {
    this.db.delete(tokens).where(eq(tokens.token, token)).run();
  }

  removeGrant(grantId: string): void {
    this.db.delete(tokens).where(eq(tokens.grantId, grantId)).run();
  }

  removeOfUser(userId: number): number {
    return this.db.delete(tokens).where(eq(tokens.userId, userId)).run().changes;
  }

  removeOfInstallation(installationId: number): void {
    this.db.delete(tokens).where(eq(tokens.installationId, installationId)).run();
  }

  /** Makes every live user token of this person expire now; the refresh tokens stay good. */
  expireUserTokens(userId: number, expiresAt: string): number {
    let changed = 0;
    for (const row of this.db.select().from(tokens).where(eq(tokens.userId, userId)).all()) {
      if (row.kind !== 'user') continue;
      changed += this.db.update(tokens).set({ expiresAt }).where(eq(tokens.token, row.token)).run().changes;
    }
    return changed;
  }

  insertCode(values: OAuthCode): void {
    this.db.insert(oauthCodes).values(values).run();
  }

  /** Takes a code: it works once, whether the exchange then succeeds or not. */
  takeCode(code: string): OAuthCode | undefined {
    return this.db.delete(oauthCodes).where(eq(oauthCodes.code, code)).returning().get();
  }
}
