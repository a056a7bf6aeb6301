import type { TaskChanges } from '@foundry/shared/entities';

/** How many files and lines changed, of all files and not only of those that are listed. */
export function totalsOf(changes: TaskChanges): { files: number; additions: number; deletions: number } {
  return (
    changes.totals ?? {
      files: changes.files.length,
      additions: changes.files.reduce((sum, file) => sum + (file.additions ?? 0), 0),
      deletions: changes.files.reduce((sum, file) => sum + (file.deletions ?? 0), 0),
    }
  );
}
