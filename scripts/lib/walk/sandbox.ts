import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { StageFailed } from './expect.ts';

const execute = promisify(execFile);

/** The folder of the checkout that has `branch` checked out, found on disk and not by asking Foundry. */
export async function findCheckout(dataDir: string, branch: string): Promise<string> {
  const { stdout } = await execute('find', [
    dataDir,
    '-type',
    'd',
    '-name',
    '.git',
    '-not',
    '-path',
    '*/node_modules/*',
  ]);
  for (const gitDir of stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')) {
    const head = await readFile(join(gitDir, 'HEAD'), 'utf8');
    if (head.trim() === `ref: refs/heads/${branch}`) {
      return dirname(gitDir);
    }
  }
  throw new StageFailed(`no checkout below ${dataDir} is on ${branch}\nseen: ${stdout}`);
}

/** A sandbox's HOME lies beside its checkout. */
export function homeOf(checkout: string): string {
  return join(dirname(checkout), 'home');
}

/** Places that hold `secret`: files of the whole sandbox folder (git's configuration among them) and environments of its processes. */
export async function placesOf(secret: string, checkout: string): Promise<string[]> {
  const folder = dirname(checkout);
  const places: string[] = [];
  try {
    const { stdout } = await execute('grep', ['-rlaF', '--', secret, folder], {
      maxBuffer: 16 * 1024 * 1024,
    });
    places.push(...stdout.trim().split('\n'));
  } catch (error) {
    // grep ends with 1 when it found nothing.
    if (!(error instanceof Error && 'code' in error && error.code === 1)) {
      throw error;
    }
  }
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    try {
      const [environment, commandLine, workingDir] = await Promise.all([
        readFile(`/proc/${pid}/environ`, 'utf8'),
        readFile(`/proc/${pid}/cmdline`, 'utf8'),
        readlink(`/proc/${pid}/cwd`),
      ]);
      if (
        (workingDir.startsWith(folder) || environment.includes(folder)) &&
        (environment.includes(secret) || commandLine.includes(secret))
      ) {
        places.push(`process ${pid}: ${commandLine.replaceAll('\0', ' ')}`);
      }
    } catch {
      // The process ended meanwhile, or belongs to somebody else.
    }
  }
  return places;
}
