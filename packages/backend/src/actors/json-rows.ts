import { getTableColumns, sql, type SQL } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';

/**
 * Many rows as one parameter, for `insert(table).select(rowsFromJson(table, rows))`: one statement writes any number
 * of them. Rows have every column of the table under its property name. Ends in `where true`, because SQLite would
 * else read a following `on conflict` as part of a join.
 */
export function rowsFromJson<T extends SQLiteTable>(table: T, rows: readonly T['$inferSelect'][]): SQL {
  const columns = Object.keys(getTableColumns(table)).map(
    (name) => sql`json_extract(value, ${sql.raw(`'$."${name}"'`)})`,
  );
  return sql`select ${sql.join(columns, sql`, `)} from json_each(${JSON.stringify(rows)}) where true`;
}

/** The value that an insert wanted to write, in an `on conflict do update`. */
export function excluded(column: SQLiteColumn): SQL {
  return sql`excluded.${sql.identifier(column.name)}`;
}

/** A list as one parameter, for `inArray`-like conditions of any length. */
export function inJsonList(value: SQLiteColumn | SQL, list: readonly (string | number)[]): SQL {
  return sql`${value} in (select value from json_each(${JSON.stringify(list)}))`;
}
