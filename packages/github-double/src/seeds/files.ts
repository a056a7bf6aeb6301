import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileChange } from '../git/fast-import.ts';

/** Where the seeded code bases lie. */
export const seedsFolder = join(import.meta.dirname, '..', '..', 'seeds');

/** Every file below a folder, with paths relative to it, in a stable order. */
export function readFolder(folder: string): FileChange[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path: path.slice(folder.length + 1), content: readFileSync(path) }));
}
