import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/*
 * Writes the migration for what changed in an actor's db/schema.ts: `generate-migration <actor folder> [name]`.
 */
const [actor, name = 'change'] = process.argv.slice(2);
const backend = resolve(import.meta.dirname, '..');
const folder = join(backend, 'src/actors', actor ?? '', 'db');
if (actor === undefined || !existsSync(join(folder, 'schema.ts'))) {
  process.stderr.write(
    'usage: node packages/backend/tools/generate-migration.ts <folder below src/actors> [name]\n',
  );
  process.exit(2);
}
const result = spawnSync(
  process.execPath,
  [
    join(backend, 'node_modules/drizzle-kit/bin.cjs'),
    'generate',
    '--dialect=sqlite',
    `--name=${name}`,
    // Relative: drizzle-kit puts `./` in front of them.
    `--schema=${relative(backend, join(folder, 'schema.ts'))}`,
    `--out=${relative(backend, join(folder, 'migrations'))}`,
  ],
  { stdio: 'inherit', cwd: backend },
);
process.exit(result.status ?? 1);
