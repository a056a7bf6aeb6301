import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { identifyProcess, isAlive } from '../../packages/backend/src/engine/process-identity.ts';
import { endLeftovers, ProcessRecord } from './leftovers.ts';
import { ManagedProcess, type ManagedProcessOptions } from './managed-process.ts';

let folder: string;
let said: string[];
let started: ManagedProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foundry-managed-'));
  said = [];
  started = [];
});
afterEach(async () => {
  await Promise.all(started.map((part) => part.stop(2_000)));
  rmSync(folder, { recursive: true, force: true });
});

/** A process that says it is ready by a file, and stays. */
function part(code: string, options?: Partial<ManagedProcessOptions>): ManagedProcess {
  const script = join(folder, 'part.mjs');
  const readyFile = join(folder, 'ready');
  writeFileSync(
    script,
    `import { writeFileSync } from 'node:fs';
     const ready = () => { writeFileSync(${JSON.stringify(readyFile)}, ''); setInterval(() => {}, 1_000); };
     ${code}`,
  );
  const managed = new ManagedProcess({
    name: 'the part',
    script,
    args: [],
    environment: {},
    workingDir: folder,
    logFile: join(folder, 'part.log'),
    isReady: async () => existsSync(readyFile),
    readyTimeoutMs: 5_000,
    autoRestart: false,
    say: (line) => said.push(line),
    ...options,
  });
  started.push(managed);
  return managed;
}

test('kill keeps a part down, also one that restarts by itself; restart brings it back', async () => {
  const managed = part('ready();', { autoRestart: true });
  await managed.start();
  const pid = managed.pid();
  expect(await managed.kill('SIGKILL')).toBe(true);
  expect(managed.pid()).toBeUndefined();
  expect(await managed.kill('SIGKILL')).toBe(false);
  await managed.restart();
  expect(managed.pid()).not.toBe(pid);
  expect(said).toEqual([]);
});

test('a part that dies unasked is restarted, and its last words are said', async () => {
  const managed = part("process.stdout.write('about to die\\n'); ready();", { autoRestart: true });
  await managed.start();
  const pid = managed.pid();
  process.kill(pid ?? 0, 'SIGKILL');
  await vi.waitFor(() => expect(said.at(-1)).toBe('the part is back'), { timeout: 5_000, interval: 10 });
  expect(managed.pid()).not.toBe(pid);
  expect(said[0]).toContain('the part died (SIGKILL)');
  expect(said[1]).toContain('about to die');
});

test('a part that ends before it is ready is an error with the words of this run, made readable', async () => {
  writeFileSync(join(folder, 'part.log'), 'words of an earlier run\n');
  const managed = part(
    `process.stdout.write(JSON.stringify({ level: 'fatal', msg: 'Port 1 is taken' }) + '\\n'); process.exit(3);`,
  );
  const error: unknown = await managed.start().catch((reason: unknown) => reason);
  expect(String(error)).toContain('the part ended (exit code 3)');
  expect(String(error)).toContain('fatal: Port 1 is taken');
  expect(String(error)).not.toContain('earlier run');
});

test('a part that is never ready is ended after the timeout', async () => {
  const managed = part('setInterval(() => {}, 1_000);', { readyTimeoutMs: 300 });
  await expect(managed.start()).rejects.toThrow('was not ready within 0.3 s');
  expect(managed.pid()).toBeUndefined();
});

test('what a killed starter left behind is ended at the next start, sandboxes too', async () => {
  const record = new ProcessRecord(folder);
  const recorded = part('ready();', { onStarted: (identity) => record.add('backend', identity) });
  await recorded.start();
  rmSync(join(folder, 'ready'));
  const sandbox = part('ready();', { environment: { HOME: join(folder, 'sandboxes/1/home') } });
  await sandbox.start();
  const identities = await Promise.all([recorded, sandbox].map((left) => identifyProcess(left.pid() ?? 0)));

  await endLeftovers(folder, { engine: false, graceMs: 2_000 });
  for (const identity of identities) {
    expect(identity).toBeDefined();
    expect(identity !== undefined && (await isAlive(identity))).toBe(false);
  }
  expect(record.read()).toEqual({});
});
