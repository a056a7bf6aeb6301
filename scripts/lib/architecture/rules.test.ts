import { expect, test } from 'vitest';
import { findViolations } from './rules.ts';

// Written apart, so that this file does not break the rules it tests.
const join = (...parts: string[]): string => parts.join('');

/** What is wrong inside one file; a lone file of an actor's folder also lacks its siblings. */
const violationsIn = (path: string, text: string) =>
  findViolations([{ path, text }]).filter(({ rule }) => rule !== 'actor-folder');

const violating: readonly (readonly [rule: string, path: string, text: string])[] = [
  ['frontend-backend', 'packages/frontend/src/a.tsx', "import { x } from '@foundry/backend/config';"],
  ['frontend-backend', 'packages/frontend/src/a.tsx', "import type { X } from '@foundry/backend/config';"],
  ['client-backend', 'packages/client/src/a.ts', "import { api } from '@foundry/backend/gateway/api';"],
  ['shared-is-a-leaf', 'packages/shared/src/a.ts', "import { readFile } from 'node:fs/promises';"],
  [
    'backend-double',
    'packages/backend/src/github/a.ts',
    "import { x } from '@foundry/github-double/server';",
  ],
  ['double-backend', 'packages/github-double/src/a.ts', "export { x } from '@foundry/backend/limits';"],
  [
    'actors-gateway',
    'packages/backend/src/actors/task/index.ts',
    "import { x } from '../../gateway/server.ts';",
  ],
  [
    'integrations-actors',
    'packages/backend/src/sandbox/a.ts',
    "const x = await import('../actors/registry.ts');",
  ],
  [
    'integrations-actors',
    'packages/backend/src/github/a.ts',
    "import {\n  x,\n} from '../actors/registry.ts';",
  ],
  ['R8 no-processes', 'packages/backend/src/gateway/a.ts', "import { spawn } from 'node:child_process';"],
  ['R8 no-processes', 'packages/backend/src/sandbox/a.ts', "import { spawn } from 'child_process';"],
  ['sql-in-repositories', 'packages/backend/src/actors/task/reads.ts', 'const x = sql`select 1`;'],
  ['sql-in-repositories', 'packages/backend/src/auth/store.ts', 'await db.select().from(users);'],
  ['sql-in-repositories', 'packages/backend/src/auth/store.ts', 'await tx\n  .insert(users);'],
  ['fetch-in-integrations', 'packages/backend/src/gateway/a.ts', 'await fetch(url);'],
  ['fetch-in-integrations', 'packages/frontend/src/a.ts', 'void fetch(url);'],
  ['real-parts-in-tests', 'packages/backend/src/a.test.ts', join('vi.mo', "ck('./b.ts');")],
  ['no-skipped-tests', 'packages/backend/src/a.test.ts', join('test.sk', "ip('x', () => {});")],
  ['no-skipped-tests', 'packages/frontend/e2e/a.spec.ts', join('test.describe.on', "ly('x', () => {});")],
  ['no-double-cast', 'packages/backend/src/a.ts', join('const x = y as unk', 'nown as Z;')],
  ['no-ts-ignore', 'packages/backend/src/a.ts', join('// @ts-ig', 'nore')],
  ['R5 no-silent-catch', 'packages/backend/src/a.ts', join('await x().cat', 'ch(() => {});')],
  ['R5 no-silent-catch', 'packages/backend/src/a.ts', join('await x().cat', 'ch((error) => undefined);')],
  ['no-process-exit', 'packages/backend/src/engine/a.ts', 'process.exit(1);'],
  ['file-length', 'packages/backend/src/a.ts', '\n'.repeat(601)],
];

test.each(violating)('%s is found in %s', (rule, path, text) => {
  expect(violationsIn(path, text).map((violation) => violation.rule)).toEqual([rule]);
});

test.each([
  ['packages/frontend/src/a.tsx', "import { useTask } from '@foundry/client/react';"],
  ['packages/client/src/a.ts', "import type { Api } from '@foundry/backend/gateway/api';"],
  ['packages/backend/src/github/a.test.ts', "import { startDouble } from '@foundry/github-double/server';"],
  ['packages/backend/src/sandbox/providers/local.ts', "import { spawn } from 'node:child_process';"],
  ['packages/backend/src/actors/task/db/repository.ts', 'await db.select().from(tasks); sql`x`;'],
  ['packages/backend/src/github/client.ts', 'await fetch(url);'],
  ['packages/backend/src/gateway/a.ts', 'await app.fetch(request); // never fetch(url)'],
  ['packages/backend/src/gateway/a.ts', "throw new Error('use db.select() or fetch(url) elsewhere');"],
  ['packages/backend/src/gateway/a.ts', '/* sql`select 1` */ const deleted = cache.delete(key);'],
  ['packages/backend/src/a.ts', 'await x().catch((error) => log.warn({ error }, "lost"));'],
  ['packages/backend/src/a.ts', '\n'.repeat(600)],
])('nothing is found in %s', (path, text) => {
  expect(violationsIn(path, text)).toEqual([]);
});

test('a violation names the line it stands on', () => {
  const text = "// one\nimport type { A } from './a.ts';\n\nawait fetch(\n  url,\n);\n";
  expect(findViolations([{ path: 'packages/backend/src/gateway/a.ts', text }])).toEqual([
    expect.objectContaining({ line: 4, rule: 'fetch-in-integrations' }),
  ]);
});

const actorFiles = ['index.ts', 'commands.ts', 'db/schema.ts', 'db/repository.ts', 'workflow/rename.ts'];
const inActor = (actor: string, names: readonly string[]) =>
  names.map((name) => ({ path: `packages/backend/src/actors/${actor}/${name}`, text: '' }));

test('every actor folder has the same names', () => {
  expect(findViolations(inActor('task', [...actorFiles, 'decisions.test.ts', 'reads.ts']))).toEqual([]);
  for (const missing of actorFiles) {
    const rest = actorFiles.filter((name) => name !== missing);
    expect(findViolations(inActor('task', rest)).map(({ rule }) => rule)).toEqual(['actor-folder']);
  }
  expect(findViolations(inActor('task', [...actorFiles, 'helpers.ts']))[0]?.path).toContain('helpers.ts');
});

test('the audit log needs no commands', () => {
  expect(findViolations(inActor('audit-log', ['index.ts', 'db/schema.ts', 'db/repository.ts']))).toEqual([]);
});
