import { z } from 'zod';

/** A field of a stored row. Dates are ISO 8601 strings in UTC, so that they compare as text. */
export const authValueSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export type AuthValue = z.infer<typeof authValueSchema>;

/** One row of one Better Auth model, by logical field name. */
export const authRecordSchema = z.record(z.string(), authValueSchema);
export type AuthRecord = z.infer<typeof authRecordSchema>;

/** One condition of Better Auth's adapter protocol. */
export const authConditionSchema = z.object({
  field: z.string(),
  operator: z.enum([
    'eq',
    'ne',
    'lt',
    'lte',
    'gt',
    'gte',
    'in',
    'not_in',
    'contains',
    'starts_with',
    'ends_with',
  ]),
  value: z.union([authValueSchema, z.array(authValueSchema)]),
  connector: z.enum(['AND', 'OR']),
  mode: z.enum(['sensitive', 'insensitive']),
});
export type AuthCondition = z.infer<typeof authConditionSchema>;

export interface SortBy {
  readonly field: string;
  readonly direction: 'asc' | 'desc';
}

/** The conditions every matching row must satisfy: those that an index may be chosen by. */
export function requiredConditions(where: readonly AuthCondition[]): readonly AuthCondition[] {
  return where.filter((condition) => condition.connector === 'AND');
}

/** An `eq` condition on `field`, for exact comparison. */
export function equals(field: string, value: AuthValue): AuthCondition {
  return { field, operator: 'eq', value, connector: 'AND', mode: 'sensitive' };
}

/** An `in` condition on `field`, for exact comparison. */
export function isOneOf(field: string, value: readonly AuthValue[]): AuthCondition {
  return { field, operator: 'in', value: [...value], connector: 'AND', mode: 'sensitive' };
}

/**
 * The exact values `field` must have for a row to match, or null when `where` does not say.
 * Only strings count: the fields that have an index are strings.
 */
export function requiredValues(where: readonly AuthCondition[], field: string): readonly string[] | null {
  for (const condition of requiredConditions(where)) {
    if (condition.field !== field || condition.mode !== 'sensitive') continue;
    if (condition.operator === 'eq' && typeof condition.value === 'string') return [condition.value];
    if (condition.operator === 'in' && Array.isArray(condition.value)) {
      return condition.value.filter((value) => typeof value === 'string');
    }
  }
  return null;
}

/**
 * Whether `record` satisfies `where`: all conditions joined by AND, and at least one of those joined by OR
 * when there are any. As in SQL, null satisfies nothing but a test for null.
 */
export function matchesWhere(record: AuthRecord, where: readonly AuthCondition[]): boolean {
  const alternatives = where.filter((condition) => condition.connector === 'OR');
  return (
    requiredConditions(where).every((condition) => matchesCondition(record, condition)) &&
    (alternatives.length === 0 || alternatives.some((condition) => matchesCondition(record, condition)))
  );
}

function matchesCondition(record: AuthRecord, condition: AuthCondition): boolean {
  const insensitive = condition.mode === 'insensitive';
  const fold = (value: AuthValue): AuthValue =>
    insensitive && typeof value === 'string' ? value.toLowerCase() : value;
  const actual = fold(record[condition.field] ?? null);
  if (Array.isArray(condition.value)) {
    const isListed = condition.value.some((value) => fold(value) === actual);
    if (condition.operator === 'in') return actual !== null && isListed;
    return condition.operator === 'not_in' && actual !== null && !isListed;
  }
  const expected = fold(condition.value);
  switch (condition.operator) {
    case 'eq':
      return actual === expected;
    case 'ne':
      return expected === null ? actual !== null : actual !== null && actual !== expected;
    case 'in':
      return actual !== null && actual === expected;
    case 'not_in':
      return actual !== null && actual !== expected;
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return matchesOrder(condition.operator, actual, expected);
    case 'contains':
      return isTextPair(actual, expected, (text, part) => text.includes(part));
    case 'starts_with':
      return isTextPair(actual, expected, (text, part) => text.startsWith(part));
    case 'ends_with':
      return isTextPair(actual, expected, (text, part) => text.endsWith(part));
    default:
      return assertNever(condition.operator);
  }
}

function matchesOrder(
  operator: 'lt' | 'lte' | 'gt' | 'gte',
  actual: AuthValue,
  expected: AuthValue,
): boolean {
  if (actual === null || expected === null || typeof actual !== typeof expected) return false;
  const order = compareValues(actual, expected);
  switch (operator) {
    case 'lt':
      return order < 0;
    case 'lte':
      return order <= 0;
    case 'gt':
      return order > 0;
    case 'gte':
      return order >= 0;
    default:
      return assertNever(operator);
  }
}

function isTextPair(
  actual: AuthValue,
  expected: AuthValue,
  test: (text: string, part: string) => boolean,
): boolean {
  return typeof actual === 'string' && typeof expected === 'string' && test(actual, expected);
}

/** SQLite's order: null first, then numbers and booleans, then text by code unit. */
function compareValues(left: AuthValue, right: AuthValue): number {
  if (left === right) return 0;
  if (left === null) return -1;
  if (right === null) return 1;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : 1;
  if (typeof left === 'string') return 1;
  if (typeof right === 'string') return -1;
  return Number(left) - Number(right);
}

/** A sorted copy, cut to the page asked for. */
export function selectPage<T>(
  rows: readonly T[],
  recordOf: (row: T) => AuthRecord,
  page: { sortBy?: SortBy | undefined; offset?: number | undefined; limit?: number | undefined },
): T[] {
  const { sortBy, offset = 0, limit = rows.length } = page;
  const sorted = [...rows];
  if (sortBy) {
    const sign = sortBy.direction === 'desc' ? -1 : 1;
    sorted.sort(
      (left, right) =>
        sign * compareValues(recordOf(left)[sortBy.field] ?? null, recordOf(right)[sortBy.field] ?? null),
    );
  }
  return sorted.slice(offset, offset + limit);
}

function assertNever(value: never): never {
  throw new TypeError(`Unknown operator ${String(value)}`);
}
