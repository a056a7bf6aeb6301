import { findActorFolderViolations } from './actor-folders.ts';
import { findForbiddenCode } from './forbidden-code.ts';
import { findForbiddenImports } from './forbidden-imports.ts';
import type { SourceFile, Violation } from './source-file.ts';

const maxLines = 600;

function findLongFiles(file: SourceFile): Violation[] {
  const lines = file.text.split('\n').length - 1;
  return lines <= maxLines
    ? []
    : [
        {
          path: file.path,
          line: maxLines,
          rule: 'file-length',
          message: `${lines} lines, ${maxLines} are allowed. Split it by what changes together`,
        },
      ];
}

/** Everything in the files that breaks a rule of the architecture, in the order of the files. */
export function findViolations(files: readonly SourceFile[]): Violation[] {
  return [
    ...files.flatMap((file) => [
      ...findForbiddenImports(file),
      ...findForbiddenCode(file),
      ...findLongFiles(file),
    ]),
    ...findActorFolderViolations(files.map(({ path }) => path)),
  ];
}
