import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { StageFailed } from './expect.ts';

const execute = promisify(execFile);
const failureSchema = z.object({ code: z.number(), stdout: z.string(), stderr: z.string() });

/** What `find` or `grep` print of folders at work, as lines. That files go away meanwhile, as git's locks do, is no failure. */
async function search(command: string, args: string[]): Promise<string[]> {
  const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');
  try {
    return linesOf((await execute(command, args, { maxBuffer: 16 * 1024 * 1024 })).stdout);
  } catch (error) {
    const failure = failureSchema.safeParse(error).data;
    const complaints = linesOf(failure?.stderr ?? '');
    // Without a word: grep found nothing.
    if (failure !== undefined && complaints.every((line) => line.endsWith(': No such file or directory'))) {
      return linesOf(failure.stdout);
    }
    throw error;
  }
}

/** The folder of the checkout that has `branch` checked out, found on disk and not by asking Foundry. */
export async function findCheckout(dataDir: string, branch: string): Promise<string> {
  const found = await search('find', [
    dataDir,
    '-type',
    'd',
    '-name',
    '.git',
    '-not',
    '-path',
    '*/node_modules/*',
  ]);
  for (const gitDir of found) {
    const head = await readFile(join(gitDir, 'HEAD'), 'utf8');
    if (head.trim() === `ref: refs/heads/${branch}`) {
      return dirname(gitDir);
    }
  }
  throw new StageFailed(`no checkout below ${dataDir} is on ${branch}\nseen: ${found.join('\n')}`);
}

/** A sandbox's HOME lies beside its checkout. */
export function homeOf(checkout: string): string {
  return join(dirname(checkout), 'home');
}

/** Places that hold `secret`: files of the whole sandbox folder (git's configuration among them) and environments of its processes. */
export async function placesOf(secret: string, checkout: string): Promise<string[]> {
  const folder = dirname(checkout);
  const places = await search('grep', ['-rlaF', '--', secret, folder]);
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
