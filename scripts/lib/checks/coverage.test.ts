import { expect, test } from 'vitest';
import { checkCoverage } from './coverage.ts';

const ran = [
  { file: '/somewhere/packages/a/src/b.test.ts', title: 'does it', passed: true },
  { file: '/somewhere/packages/a/src/b.test.ts', title: 'case 1 of many', passed: true },
  { file: 'packages/frontend/e2e/c.spec.ts', title: 'shows it', passed: false },
];

test('a document whose tests ran and passed has no problem', () => {
  const document = `# Coverage

## 1. One

- \`packages/a/src/b.test.ts\` › does it
- \`b.test.ts\` › case 1…

## 2. Two

Not yet.
`;
  expect(checkCoverage(document, ran)).toEqual([]);
});

test('tests that do not exist or failed, sections without a test and lines nobody can read are named', () => {
  const document = `# Coverage

## 1. One

- \`b.test.ts\` › does something else
- \`c.spec.ts\` › shows it

## 2. Two

Words.

## 3. Three

- does it
`;
  expect(checkCoverage(document, ran)).toEqual([
    '2 names no test',
    '3: cannot be read: - does it',
    '1: no such test ran: b.test.ts › does something else',
    '1: failed: c.spec.ts › shows it',
  ]);
});
