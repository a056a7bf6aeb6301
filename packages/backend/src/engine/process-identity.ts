import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';

/** A pid alone is reused by the system; together with the start time it names one process for good. */
export const processIdentitySchema = z.object({
  pid: z.number().int().positive(),
  /** Opaque, and only comparable on one machine: boot id and clock ticks since then on Linux, a date elsewhere. */
  startTime: z.string().min(1),
});
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

const execFileAsync = promisify(execFile);

let bootId: string | undefined;

async function readBootId(): Promise<string> {
  bootId ??= (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  return bootId;
}

/** Start time of a living process; undefined when there is none (a zombie counts as dead). */
async function readStartTime(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    let stat: string;
    try {
      stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    } catch {
      // No such entry (ENOENT, or ESRCH while it goes away): the process is gone.
      return undefined;
    }
    // The second field is the command in parentheses and may hold anything; fields are counted after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    // Without an init that reaps, as in many containers, a dead process stays in the table as a zombie.
    return state === 'Z' || state === 'X' ? undefined : `${await readBootId()}/${fields[19]}`;
  }
  try {
    const { stdout } = await execFileAsync('ps', ['-o', 'lstart=', '-p', String(pid)]);
    return stdout.trim() || undefined;
  } catch {
    // ps exits with 1 when there is no such process.
    return undefined;
  }
}

/** Identity of a living process, undefined when no process has this pid. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const startTime = await readStartTime(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

/** True while exactly this process lives, and not another one that was given its pid later. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await readStartTime(identity.pid)) === identity.startTime;
}

/**
 * Sends a signal to exactly this process.
 * @returns false when it was gone already.
 */
export async function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
  if (!(await isAlive(identity))) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/**
 * Ends a process: SIGTERM, then SIGKILL once `graceMs` is over. Resolves when it is gone.
 */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<void> {
  if (!(await signalProcess(identity, 'SIGTERM'))) return;
  if (await waitUntilGone(identity, graceMs)) return;
  await signalProcess(identity, 'SIGKILL');
  await waitUntilGone(identity, graceMs);
}

/** Resolves to true as soon as the process is gone, to false when it still lives after `timeoutMs`. */
async function waitUntilGone(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (await isAlive(identity)) {
    if (Date.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
