/** What a scenario ends with. */
export interface Settled {
  /** Rows as text, by table, by actor. */
  readonly actors: Record<string, Record<string, string[]>>;
  readonly outside: unknown;
}

/** The rows that only one of both has, `-` for the uninterrupted run; and what is outside, when that differs. */
export function differenceOf(calm: Settled | undefined, stopped: Settled | undefined): string {
  const linesOf = (settled: Settled | undefined): string[] => [
    `outside: ${JSON.stringify(settled?.outside)}`,
    ...Object.entries(settled?.actors ?? {}).flatMap(([actor, tables]) =>
      Object.entries(tables).flatMap(([table, rows]) => rows.map((row) => `${actor} ${table}: ${row}`)),
    ),
  ];
  const rowsMissingIn = (others: readonly string[], lines: readonly string[], sign: string): string[] => {
    const rest = [...others];
    return lines.flatMap((line) => {
      const at = rest.indexOf(line);
      if (at !== -1) rest.splice(at, 1);
      return at === -1 ? [`${sign} ${line}`.slice(0, 2_000)] : [];
    });
  };
  const [before, after] = [linesOf(calm), linesOf(stopped)];
  return [...rowsMissingIn(after, before, '-'), ...rowsMissingIn(before, after, '+')].join('\n');
}
