/*
 * The architecture's rules that a machine can check, so that nobody has to remember them.
 * Prints `file:line  rule: what is wrong. How to mend it`, and exits with 1 when anything is found.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { findViolations } from './architecture/rules.ts';
import { listSourceFiles } from './architecture/source-files.ts';

const root = resolve(import.meta.dirname, '../..');
const files = listSourceFiles(root).map((path) => ({
  path,
  text: readFileSync(resolve(root, path), 'utf8'),
}));
const violations = findViolations(files);
for (const { path, line, rule, message } of violations) {
  process.stdout.write(`${path}:${line}  ${rule}: ${message}\n`);
}
process.stdout.write(
  violations.length === 0
    ? `architecture: ${files.length} files keep the rules\n`
    : `architecture: ${violations.length} violations in ${files.length} files\n`,
);
process.exitCode = violations.length === 0 ? 0 : 1;
