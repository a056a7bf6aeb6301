import { describe, expect, test } from 'vitest';
import {
  equals,
  matchesWhere,
  requiredValues,
  selectPage,
  type AuthCondition,
  type AuthValue,
} from './where.ts';

const record = { name: 'Ada', age: 36, admin: true, email: null, at: '2026-11-21T10:00:00.000Z' };

function condition(
  field: string,
  operator: AuthCondition['operator'],
  value: AuthValue | AuthValue[],
  more: Partial<AuthCondition> = {},
): AuthCondition {
  return { ...equals(field, null), operator, value, ...more };
}

describe('conditions', () => {
  test.each<[AuthCondition, boolean]>([
    [condition('name', 'eq', 'Ada'), true],
    [condition('name', 'eq', 'ada'), false],
    [condition('name', 'eq', 'ada', { mode: 'insensitive' }), true],
    [condition('age', 'gt', 36), false],
    [condition('age', 'gte', 36), true],
    [condition('age', 'lt', '99'), false],
    [condition('at', 'lt', '2026-11-21T10:00:00.001Z'), true],
    [condition('admin', 'eq', true), true],
    [condition('name', 'in', ['Eve', 'Ada']), true],
    [condition('name', 'not_in', ['Eve']), true],
    [condition('name', 'contains', '.'), false],
    [condition('name', 'starts_with', 'aD', { mode: 'insensitive' }), true],
    [condition('name', 'ends_with', 'da'), true],
    [condition('email', 'eq', null), true],
    [condition('name', 'ne', null), true],
    // As in SQL: null is neither equal to a value nor different from it.
    [condition('email', 'ne', 'a@example.com'), false],
    [condition('email', 'not_in', ['a@example.com']), false],
    [condition('missing', 'lt', 5), false],
  ])('%j', (where, expected) => {
    expect(matchesWhere(record, [where])).toBe(expected);
  });

  test('all of AND and any of OR', () => {
    const either = [
      condition('age', 'eq', 1, { connector: 'OR' }),
      condition('name', 'eq', 'Ada', { connector: 'OR' }),
    ];
    expect(matchesWhere(record, either)).toBe(true);
    expect(matchesWhere(record, [...either, equals('admin', false)])).toBe(false);
    expect(matchesWhere(record, [condition('age', 'eq', 1, { connector: 'OR' })])).toBe(false);
  });

  test('an index is chosen only by what every match must have', () => {
    expect(requiredValues([equals('id', 'a')], 'id')).toEqual(['a']);
    expect(requiredValues([condition('id', 'in', ['a', 'b', 3])], 'id')).toEqual(['a', 'b']);
    expect(requiredValues([condition('id', 'eq', 'a', { connector: 'OR' })], 'id')).toBeNull();
    expect(requiredValues([condition('id', 'eq', 'a', { mode: 'insensitive' })], 'id')).toBeNull();
    expect(requiredValues([condition('id', 'ne', 'a')], 'id')).toBeNull();
  });

  test('pages are cut after sorting, null first', () => {
    const rows = [{ n: 2 }, { n: null }, { n: 10 }, { n: 1 }];
    const page = (direction: 'asc' | 'desc', offset: number, limit: number) =>
      selectPage(rows, (row) => row, { sortBy: { field: 'n', direction }, offset, limit }).map(
        (row) => row.n,
      );
    expect(page('asc', 0, 3)).toEqual([null, 1, 2]);
    expect(page('desc', 1, 5)).toEqual([2, 1, null]);
  });
});
