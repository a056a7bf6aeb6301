import { z } from 'zod';
import { authConditionSchema, authRecordSchema } from './where.ts';

/** The Better Auth models whose rows live on the User actor of their person. */
export const userModelSchema = z.enum(['user', 'session', 'account']);
export type UserModel = z.infer<typeof userModelSchema>;

/** The lookups App answers. A key leads to one user. `user` (key = the user's id) lists all users. */
export const indexKindSchema = z.enum([
  'user',
  'email',
  'session',
  'sessionToken',
  'account',
  'providerAccount',
]);
export type IndexKind = z.infer<typeof indexKindSchema>;

export const indexKeySchema = z.object({ kind: indexKindSchema, key: z.string() });
export type IndexKey = z.infer<typeof indexKeySchema>;

/** `expiresAt`: ISO 8601; App may forget the entry some time after. Null: kept until released. */
export const indexEntrySchema = indexKeySchema.extend({ expiresAt: z.string().nullable() });
export type IndexEntry = z.infer<typeof indexEntrySchema>;

const createSchema = z.object({ kind: z.literal('create'), record: authRecordSchema });
/**
 * Changes every row that matches `where` at the moment of the write (one row with `onlyOne`): adds
 * `increment`, then assigns `set`, in one transaction.
 */
const updateSchema = z.object({
  kind: z.literal('update'),
  where: z.array(authConditionSchema),
  set: authRecordSchema,
  increment: z.record(z.string(), z.number()),
  onlyOne: z.boolean(),
});
const deleteSchema = z.object({
  kind: z.literal('delete'),
  where: z.array(authConditionSchema),
  onlyOne: z.boolean(),
});

/** Body of the User actor's command `authWrite`. Carries no secret in the clear (R17). */
export const userAuthOperationSchema = z.discriminatedUnion('kind', [
  createSchema.extend({ model: userModelSchema }),
  updateSchema.extend({ model: userModelSchema }),
  deleteSchema.extend({ model: userModelSchema }),
  /** Takes the named lease unless somebody else holds it. Taking it again extends it. */
  z.object({
    kind: z.literal('acquireLease'),
    name: z.string(),
    holder: z.string(),
    durationMs: z.number().int().positive(),
  }),
  z.object({ kind: z.literal('releaseLease'), name: z.string(), holder: z.string() }),
]);
export type UserAuthOperation = z.infer<typeof userAuthOperationSchema>;

/** Body of the App actor's command `authWrite`. Carries no secret in the clear (R17). */
export const appAuthOperationSchema = z.discriminatedUnion('kind', [
  createSchema.extend({ model: z.string() }),
  updateSchema.extend({ model: z.string() }),
  deleteSchema.extend({ model: z.string() }),
  /** All entries or none: a key that leads to another user refuses the whole claim. */
  z.object({ kind: z.literal('claimIndex'), userId: z.string(), entries: z.array(indexEntrySchema) }),
  /** Forgets the keys that lead to `userId`; `claimedBeforeMs` spares newer ones (epoch milliseconds). */
  z.object({
    kind: z.literal('releaseIndex'),
    userId: z.string(),
    keys: z.array(indexKeySchema),
    claimedBeforeMs: z.number().nullable(),
  }),
]);
export type AppAuthOperation = z.infer<typeof appAuthOperationSchema>;

/** What a write answers. Refusals are results, not errors: a retry would not cure them. */
export const authWriteResultSchema = z.discriminatedUnion('kind', [
  /** `evicted`: rows that gave way to the new one (expired sessions, sessions beyond the bound). */
  z.object({ kind: z.literal('created'), record: authRecordSchema, evicted: z.array(authRecordSchema) }),
  z.object({ kind: z.literal('exists') }),
  z.object({
    kind: z.literal('updated'),
    rows: z.array(z.object({ before: authRecordSchema, after: authRecordSchema })),
  }),
  z.object({ kind: z.literal('deleted'), rows: z.array(authRecordSchema) }),
  z.object({ kind: z.literal('lease'), isHeld: z.boolean() }),
  z.object({ kind: z.literal('claimed') }),
  z.object({
    kind: z.literal('taken'),
    by: z.string(),
    indexKey: indexKeySchema,
    claimedAtMs: z.number(),
  }),
  z.object({ kind: z.literal('released'), keys: z.array(indexKeySchema) }),
]);
export type AuthWriteResult = z.infer<typeof authWriteResultSchema>;

/** Argument of the User actor's action `authRead`. */
export const userAuthQuerySchema = z.object({
  model: userModelSchema,
  where: z.array(authConditionSchema),
});
export type UserAuthQuery = z.infer<typeof userAuthQuerySchema>;

/** Argument of the App actor's action `authRead`. */
export const appAuthQuerySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('rows'), model: z.string(), where: z.array(authConditionSchema) }),
  /** Which users the keys lead to. */
  z.object({ kind: z.literal('resolve'), keys: z.array(indexKeySchema) }),
  /** Every user id after `after`, in order, at most `limit`. */
  z.object({
    kind: z.literal('userIds'),
    after: z.string().nullable(),
    limit: z.number().int().positive(),
  }),
  /** What App knows of one user. */
  z.object({ kind: z.literal('entries'), userId: z.string() }),
]);
export type AppAuthQuery = z.infer<typeof appAuthQuerySchema>;

export const authRowsSchema = z.array(authRecordSchema);
export const appAuthReadResultSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('rows'), rows: authRowsSchema }),
  z.object({ kind: z.literal('userIds'), userIds: z.array(z.string()) }),
  z.object({
    kind: z.literal('entries'),
    entries: z.array(indexEntrySchema.extend({ claimedAtMs: z.number() })),
  }),
]);
export type AppAuthReadResult = z.infer<typeof appAuthReadResultSchema>;

/**
 * The sign-in data as the adapter sees it: one App, one User per person. Reads are actions, writes are
 * awaited commands (R2): an implementation sends `operation` with `commandId` and repeats it under the same
 * id while the outcome is unknown, so that it happens once.
 * @throws AuthStoreError when an actor refuses or does not answer in time.
 */
export interface AuthStore {
  readonly app: {
    read(query: AppAuthQuery): Promise<AppAuthReadResult>;
    write(operation: AppAuthOperation, commandId: string): Promise<AuthWriteResult>;
  };
  user(userId: string): {
    read(query: UserAuthQuery): Promise<z.infer<typeof authRowsSchema>>;
    write(operation: UserAuthOperation, commandId: string): Promise<AuthWriteResult>;
  };
}

export type AuthStoreErrorCode =
  | 'unavailable'
  | 'already_exists'
  | 'scan_too_large'
  | 'owner_missing'
  | 'owner_change'
  | 'protocol';

/** A sign-in row could not be read or written. */
export class AuthStoreError extends Error {
  override readonly name = 'AuthStoreError';
  readonly code: AuthStoreErrorCode;

  constructor(code: AuthStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
