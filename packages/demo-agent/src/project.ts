import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { listFiles } from './files.ts';

const packageSchema = z.object({ scripts: z.record(z.string(), z.string()).optional() });

/**
 * The command that runs a project's tests, or undefined when none is found. `node --run test` runs
 * the script of package.json as `npm test` does, without needing npm in the sandbox.
 */
export async function findTestCommand(root: string): Promise<string[] | undefined> {
  const manifest = await readIfPresent(path.join(root, 'package.json'));
  if (manifest !== undefined && hasTestScript(manifest)) return [process.execPath, '--run', 'test'];
  const { files } = await listFiles(root);
  if (files.some((file) => /(?:^|[/.])test\.[cm]?[jt]s$/.test(file))) {
    return [process.execPath, '--test'];
  }
  if (files.some((file) => /(?:^|\/)test_[^/]*\.py$/.test(file))) {
    return ['python3', '-m', 'unittest', 'discover'];
  }
  const makefile = await readIfPresent(path.join(root, 'Makefile'));
  if (makefile !== undefined && /^test:/m.test(makefile)) return ['make', 'test'];
  return undefined;
}

/** A command as a person would type it: without the folder of the Node program. */
export function displayCommand(command: readonly string[]): string {
  return command
    .map((word) => (word === process.execPath ? 'node' : word))
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word)))
    .join(' ');
}

function hasTestScript(manifest: string): boolean {
  try {
    const parsed = packageSchema.safeParse(JSON.parse(manifest));
    return parsed.success && parsed.data.scripts?.['test'] !== undefined;
  } catch (error) {
    // A damaged package.json has no script to run; the other ways to find tests still apply.
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
