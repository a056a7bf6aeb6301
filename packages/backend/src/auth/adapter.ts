import { createAdapterFactory, type CleanedWhere } from '@better-auth/core/db/adapter';
import { z } from 'zod';
import { createAuthRows, type AuthRowsOptions } from './auth-rows.ts';
import {
  authConditionSchema,
  authRecordSchema,
  selectPage,
  type AuthCondition,
  type AuthRecord,
} from './where.ts';

const fieldsSchema = z.record(z.string(), z.unknown());

/**
 * Better Auth's database adapter over Foundry's actors: users, sessions and accounts on the User actor of
 * their person, everything else on App (see auth-rows.ts).
 *
 * Names: Better Auth lets a model or field be renamed; the actors always see the logical names. Dates travel
 * as ISO 8601 text, JSON and arrays as JSON text. Joins are left to Better Auth, which asks for each side.
 * There are no transactions across actors; auth-rows.ts says what holds instead.
 */
export function createActorAuthAdapter(options: AuthRowsOptions) {
  const rows = createAuthRows(options);
  return createAdapterFactory({
    config: {
      adapterId: 'foundry-actors',
      adapterName: 'Foundry actors',
      supportsNumericIds: false,
      supportsDates: false,
      supportsJSON: false,
      supportsArrays: false,
      transaction: false,
    },
    adapter: ({ getDefaultModelName, getDefaultFieldName, getFieldName, schema }) => {
      const logicalRecord = (model: string, data: unknown): AuthRecord =>
        authRecordSchema.parse(
          Object.fromEntries(
            Object.entries(fieldsSchema.parse(data))
              .filter(([, value]) => value !== undefined)
              .map(([field, value]) => [getDefaultFieldName({ model, field }), value]),
          ),
        );
      const logicalWhere = (model: string, where: readonly CleanedWhere[] = []): AuthCondition[] =>
        where.map((condition) =>
          authConditionSchema.parse({
            ...condition,
            field: getDefaultFieldName({ model, field: condition.field }),
            value: condition.value instanceof Date ? condition.value.toISOString() : condition.value,
          }),
        );
      /** A row under the names Better Auth was configured with, cut to `select` (logical names). */
      const output = (
        model: string,
        record: AuthRecord,
        select?: readonly string[],
      ): Record<string, unknown> => {
        const fields = ['id', ...Object.keys(schema[model]?.fields ?? {})].filter(
          (field) => field in record && (!select?.length || select.includes(field)),
        );
        return Object.fromEntries(fields.map((field) => [getFieldName({ model, field }), record[field]]));
      };
      const first = (model: string, records: readonly AuthRecord[]): Record<string, unknown> | null =>
        records[0] ? output(model, records[0]) : null;

      return {
        async create({ model: name, data }) {
          const model = getDefaultModelName(name);
          return asCallersRow(output(model, await rows.create(model, logicalRecord(model, data))));
        },
        async findOne({ model: name, where, select }) {
          const model = getDefaultModelName(name);
          const [record] = await rows.find(model, logicalWhere(model, where));
          return record ? asCallersRow(output(model, record, select)) : null;
        },
        async findMany({ model: name, where, limit, offset, sortBy, select }) {
          const model = getDefaultModelName(name);
          const records = await rows.find(model, logicalWhere(model, where));
          const sort = sortBy && {
            field: getDefaultFieldName({ model, field: sortBy.field }),
            direction: sortBy.direction,
          };
          const page = selectPage(records, (record) => record, { sortBy: sort, offset, limit });
          return page.map((record) => asCallersRow(output(model, record, select)));
        },
        async count({ model: name, where }) {
          const model = getDefaultModelName(name);
          return (await rows.find(model, logicalWhere(model, where))).length;
        },
        async update({ model: name, where, update }) {
          const model = getDefaultModelName(name);
          // Better Auth's protocol: an update of one row names that row.
          if (where.length === 0) return null;
          const set = logicalRecord(model, update);
          return asCallersRow(
            first(model, await rows.update(model, logicalWhere(model, where), { set, increment: {} }, true)),
          );
        },
        async updateMany({ model: name, where, update }) {
          const model = getDefaultModelName(name);
          const change = { set: logicalRecord(model, update), increment: {} };
          return (await rows.update(model, logicalWhere(model, where), change, false)).length;
        },
        async delete({ model: name, where }) {
          const model = getDefaultModelName(name);
          await rows.delete(model, logicalWhere(model, where), false);
        },
        async deleteMany({ model: name, where }) {
          const model = getDefaultModelName(name);
          return (await rows.delete(model, logicalWhere(model, where), false)).length;
        },
        async consumeOne({ model: name, where }) {
          const model = getDefaultModelName(name);
          return asCallersRow(first(model, await rows.delete(model, logicalWhere(model, where), true)));
        },
        async incrementOne({ model: name, where, increment, set }) {
          const model = getDefaultModelName(name);
          const change = {
            set: logicalRecord(model, set ?? {}),
            increment: Object.fromEntries(
              Object.entries(increment).map(([field, delta]) => [
                getDefaultFieldName({ model, field }),
                delta,
              ]),
            ),
          };
          return asCallersRow(
            first(model, await rows.update(model, logicalWhere(model, where), change, true)),
          );
        },
      };
    },
  });
}

/** Better Auth types each row by a parameter of its caller, which an adapter cannot check. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the library's signature
function asCallersRow<T>(row: Record<string, unknown> | null): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the cast of this library's edge
  return row as T;
}
