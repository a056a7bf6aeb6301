import type { IndexEntry, IndexKey, UserModel } from './auth-store.ts';
import { requiredValues, type AuthCondition, type AuthRecord, type AuthValue } from './where.ts';

/** The fields of each model that App's index, or the lifetime of an entry, depends on. */
const indexedFields: Readonly<Record<UserModel, readonly string[]>> = {
  user: ['id', 'email'],
  session: ['id', 'userId', 'tokenHash', 'expiresAt'],
  account: ['id', 'userId', 'providerId', 'accountId'],
};

/** Whether a change of these fields changes what App must know. */
export function touchesIndex(model: UserModel, fields: readonly string[]): boolean {
  return fields.some((field) => indexedFields[model].includes(field));
}

/** The key of an account at its provider. JSON, because either part may hold any character. */
export function providerAccountKey(providerId: string, accountId: string): string {
  return JSON.stringify([providerId, accountId]);
}

/** The entries through which App must find this (sealed) row. */
export function indexEntriesOf(model: UserModel, record: AuthRecord): IndexEntry[] {
  switch (model) {
    case 'user':
      return [
        { kind: 'user', key: text(record['id']), expiresAt: null },
        { kind: 'email', key: text(record['email']), expiresAt: null },
      ];
    case 'session': {
      const expiresAt = text(record['expiresAt']);
      return [
        { kind: 'session', key: text(record['id']), expiresAt },
        { kind: 'sessionToken', key: text(record['tokenHash']), expiresAt },
      ];
    }
    case 'account': {
      const key = providerAccountKey(text(record['providerId']), text(record['accountId']));
      return [
        { kind: 'account', key: text(record['id']), expiresAt: null },
        { kind: 'providerAccount', key, expiresAt: null },
      ];
    }
    default:
      return assertNever(model);
  }
}

/** Those of `entries` that are not among `kept`. */
export function withoutKeys(entries: readonly IndexKey[], kept: readonly IndexKey[]): IndexKey[] {
  const keys = new Set(kept.map(({ kind, key }) => `${kind} ${key}`));
  return entries
    .filter(({ kind, key }) => !keys.has(`${kind} ${key}`))
    .map(({ kind, key }) => ({ kind, key }));
}

/** Whose rows a query (on sealed records) may concern. */
export type Owners =
  | { readonly kind: 'users'; readonly userIds: readonly string[] }
  | { readonly kind: 'lookup'; readonly keys: readonly IndexKey[] }
  | { readonly kind: 'everyone' };

/** Finds the owners through the user id, or through one of App's indexes, when `where` allows it. */
export function ownersOf(model: UserModel, where: readonly AuthCondition[]): Owners {
  const userIds = requiredValues(where, model === 'user' ? 'id' : 'userId');
  if (userIds) return { kind: 'users', userIds: [...new Set(userIds)] };
  const lookups: readonly (readonly [IndexKey['kind'], string])[] =
    model === 'user'
      ? [['email', 'email']]
      : model === 'session'
        ? [
            ['sessionToken', 'tokenHash'],
            ['session', 'id'],
          ]
        : [['account', 'id']];
  for (const [kind, field] of lookups) {
    const values = requiredValues(where, field);
    if (values) return { kind: 'lookup', keys: values.map((key) => ({ kind, key })) };
  }
  if (model === 'account') {
    const providerIds = requiredValues(where, 'providerId');
    const accountIds = requiredValues(where, 'accountId');
    if (providerIds && accountIds) {
      const keys = providerIds.flatMap((providerId) =>
        accountIds.map((accountId) => ({
          kind: 'providerAccount' as const,
          key: providerAccountKey(providerId, accountId),
        })),
      );
      return { kind: 'lookup', keys };
    }
  }
  return { kind: 'everyone' };
}

function text(value: AuthValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

function assertNever(value: never): never {
  throw new TypeError(`Unknown model ${String(value)}`);
}
