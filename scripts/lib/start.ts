import { readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { acquireLock, LockedError } from '../../packages/backend/src/engine/lock-file.ts';
import { buildFrontend } from './frontend-build.ts';
import { endLeftovers } from './leftovers.ts';
import { startStack, type Stack } from './stack.ts';

const usage = `Usage: scripts/start [--fresh] [--seed small|large]

Runs the whole Foundry demo on this machine: a GitHub double, the Rivet engine, the backend and the web app.
No account, no key, and after the first installation no network is needed. Ctrl-C stops everything.

  --fresh        forget everything from earlier runs and begin anew
  --seed large   fill the GitHub double with 200 repositories instead of 4 (takes effect on fresh data)

Environment:
  FOUNDRY_PORT      port of the web app (default 7741); everything else takes the ports after it
  FOUNDRY_DATA_DIR  where data is kept (default .foundry in this folder)
  LOG_LEVEL         how much goes to <data folder>/logs/backend.log (default info)
`;

const defaultPort = 7741;
/** The engine's last port is twelve above the gateway's. */
const portSchema = z.coerce.number().int().min(1).max(65_523);
const lockName = 'start.lock';

/** Ends the program with a message for people, without a stack trace. */
class StartError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

function readArguments(): { fresh: boolean; seed: 'small' | 'large'; help: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        fresh: { type: 'boolean', default: false },
        seed: { type: 'string', default: 'small' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const { seed } = values;
    if (seed !== 'small' && seed !== 'large') throw new Error(`--seed is small or large, not "${seed}"`);
    return { fresh: values.fresh, seed, help: values.help };
  } catch (error) {
    throw new StartError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`, 2);
  }
}

function readPort(): number {
  const value = process.env['FOUNDRY_PORT'];
  if (value === undefined || value === '') return defaultPort;
  const parsed = portSchema.safeParse(value);
  if (!parsed.success) {
    throw new StartError(`FOUNDRY_PORT must be a whole number from 1 to 65523, not "${value}"`, 2);
  }
  return parsed.data;
}

/** One demo per data folder. */
async function lockDataFolder(dataDir: string): Promise<() => void> {
  try {
    return await acquireLock(join(dataDir, lockName));
  } catch (error) {
    if (!(error instanceof LockedError)) throw error;
    const { pid } = error.holder;
    throw new StartError(
      `Foundry already runs on ${dataDir} (process ${pid}). Stop it there with Ctrl-C or by \`kill ${pid}\`, ` +
        'or run a second one beside it: FOUNDRY_DATA_DIR=.foundry-2 FOUNDRY_PORT=7841 scripts/start',
      1,
    );
  }
}

async function forget(dataDir: string): Promise<void> {
  await endLeftovers(dataDir, { engine: true, graceMs: 5_000 });
  for (const name of readdirSync(dataDir)) {
    if (name !== lockName) rmSync(join(dataDir, name), { recursive: true, force: true });
  }
}

async function run(root: string): Promise<void> {
  const { fresh, seed, help } = readArguments();
  if (help) {
    process.stdout.write(usage);
    return;
  }
  const port = readPort();
  const dataDir = resolve(root, process.env['FOUNDRY_DATA_DIR'] || '.foundry');
  const stopping = new AbortController();
  const stopRequested = new Promise<void>((resolveStop) => {
    stopping.signal.addEventListener('abort', () => resolveStop());
  });
  listenForStop(stopping);

  const releaseLock = await lockDataFolder(dataDir);
  let stack: Stack | undefined;
  try {
    if (fresh) {
      say(`Forgetting what was kept in ${dataDir}`);
      await forget(dataDir);
    }
    await buildFrontend(root, { say, signal: stopping.signal });
    stack = await startStack({ root, port, dataDir, seed, say, signal: stopping.signal });
    say(`Foundry is ready at ${stack.url}`);
    await stopRequested;
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  } finally {
    if (stack !== undefined) {
      say('Stopping');
      await stack.stop();
    }
    releaseLock();
  }
}

function listenForStop(stopping: AbortController): void {
  const keepAlive = setInterval(() => undefined, 60_000);
  stopping.signal.addEventListener('abort', () => clearInterval(keepAlive));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!stopping.signal.aborted) stopping.abort();
      else if (signal === 'SIGINT') say('Still stopping: the engine and the sandboxes need a moment');
    });
  }
  // The terminal was closed: what is said no longer reaches anybody, and everything has to stop.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => stopping.abort());
}

try {
  await run(resolve(import.meta.dirname, '../..'));
  process.exit(0);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`foundry: ${message}\n`);
  process.exit(error instanceof StartError ? error.exitCode : 1);
}
