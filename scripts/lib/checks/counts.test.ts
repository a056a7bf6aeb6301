import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCounts } from './counts.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foundry-counts-'));
  file = join(folder, 'report.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const vitest = (passed: number, failed: number, files: { status: string; tests: string[] }[]): string =>
  JSON.stringify({
    numPassedTests: passed,
    numFailedTests: failed,
    testResults: files.map(({ status, tests }) => ({
      status,
      assertionResults: tests.map((testStatus) => ({ status: testStatus })),
    })),
  });

test('counts tests, and files that could not be loaded', () => {
  writeFileSync(
    file,
    vitest(2, 1, [
      { status: 'failed', tests: ['passed', 'passed', 'failed'] },
      { status: 'failed', tests: [] },
    ]),
  );
  expect(readCounts('vitest', file, false)).toEqual({ passed: 2, failed: 2 });
});

test('a runner that failed without a failed test is a failure', () => {
  writeFileSync(file, vitest(3, 0, [{ status: 'passed', tests: ['passed', 'passed', 'passed'] }]));
  expect(readCounts('vitest', file, true)).toEqual({ passed: 3, failed: 0 });
  expect(readCounts('vitest', file, false)).toEqual({ passed: 3, failed: 1 });
});

test('a missing or broken report is a failure, even when the runner claims success', () => {
  expect(readCounts('vitest', file, true)).toEqual({ passed: 0, failed: 1 });
  writeFileSync(file, '{"numPassedTests": 3');
  expect(readCounts('playwright', file, true)).toEqual({ passed: 0, failed: 1 });
});

test('browser tests that passed only when repeated count as failed', () => {
  writeFileSync(file, JSON.stringify({ stats: { expected: 4, unexpected: 1, flaky: 2 }, errors: [{}] }));
  expect(readCounts('playwright', file, false)).toEqual({ passed: 4, failed: 4 });
});
