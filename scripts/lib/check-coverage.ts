// Checks docs/coverage.md against the reports of the test runners: `check-coverage.ts VITEST_JSON PLAYWRIGHT_JSON`.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkCoverage, readRanTests } from './checks/coverage.ts';

const [vitest = '', playwright = ''] = process.argv.slice(2);
const document = readFileSync(resolve(import.meta.dirname, '../../docs/coverage.md'), 'utf8');
const problems = checkCoverage(document, readRanTests({ vitest, playwright }));
for (const problem of problems) process.stderr.write(`docs/coverage.md: ${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
