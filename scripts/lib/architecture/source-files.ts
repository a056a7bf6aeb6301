import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const ignoredDirectories = new Set([
  'node_modules',
  'dist',
  'migrations',
  'test-results',
  'playwright-report',
]);

function* walk(directory: string): Generator<string> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (!ignoredDirectories.has(entry.name) && !entry.name.startsWith('.')) yield* walk(path);
    } else if (/\.(ts|tsx|css|sh)$/.test(entry.name)) {
      yield path;
    }
  }
}

/** Every source file of the packages and scripts, relative to `root` with forward slashes. */
export function listSourceFiles(root: string): string[] {
  return (
    ['packages', 'scripts']
      .flatMap((directory) => [...walk(join(root, directory))])
      .map((path) => relative(root, path).split(sep).join('/'))
      // Repositories that the double seeds are data: other people's code bases, in their own style.
      .filter((path) => !path.startsWith('packages/github-double/seeds/'))
      .toSorted()
  );
}
