import type { BareRepository } from './bare-repository.ts';
import { git } from './run-git.ts';

export interface ChangedFile {
  path: string;
  previousPath?: string;
  status: 'added' | 'modified' | 'removed' | 'renamed' | 'copied' | 'changed';
  blobSha: string;
  additions: number;
  deletions: number;
  /** The hunks only, as GitHub gives them; absent for binary files. */
  patch?: string;
}

const statusNames: Record<string, ChangedFile['status']> = {
  A: 'added',
  M: 'modified',
  D: 'removed',
  R: 'renamed',
  C: 'copied',
  T: 'changed',
};

/** The files that differ between two commits (or trees), with their hunks. */
export async function changedFiles(
  repository: BareRepository,
  from: string,
  to: string,
): Promise<ChangedFile[]> {
  const common = ['diff', '--no-color', '--no-ext-diff', '-M', '--no-abbrev'];
  const [table, patchText] = await Promise.all([
    git(repository.path, [...common, '--raw', '--numstat', '-z', from, to]),
    git(repository.path, [...common, '--patch', from, to]),
  ]);
  const fields = table.split('\0');
  const files: ChangedFile[] = [];
  let position = 0;
  while (fields[position]?.startsWith(':') === true) {
    const [, , oldSha = '', newSha = '', letters = 'M'] = (fields[position] ?? '').split(' ');
    const letter = letters.charAt(0);
    const renamed = letter === 'R' || letter === 'C';
    const first = fields[position + 1] ?? '';
    const path = renamed ? (fields[position + 2] ?? '') : first;
    files.push({
      path,
      ...(renamed ? { previousPath: first } : {}),
      status: statusNames[letter] ?? 'modified',
      blobSha: letter === 'D' ? oldSha : newSha,
      additions: 0,
      deletions: 0,
    });
    position += renamed ? 3 : 2;
  }
  for (const file of files) {
    const [added = '0', removed = '0'] = (fields[position] ?? '').split('\t');
    // Binary files have "-" here.
    file.additions = Number.parseInt(added, 10) || 0;
    file.deletions = Number.parseInt(removed, 10) || 0;
    position += file.previousPath === undefined ? 1 : 3;
  }
  addPatches(files, patchText);
  return files;
}

/** Git lists files in one order in every format, so the n-th section belongs to the n-th file. */
function addPatches(files: ChangedFile[], patchText: string): void {
  const sections = patchText.split(/^diff --git /m).slice(1);
  for (const [index, section] of sections.entries()) {
    const file = files[index];
    const start = section.search(/^@@ /m);
    if (file !== undefined && start >= 0) file.patch = section.slice(start).replace(/\n$/, '');
  }
}
