import type { Violation } from './source-file.ts';

const actorsFolder = 'packages/backend/src/actors/';
/** Helpers of the tests, not an actor. */
const notActors = new Set(['testing']);
const requiredFiles = ['index.ts', 'commands.ts', 'db/schema.ts', 'db/repository.ts'] as const;
const allowedNames = new Set([
  'index.ts',
  'commands.ts',
  'commands.samples.ts',
  'decisions.ts',
  'reads.ts',
  'snapshot.ts',
]);
/** Has no commands: it appends and pages, nothing else. */
const auditLog = 'audit-log';

/** Every actor's folder has the same names in it, so that a reader finds a thing by guessing its path. */
export function findActorFolderViolations(paths: readonly string[]): Violation[] {
  const byActor = new Map<string, string[]>();
  for (const path of paths) {
    if (!path.startsWith(actorsFolder)) continue;
    const [actor, ...rest] = path.slice(actorsFolder.length).split('/');
    if (actor === undefined || rest.length === 0 || notActors.has(actor)) continue;
    byActor.set(actor, [...(byActor.get(actor) ?? []), rest.join('/')]);
  }
  return [...byActor].flatMap(([actor, files]) => checkActor(actor, files));
}

function checkActor(actor: string, files: readonly string[]): Violation[] {
  const folder = `${actorsFolder}${actor}`;
  const violation = (path: string, message: string): Violation => ({
    path,
    line: 1,
    rule: 'actor-folder',
    message,
  });
  const missing = requiredFiles
    .filter((name) => !files.includes(name) && !(actor === auditLog && name === 'commands.ts'))
    .map((name) =>
      violation(`${folder}/${name}`, 'is missing. Every actor has it (docs/architecture.md, Layout)'),
    );
  const workflowMissing =
    actor === auditLog || files.some((name) => name.startsWith('workflow/'))
      ? []
      : [violation(`${folder}/workflow`, 'is missing. Each command has its steps in workflow/<command>.ts')];
  const unknown = files
    .filter((name) => !isAllowed(name))
    .map((name) =>
      violation(
        `${folder}/${name}`,
        'is a name that no other actor has. Use index, commands, decisions, reads, snapshot, workflow/, db/',
      ),
    );
  return [...missing, ...workflowMissing, ...unknown];
}

function isAllowed(name: string): boolean {
  if (name.endsWith('.test.ts') || name.startsWith('workflow/') || name.startsWith('db/')) return true;
  return allowedNames.has(name);
}
