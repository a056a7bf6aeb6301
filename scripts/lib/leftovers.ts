import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { enginePaths } from '../../packages/backend/src/engine/engine-process.ts';
import {
  endProcess,
  identifyProcess,
  processIdentitySchema,
  type ProcessIdentity,
} from '../../packages/backend/src/engine/process-identity.ts';

const recordSchema = z.record(z.string(), processIdentitySchema);
const engineStateSchema = z.object({ identity: processIdentitySchema });

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // Missing or cut off by a crash: it names nothing.
    return undefined;
  }
}

/** Which processes a stack runs, on disk: a stack whose starter was killed leaves them behind. */
export class ProcessRecord {
  readonly #path: string;

  constructor(dataDir: string) {
    this.#path = join(dataDir, 'processes.json');
  }

  read(): Record<string, ProcessIdentity> {
    return recordSchema.safeParse(readJson(this.#path)).data ?? {};
  }

  add(name: string, identity: ProcessIdentity): void {
    writeFileSync(this.#path, JSON.stringify({ ...this.read(), [name]: identity }), { mode: 0o600 });
  }

  clear(): void {
    rmSync(this.#path, { force: true });
  }
}

/** The engine that a data folder's backend supervises, or left behind. */
export function readEngineIdentity(dataDir: string): ProcessIdentity | undefined {
  return engineStateSchema.safeParse(readJson(enginePaths(dataDir).stateFile)).data?.identity;
}

/**
 * Processes whose HOME lies inside the data folder: sandboxes, and whatever was started in them. Linux only;
 * elsewhere the backend's own clean-up has to do.
 */
async function processesAtHomeIn(dataDir: string): Promise<ProcessIdentity[]> {
  if (!existsSync('/proc/self/environ')) return [];
  const found = await Promise.all(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .filter((name) => homeOf(name)?.startsWith(`${dataDir}/`) === true)
      .map((name) => identifyProcess(Number(name))),
  );
  return found.filter((identity) => identity !== undefined);
}

function homeOf(pid: string): string | undefined {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return variables.find((variable) => variable.startsWith('HOME='))?.slice('HOME='.length);
  } catch {
    // Another user's process, or one that just ended.
    return undefined;
  }
}

/** Ends the processes of sandboxes that live in the data folder. The engine, which does too, is left alone. */
async function endSandboxProcesses(dataDir: string, graceMs: number): Promise<void> {
  const engine = readEngineIdentity(dataDir);
  const identities = await processesAtHomeIn(dataDir);
  await Promise.all(
    identities.filter(({ pid }) => pid !== engine?.pid).map((identity) => endProcess(identity, graceMs)),
  );
}

/**
 * Ends what an earlier stack on this data folder left behind when it was killed. The engine is kept, to be
 * adopted, unless `engine` is true.
 */
export async function endLeftovers(
  dataDir: string,
  options: { readonly engine: boolean; readonly graceMs: number },
): Promise<void> {
  const record = new ProcessRecord(dataDir);
  const left = Object.values(record.read());
  await Promise.all(left.map((identity) => endProcess(identity, options.graceMs)));
  record.clear();
  await endSandboxProcesses(dataDir, options.graceMs);
  const engine = options.engine ? readEngineIdentity(dataDir) : undefined;
  if (engine !== undefined) await endProcess(engine, options.graceMs);
}
