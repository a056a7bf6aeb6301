import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock, LockedError } from '../../packages/backend/src/engine/lock-file.ts';

/** Everything that decides what the built app contains. */
const sources = ['packages/frontend', 'packages/client', 'packages/shared', 'pnpm-lock.yaml'] as const;
const ignoredNames = new Set(['node_modules', 'dist', 'e2e', 'test-results', 'playwright-report', 'tmp']);

function* filesUnder(path: string): Generator<string> {
  for (const entry of readdirSync(path, { withFileTypes: true }).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    if (ignoredNames.has(entry.name) || entry.name.startsWith('.')) continue;
    const child = join(path, entry.name);
    if (entry.isDirectory()) yield* filesUnder(child);
    else if (entry.isFile() && !/\.test\.tsx?$/.test(entry.name)) yield child;
  }
}

function fingerprint(root: string): string {
  const hash = createHash('sha256');
  for (const source of sources) {
    const path = join(root, source);
    const files = source.endsWith('.yaml') ? [path] : filesUnder(path);
    for (const file of files) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** Takes the build lock, in turn with other runs in the same clone. */
async function takeTurn(lockFile: string): Promise<() => void> {
  for (;;) {
    try {
      return await acquireLock(lockFile);
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      await sleep(200);
    }
  }
}

async function runVite(
  frontendDir: string,
  outputDir: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const packageFile = createRequire(join(frontendDir, 'package.json')).resolve('vite/package.json');
  const child = spawn(
    process.execPath,
    [
      join(packageFile, '../bin/vite.js'),
      'build',
      '--outDir',
      outputDir,
      '--emptyOutDir',
      '--logLevel',
      'warn',
    ],
    {
      cwd: frontendDir,
      env: { ...process.env, NODE_ENV: 'production', NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal === undefined ? {} : { signal }),
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-20_000);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`The web app could not be built:\n${output.trim()}`);
}

/**
 * Builds the web app into `packages/frontend/dist`, unless its sources are the ones of the last build. A running
 * server never sees a half-written build.
 * @returns true when something was built.
 * @throws Error with the bundler's own words.
 */
export async function buildFrontend(
  root: string,
  options?: { readonly say?: (line: string) => void; readonly signal?: AbortSignal },
): Promise<boolean> {
  const frontendDir = join(root, 'packages/frontend');
  const outputDir = join(frontendDir, 'dist');
  const stampFile = join(outputDir, '.build-fingerprint');
  const releaseLock = await takeTurn(join(frontendDir, 'node_modules/.build.lock'));
  const fresh = join(frontendDir, 'node_modules/.build-output');
  const old = join(frontendDir, 'node_modules/.build-previous');
  try {
    const wanted = fingerprint(root);
    if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return false;
    options?.say?.('Building the web app');
    await runVite(frontendDir, fresh, options?.signal);
    writeFileSync(join(fresh, '.build-fingerprint'), wanted);
    rmSync(old, { recursive: true, force: true });
    if (existsSync(outputDir)) renameSync(outputDir, old);
    renameSync(fresh, outputDir);
    return true;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
    releaseLock();
  }
}
