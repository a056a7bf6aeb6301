import type { TaskChanges } from '@foundry/shared/entities';

/** One line of the choice: a file, or both names of a renamed one, which go together. */
export interface UncommittedFile {
  path: string;
  label: string;
  paths: readonly string[];
}

/** What can be chosen for a publish. Empty where only the number is known, or nothing is uncommitted. */
export function uncommittedFiles({ uncommitted = [], files }: TaskChanges): UncommittedFile[] {
  const known = new Set(uncommitted);
  const oldNames = new Map(
    files.flatMap(({ path, oldPath }) =>
      oldPath !== null && known.has(path) && known.has(oldPath) ? [[path, oldPath] as const] : [],
    ),
  );
  const withTheirNewName = new Set(oldNames.values());
  return uncommitted
    .filter((path) => !withTheirNewName.has(path))
    .map((path) => {
      const oldPath = oldNames.get(path);
      return oldPath === undefined
        ? { path, label: path, paths: [path] }
        : { path, label: `${oldPath} → ${path}`, paths: [oldPath, path] };
    });
}
