import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const run = promisify(execFile);
const toolchain = resolve(import.meta.dirname, '../toolchain.sh');
let folder: string;
let clone: string;
let bin: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foundry-toolchain-'));
  clone = join(folder, 'clone');
  bin = join(folder, 'bin');
  mkdirSync(join(clone, 'packages/a'), { recursive: true });
  for (const name of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', 'packages/a/package.json']) {
    writeFileSync(join(clone, name), `content of ${name}`);
  }
  mkdirSync(bin);
  // A machine with only these programs, whatever this one has.
  for (const name of ['sh', 'cat', 'cksum', 'mkdir', 'rm', 'id', 'sleep', 'git', 'touch', 'dirname']) {
    const real = ['/usr/bin', '/bin'].map((path) => join(path, name)).find((path) => existsSync(path));
    symlinkSync(real ?? name, join(bin, name));
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, body: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(bin, name), 0o755);
}

/** Node as the installation would bring it, and npx that makes it and counts its calls. */
function installer(): void {
  program('node', 'case "$1" in -v) echo v20.1.0;; *) echo 20;; esac');
  program(
    'npx',
    `echo call >>${folder}/calls
     sleep 0.2
     mkdir -p node_modules/node/bin && touch node_modules/node/bin/node
     /bin/chmod +x node_modules/node/bin/node`,
  );
}

async function ensure(): Promise<{ stdout: string; stderr: string; failed: boolean }> {
  const script = `set -eu; . ${toolchain}; foundry_toolchain ${clone}; echo "NODE=$FOUNDRY_NODE"`;
  try {
    const result = await run('/bin/sh', ['-c', script], { env: { PATH: bin, TMPDIR: folder } });
    return { ...result, failed: false };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return { stdout, stderr, failed: true };
  }
}

const calls = async (): Promise<number> => {
  const { stdout } = await run('/bin/sh', ['-c', `cat ${folder}/calls 2>/dev/null | wc -l`]);
  return Number(stdout);
};

test('no git, no Node and a Node that is too old are errors that say what to install', async () => {
  expect((await ensure()).stderr).toContain('Node is not installed');
  program('node', 'case "$1" in -v) echo v18.0.0;; *) echo 18;; esac');
  expect((await ensure()).stderr).toContain('Node v18.0.0 is too old');
  rmSync(join(bin, 'git'));
  const result = await ensure();
  expect(result.stderr).toContain('git is not installed');
  expect(result.failed).toBe(true);
});

test('installs once, and again only when what decides an installation changed', async () => {
  installer();
  const first = await ensure();
  expect(first.stdout).toContain('Installing dependencies');
  expect(first.stdout).toContain(`NODE=${clone}/node_modules/node/bin/node`);
  // Once installed, neither a network nor another Node is needed.
  program('node', 'exit 1');
  expect((await ensure()).stdout.trim()).toBe(`NODE=${clone}/node_modules/node/bin/node`);
  expect(await calls()).toBe(1);
  installer();
  writeFileSync(join(clone, 'pnpm-lock.yaml'), 'changed');
  await ensure();
  expect(await calls()).toBe(2);
});

test('two runs at once install once', async () => {
  installer();
  const results = await Promise.all([ensure(), ensure()]);
  expect(results.map(({ failed }) => failed)).toEqual([false, false]);
  expect(await calls()).toBe(1);
});

test('an installation that fails says so and is tried again, also after its lock was left behind', async () => {
  program('node', 'case "$1" in -v) echo v22.0.0;; *) echo 22;; esac');
  program('npx', 'echo no network >&2; exit 1');
  const failed = await ensure();
  expect(failed.failed).toBe(true);
  expect(failed.stderr).toContain('The dependencies could not be installed');
  installer();
  mkdirSync(join(clone, 'node_modules/.foundry-install-lock'), { recursive: true });
  writeFileSync(join(clone, 'node_modules/.foundry-install-lock/pid'), '999999999');
  expect((await ensure()).failed).toBe(false);
});
