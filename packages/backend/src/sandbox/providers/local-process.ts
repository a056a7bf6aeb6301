import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { systemErrorCode } from '../sandbox-error.ts';

const run = promisify(execFile);

/**
 * A process for good: a pid alone is handed out again, together with its start time (and the boot
 * it belongs to) it is unique.
 */
export interface ProcessIdentity {
  pid: number;
  startedAt: string;
}

/** What tells one run of a process from another with the same pid, or null when there is none. */
export async function readProcessStart(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return readProcessStartByPs(pid);
  const fields = await readStatFields(pid);
  // A zombie has ended; it only waits for its parent to ask.
  if (!fields || fields[0] === 'Z' || fields[0] === 'X') return null;
  const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  return `${bootId.trim()}/${fields[19] ?? ''}`;
}

/** Whether exactly that process still runs. */
export async function isProcessAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await readProcessStart(identity.pid)) === identity.startedAt;
}

/** Whether that process is frozen by SIGSTOP. */
export async function isProcessFrozen(pid: number): Promise<boolean> {
  if (process.platform !== 'linux') {
    const { stdout } = await run('ps', ['-o', 'stat=', '-p', String(pid)]);
    return stdout.trim().startsWith('T');
  }
  return (await readStatFields(pid))?.[0] === 'T';
}

/**
 * Processes whose environment holds exactly that entry (`NAME=value`): agents and their commands
 * inherit it wherever they move, also out of the process group. Linux only; elsewhere empty.
 */
export async function findProcessesByEnvironment(entry: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found: number[] = [];
  for (const pid of pids) {
    const environment = await readProcFile(`/proc/${pid}/environ`);
    if (pid !== process.pid && environment?.split('\0').includes(entry)) found.push(pid);
  }
  return found;
}

/** Signals a process, or a whole group with a negative pid; one that has ended is fine. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemErrorCode(error) !== 'ESRCH') throw error;
  }
}

/** Waits until a process has ended; false when it still runs at the deadline. */
export async function waitForExit(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (await isProcessAlive(identity)) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/** The fields of /proc/<pid>/stat from the state on (the name before may hold anything). */
async function readStatFields(pid: number): Promise<string[] | undefined> {
  const text = await readProcFile(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

async function readProcFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // Ended meanwhile, or somebody else's process: neither is ours to look at.
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') {
      return undefined;
    }
    throw error;
  }
}

async function readProcessStartByPs(pid: number): Promise<string | null> {
  try {
    const { stdout } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
    const line = stdout.trim();
    return line === '' || line.startsWith('Z') ? null : line.replace(/^\S+\s+/, '');
  } catch (error) {
    // ps exits with 1 when there is no such process.
    if (error instanceof Error && 'code' in error && error.code === 1) return null;
    throw error;
  }
}
