import { and, eq, lte, or } from 'drizzle-orm';
import { z } from 'zod';
import { authLimits } from '../../limits.ts';
import type { AuthWriteResult, UserAuthOperation, UserAuthQuery, UserModel } from '../auth-store.ts';
import type { AuthRecord } from '../where.ts';
import {
  columnCodec,
  deleteRecords,
  findRecords,
  insertRecord,
  updateRecords,
  type AuthDatabase,
  type ModelTable,
} from './model-tables.ts';
import { authAccount, authLease, authSession, authUser } from './user-tables.ts';

const optionalText = z.string().nullable().default(null);

const tables: Record<UserModel, ModelTable> = {
  user: {
    table: authUser,
    id: authUser.id,
    indexed: { id: authUser.id },
    ...columnCodec(
      z.object({
        id: z.string(),
        name: z.string(),
        email: z.string(),
        emailVerified: z.boolean().default(false),
        image: optionalText,
        githubId: optionalText,
        login: optionalText,
        createdAt: z.string(),
        updatedAt: z.string(),
      }),
    ),
  },
  session: {
    table: authSession,
    id: authSession.id,
    indexed: { id: authSession.id, tokenHash: authSession.tokenHash },
    ...columnCodec(
      z.object({
        id: z.string(),
        userId: z.string(),
        tokenHash: z.string(),
        tokenSealed: z.string(),
        expiresAt: z.string(),
        ipAddress: optionalText,
        userAgent: optionalText,
        createdAt: z.string(),
        updatedAt: z.string(),
      }),
    ),
  },
  account: {
    table: authAccount,
    id: authAccount.id,
    indexed: { id: authAccount.id },
    ...columnCodec(
      z.object({
        id: z.string(),
        userId: z.string(),
        providerId: z.string(),
        accountId: z.string(),
        accessToken: optionalText,
        refreshToken: optionalText,
        accessTokenExpiresAt: optionalText,
        refreshTokenExpiresAt: optionalText,
        scope: optionalText,
        createdAt: z.string(),
        updatedAt: z.string(),
      }),
    ),
  },
};

/** Answers the User actor's `authRead`. */
export async function readUserAuth(db: AuthDatabase, query: UserAuthQuery): Promise<AuthRecord[]> {
  return findRecords(db, tables[query.model], query.where);
}

/**
 * Carries out the User actor's `authWrite`. Call it inside the transaction that also records the command as
 * done, with the time of the command (epoch milliseconds).
 */
export async function writeUserAuth(
  db: AuthDatabase,
  operation: UserAuthOperation,
  nowMs: number,
): Promise<AuthWriteResult> {
  switch (operation.kind) {
    case 'create': {
      const { model, record } = operation;
      if (!(await insertRecord(db, tables[model], record))) return { kind: 'exists' };
      const evicted = model === 'session' ? await evictSessions(db, record, nowMs) : [];
      return { kind: 'created', record, evicted };
    }
    case 'update': {
      const { model, where, onlyOne } = operation;
      return { kind: 'updated', rows: await updateRecords(db, tables[model], where, operation, onlyOne) };
    }
    case 'delete': {
      const { model, where, onlyOne } = operation;
      return { kind: 'deleted', rows: await deleteRecords(db, tables[model], where, onlyOne) };
    }
    case 'acquireLease':
      return { kind: 'lease', isHeld: await acquireLease(db, operation, nowMs) };
    case 'releaseLease':
      await db
        .delete(authLease)
        .where(and(eq(authLease.name, operation.name), eq(authLease.holder, operation.holder)));
      return { kind: 'lease', isHeld: false };
    default:
      return assertNever(operation);
  }
}

/** Long expired sessions go, then the oldest beyond the bound, so that sign-ins cannot pile up (R13). */
async function evictSessions(db: AuthDatabase, created: AuthRecord, nowMs: number): Promise<AuthRecord[]> {
  const expiredBefore = new Date(nowMs - authLimits.expiredRetentionMs).toISOString();
  const others = (await findRecords(db, tables.session, [])).filter(
    (session) => session['id'] !== created['id'],
  );
  const live = others
    .filter((session) => String(session['expiresAt']) >= expiredBefore)
    .sort((left, right) => (String(left['createdAt']) < String(right['createdAt']) ? 1 : -1));
  const kept = new Set(live.slice(0, authLimits.sessionsPerUser - 1).map((session) => session['id']));
  const evicted = others.filter((session) => !kept.has(session['id']));
  for (const session of evicted) {
    await db.delete(authSession).where(eq(authSession.id, String(session['id'])));
  }
  return evicted;
}

async function acquireLease(
  db: AuthDatabase,
  lease: { name: string; holder: string; durationMs: number },
  nowMs: number,
): Promise<boolean> {
  const values = { holder: lease.holder, expiresAtMs: nowMs + lease.durationMs };
  const isFree = or(eq(authLease.holder, lease.holder), lte(authLease.expiresAtMs, nowMs));
  const taken = await db
    .insert(authLease)
    .values({ name: lease.name, ...values })
    .onConflictDoUpdate({
      target: authLease.name,
      set: values,
      ...(isFree && { setWhere: isFree }),
    })
    .returning({ holder: authLease.holder });
  return taken.length > 0;
}

function assertNever(value: never): never {
  throw new TypeError(`Unknown operation ${JSON.stringify(value)}`);
}
