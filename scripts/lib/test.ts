import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readCounts, type Counts } from './checks/counts.ts';
import { runCommand } from './checks/run-command.ts';
import { listStages, type Stage } from './checks/stages.ts';

interface StageResult {
  readonly name: string;
  readonly counts: Counts;
  readonly seconds: number;
  readonly problem: string | undefined;
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function runStage(stage: Stage, signal: AbortSignal): Promise<StageResult> {
  say(`\n== ${stage.name}: ${stage.purpose}`);
  const startedAt = performance.now();
  const { succeeded, problem } = await runCommand({
    command: stage.command,
    args: stage.args,
    workingDir: stage.workingDir,
    timeoutMs: stage.timeoutMs,
    signal,
    ...(stage.environment === undefined ? {} : { environment: stage.environment }),
  });
  const counts =
    stage.report === undefined
      ? { passed: succeeded ? 1 : 0, failed: succeeded ? 0 : 1 }
      : readCounts(stage.report.kind, stage.report.file, succeeded);
  return { name: stage.name, counts, seconds: (performance.now() - startedAt) / 1000, problem };
}

function printSummary(results: readonly StageResult[]): void {
  say('\nStage          passed  failed  seconds');
  for (const { name, counts, seconds, problem } of results) {
    const columns = [
      name.padEnd(14),
      String(counts.passed).padStart(6),
      String(counts.failed).padStart(7),
      seconds.toFixed(1).padStart(8),
    ];
    say(`${columns.join(' ')}${problem === undefined ? '' : `  ${problem}`}`);
  }
}

function selectStages(stages: readonly Stage[]): readonly Stage[] {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean', short: 'h', default: false } },
    allowPositionals: true,
  });
  if (values.help) {
    say('Usage: scripts/test [STAGE…]   Runs every stage, or only the named ones:\n');
    for (const { name, purpose } of stages) say(`  ${name.padEnd(14)}${purpose}`);
    process.exit(0);
  }
  const unknown = positionals.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    process.stderr.write(
      `foundry: no stage is called ${unknown.join(', ')}. There are: ${stages.map(({ name }) => name).join(', ')}\n`,
    );
    process.exit(2);
  }
  return positionals.length === 0 ? stages : stages.filter(({ name }) => positionals.includes(name));
}

const reportDir = mkdtempSync(join(tmpdir(), 'foundry-test-'));
process.on('exit', () => rmSync(reportDir, { recursive: true, force: true }));
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());

const stages = selectStages(listStages(resolve(import.meta.dirname, '../..'), reportDir));
const results: StageResult[] = [
  {
    name: 'install',
    counts: { passed: 1, failed: 0 },
    seconds: Number(process.env['FOUNDRY_INSTALL_SECONDS'] ?? 0),
    problem: undefined,
  },
];
// An early failure does not hide later ones.
for (const stage of stages) {
  if (stopping.signal.aborted) break;
  results.push(await runStage(stage, stopping.signal));
}

const passed = results.reduce((sum, { counts }) => sum + counts.passed, 0);
const failed = results.reduce((sum, { counts }) => sum + counts.failed, 0);
printSummary(results);
if (stopping.signal.aborted) say('\nStopped before the end');
say(`\n${passed} passed, ${failed} failed`);
process.exitCode = stopping.signal.aborted ? 130 : failed === 0 ? 0 : 1;
