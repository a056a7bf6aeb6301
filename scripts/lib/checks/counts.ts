import { readFileSync } from 'node:fs';
import { z } from 'zod';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const vitestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(
    z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) }),
  ),
});

const playwrightReport = z.object({
  stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number() }),
  errors: z.array(z.unknown()),
});

/** A test file that could not even be loaded has no failed test in it, and still is a failure. */
function countVitest(report: unknown): Counts {
  const { numPassedTests, numFailedTests, testResults } = vitestReport.parse(report);
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
  );
  return { passed: numPassedTests, failed: numFailedTests + brokenFiles.length };
}

/** A test that passed only when repeated is counted as failed. */
function countPlaywright(report: unknown): Counts {
  const { stats, errors } = playwrightReport.parse(report);
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky + errors.length };
}

const counters = { vitest: countVitest, playwright: countPlaywright } as const;
export type ReportKind = keyof typeof counters;

/**
 * Counts of a runner's JSON report. A runner that failed without naming a failed test, or left no report, counts
 * as one failure.
 */
export function readCounts(kind: ReportKind, reportFile: string, succeeded: boolean): Counts {
  let counts: Counts;
  try {
    counts = counters[kind](JSON.parse(readFileSync(reportFile, 'utf8')));
  } catch {
    // Missing or cut off: the runner itself broke, which `succeeded` tells as well.
    return { passed: 0, failed: 1 };
  }
  return succeeded || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}
