import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

/** A test that ran, with the path of its file (absolute or not) and whether it passed. */
export interface RanTest {
  readonly file: string;
  readonly title: string;
  readonly passed: boolean;
}

interface Line {
  readonly number: number;
  readonly file: string;
  readonly title: string;
}

const vitestReport = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(z.object({ title: z.string(), status: z.string() })),
    }),
  ),
});

const playwrightSpec = z.object({ title: z.string(), ok: z.boolean(), file: z.string() });
interface PlaywrightSuite {
  specs: z.infer<typeof playwrightSpec>[];
  suites?: PlaywrightSuite[] | undefined;
}
const playwrightSuite: z.ZodType<PlaywrightSuite> = z.lazy(() =>
  z.object({ specs: z.array(playwrightSpec), suites: z.array(playwrightSuite).optional() }),
);
const playwrightReport = z.object({ suites: z.array(playwrightSuite) });

function specsOf(suite: PlaywrightSuite): z.infer<typeof playwrightSpec>[] {
  return [...suite.specs, ...(suite.suites ?? []).flatMap(specsOf)];
}

/** The tests in the runners' JSON reports; a report that was not written has none. */
export function readRanTests(reports: { vitest: string; playwright: string }): RanTest[] {
  const read = (file: string): unknown =>
    existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  const vitest = read(reports.vitest);
  const playwright = read(reports.playwright);
  return [
    ...(vitest === undefined ? [] : vitestReport.parse(vitest).testResults).flatMap((file) =>
      file.assertionResults.map(({ title, status }) => ({
        file: file.name,
        title,
        passed: status === 'passed',
      })),
    ),
    ...(playwright === undefined ? [] : playwrightReport.parse(playwright).suites)
      .flatMap(specsOf)
      .map(({ file, title, ok }) => ({ file: `packages/frontend/e2e/${file}`, title, passed: ok })),
  ];
}

/**
 * What is wrong with the coverage document: a line whose test did not run or did not pass, a section that names no
 * test without saying `Not yet.`, or a line that cannot be read.
 */
export function checkCoverage(document: string, ran: readonly RanTest[]): string[] {
  const problems: string[] = [];
  const lines: Line[] = [];
  for (const section of document.split(/^## /m).slice(1)) {
    const number = Number(/^\d+/.exec(section)?.[0] ?? Number.NaN);
    const bullets = section.split('\n').filter((line) => line.startsWith('- '));
    if (bullets.length === 0 && !section.includes('\nNot yet.\n')) problems.push(`${number} names no test`);
    for (const bullet of bullets) {
      const [, file, title] = /^- `([^`]+)` › (.+)$/.exec(bullet) ?? [];
      if (file === undefined || title === undefined) problems.push(`${number}: cannot be read: ${bullet}`);
      else lines.push({ number, file, title });
    }
  }
  for (const { number, file, title } of lines) {
    const matching = ran.filter(
      (test) =>
        test.file.endsWith(file) &&
        (title.endsWith('…') ? test.title.startsWith(title.slice(0, -1)) : test.title === title),
    );
    if (matching.length === 0) problems.push(`${number}: no such test ran: ${file} › ${title}`);
    else if (matching.some(({ passed }) => !passed)) problems.push(`${number}: failed: ${file} › ${title}`);
  }
  return problems;
}
