import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildFrontend } from '../frontend-build.ts';
import { startStack, type Stack } from '../stack.ts';
import { StageFailed } from './expect.ts';
import * as begin from './stages-begin.ts';
import * as crash from './stages-crash.ts';
import * as end from './stages-end.ts';
import * as people from './stages-people.ts';
import * as work from './stages-work.ts';
import { World } from './world.ts';

const usage = `Usage: scripts/walk [--until N] [--keep]

Starts a fresh stack on free ports in a temporary folder and takes it, only from outside, from signing in to a merged
pull request. Prints a line per stage; ends with an error at the first stage that does not hold.

  --until N  stop after stage N
  --keep     leave the data folder, for a look at its logs
`;

const stages: readonly { name: string; run: (world: World) => Promise<void> }[] = [
  { name: 'ready', run: begin.ready },
  { name: 'sign-in through the OAuth pages', run: begin.signIn },
  { name: 'organization synced, no Task or Repository actor', run: begin.organizationSynced },
  { name: 'opening a pull request makes one Task actor', run: begin.openPullRequest },
  { name: 'a new task is named at once and becomes ready', run: begin.newTask },
  { name: 'a message goes accepted, delivered, working, done', run: work.message },
  { name: 'a second message waits its turn', run: work.queued },
  { name: 'stop ends a long turn within a second', run: work.stopTurn },
  { name: 'changed files and diff equal git', run: work.changes },
  { name: 'publish, and publish again', run: work.publish },
  { name: 'a push from outside arrives', run: work.outsidePush },
  { name: 'a second person, and what she may not see', run: people.secondPerson },
  { name: 'backend killed in mid-turn', run: crash.backendKilled },
  { name: 'engine killed with a command in flight', run: crash.engineKilled },
  { name: 'the inspector names the commands', run: end.inspector },
  { name: 'merged at GitHub', run: end.merged },
  { name: 'the audit log tells it all', run: end.audited },
  { name: 'sign-out closes the door', run: end.signedOut },
];

const root = resolve(import.meta.dirname, '../../..');
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function walk(world: World, until: number): Promise<number> {
  for (const [index, stage] of stages.slice(0, until).entries()) {
    const startedAtMs = performance.now();
    try {
      await stage.run(world);
    } catch (error) {
      const text =
        error instanceof StageFailed
          ? error.message
          : error instanceof Error
            ? (error.stack ?? error.message)
            : String(error);
      say(
        `${String(index + 1).padStart(2)}. ${stage.name}: FAILED after ${Math.round(performance.now() - startedAtMs)} ms\n${text}`,
      );
      return index;
    }
    say(`${String(index + 1).padStart(2)}. ${stage.name}: ${Math.round(performance.now() - startedAtMs)} ms`);
  }
  return until;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      until: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const until = values.until === undefined ? stages.length : Math.min(Number(values.until), stages.length);
  const dataDir = mkdtempSync(join(tmpdir(), 'foundry-walk-'));
  const aborted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => aborted.abort());
  }
  let stack: Stack | null = null;
  let world: World | null = null;
  try {
    await buildFrontend(root, { signal: aborted.signal });
    // The walk kills parts itself, and starts them again itself.
    stack = await startStack({ root, dataDir, autoRestart: false, signal: aborted.signal });
    world = new World(stack);
    const passed = await walk(world, until);
    if (passed < until) {
      say(values.keep ? `logs: ${stack.logFiles.backend}` : 'run again with --keep to look at the logs');
      return 1;
    }
    say(`walk: ${passed} stages passed`);
    return 0;
  } finally {
    world?.sockets.forEach((socket) => socket.close());
    await stack?.stop();
    if (!values.keep) {
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
}

process.exitCode = await main();
