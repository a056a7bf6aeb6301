import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ReportKind } from './counts.ts';

const minuteMs = 60_000;

export interface Stage {
  readonly name: string;
  /** What it finds, for `--help`. */
  readonly purpose: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly workingDir: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Set when its tests are counted one by one, from this report; otherwise the stage counts as one. */
  readonly report?: { readonly kind: ReportKind; readonly file: string };
}

/**
 * Every stage of `scripts/test`, in order: cheap ones first.
 * @param reportDir where runners put their reports; one per run, so that two runs at once do not meet.
 */
export function listStages(root: string, reportDir: string): Stage[] {
  const node = process.execPath;
  const tool = (name: string): string => join(root, 'node_modules/.bin', name);
  const frontend = join(root, 'packages/frontend');
  const check = (name: string, purpose: string, command: string, args: readonly string[]): Stage => ({
    name,
    purpose,
    command,
    args,
    workingDir: root,
    timeoutMs: 3 * minuteMs,
  });
  const vitestReport = join(reportDir, 'vitest.json');
  const browserReport = join(reportDir, 'playwright.json');
  const stages: Stage[] = [
    check('format', 'oxfmt: the formatting', tool('oxfmt'), ['--check', '.']),
    check('lint', 'oxlint with type information', tool('oxlint'), ['--type-aware', '--deny-warnings', '.']),
    check('architecture', 'who may import whom, and where SQL, fetch and programs may be', node, [
      'scripts/lib/check-architecture.ts',
    ]),
    check('types', 'tsc over everything that runs in Node', tool('tsc'), ['-p', 'tsconfig.json']),
    check('types-web', 'tsc over the web app and the client', tool('tsc'), ['-p', 'packages/frontend']),
    check('unused', 'knip: unused files, exports and dependencies', tool('knip'), []),
    {
      name: 'tests',
      purpose: 'vitest: units, actors on the real engine, the double, real git, real sandboxes',
      command: tool('vitest'),
      args: ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${vitestReport}`],
      workingDir: root,
      timeoutMs: 50 * minuteMs,
      report: { kind: 'vitest', file: vitestReport },
    },
    check('build', 'the web app builds', node, ['scripts/lib/build.ts']),
  ];
  if (existsSync(join(root, 'scripts/walk'))) {
    stages.push({
      ...check(
        'walk',
        'a fresh stack from signing in to a merged pull request',
        join(root, 'scripts/walk'),
        [],
      ),
      timeoutMs: 10 * minuteMs,
    });
  }
  if (existsSync(join(frontend, 'playwright.config.ts'))) {
    stages.push({
      name: 'browser',
      purpose: 'playwright: the same path in Chromium',
      command: join(frontend, 'node_modules/.bin/playwright'),
      args: ['test', '--reporter=list,json', `--output=${join(reportDir, 'browser')}`],
      workingDir: frontend,
      environment: { PLAYWRIGHT_JSON_OUTPUT_NAME: browserReport, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
      timeoutMs: 10 * minuteMs,
      report: { kind: 'playwright', file: browserReport },
    });
  }
  stages.push(
    check('coverage', 'every test that docs/coverage.md names ran (needs the stages before)', node, [
      'scripts/lib/check-coverage.ts',
      vitestReport,
      browserReport,
    ]),
  );
  return stages;
}
