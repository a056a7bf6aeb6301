import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { identifyProcess, isAlive, processIdentitySchema, type ProcessIdentity } from './process-identity.ts';

/** Thrown when another living process holds the lock. */
export class LockedError extends Error {
  readonly code = 'locked';
  readonly holder: ProcessIdentity;

  constructor(path: string, holder: ProcessIdentity) {
    super(`${path} is held by the running process ${holder.pid}`);
    this.name = 'LockedError';
    this.holder = holder;
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The holder named in a lock file; undefined when the content is not ours to understand. */
function parseHolder(content: string): ProcessIdentity | undefined {
  try {
    return processIdentitySchema.safeParse(JSON.parse(content)).data;
  } catch {
    // Not JSON: nothing we wrote (files appear whole), so nobody holds it.
    return undefined;
  }
}

/**
 * Takes a lock that lives as long as this process: a file naming pid and start time. A lock whose holder has
 * died is taken over, whatever killed it.
 * @returns a function that releases it.
 * @throws LockedError while another process holds it.
 */
export async function acquireLock(path: string): Promise<() => void> {
  const self = await identifyProcess(process.pid);
  if (self === undefined) throw new Error('cannot read the start time of the own process');
  mkdirSync(dirname(path), { recursive: true });
  const content = JSON.stringify(self);
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    for (;;) {
      try {
        // link() is atomic and refuses an existing name: two starters cannot both win.
        linkSync(draft, path);
        break;
      } catch (error) {
        if (!isCode(error, 'EEXIST')) throw error;
      }
      const found = readIfPresent(path);
      if (found === undefined) continue;
      const holder = parseHolder(found);
      if (holder !== undefined && (await isAlive(holder))) throw new LockedError(path, holder);
      removeStale(path, found);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return () => {
    if (readIfPresent(path) === content) rmSync(path, { force: true });
  };
}

/** Removes the dead holder's file, and only that: meanwhile another starter may have put its own there. */
function removeStale(path: string, stale: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  if (readIfPresent(aside) !== stale) {
    try {
      linkSync(aside, path);
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
  }
  rmSync(aside, { force: true });
}
