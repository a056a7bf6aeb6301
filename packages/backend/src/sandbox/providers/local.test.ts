import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SandboxAgentClient } from '../sandbox-agent-client.ts';
import { executeInSandbox } from '../execute-in-sandbox.ts';
import { LocalSandboxProvider } from './local.ts';
import { findProcessesByEnvironment } from './local-process.ts';
import { ensureExecutable, locateLocalSandboxPrograms } from './local-programs.ts';
import { readRecord, writeRecord } from './local-record.ts';
import { testProviderContract } from './provider-contract.ts';

const programs = locateLocalSandboxPrograms();
const searchPath = process.env['PATH'] ?? '/usr/bin:/bin';
const contractRoot = mkdtempSync(path.join(tmpdir(), 'sandbox-contract-'));

testProviderContract(
  'local',
  () => new LocalSandboxProvider({ rootFolder: contractRoot, programs, searchPath }),
  {
    timeoutMs: 20_000,
    cleanUp: () => {
      rmSync(contractRoot, { recursive: true, force: true });
      return Promise.resolve();
    },
  },
);

describe('local sandboxes', { timeout: 20_000 }, () => {
  let rootFolder = '';
  const newProvider = (): LocalSandboxProvider =>
    new LocalSandboxProvider({ rootFolder, programs, searchPath });

  beforeAll(() => {
    rootFolder = mkdtempSync(path.join(tmpdir(), 'sandbox local '));
  });
  afterEach(async () => {
    const provider = newProvider();
    for (const { sandboxId } of await provider.list()) await provider.destroy(sandboxId);
  });
  afterAll(() => rmSync(rootFolder, { recursive: true, force: true }));

  test('the environment holds what is named and nothing of ours; the record is private', async () => {
    process.env['FOUNDRY_SECRET'] = 'must-not-be-seen';
    const identity = await newProvider().create('environment');
    delete process.env['FOUNDRY_SECRET'];
    const endpoint = await newProvider().endpoint('environment');
    const { stdout } = await executeInSandbox(
      { client: new SandboxAgentClient(endpoint), ...identity },
      { command: 'env', args: [], cwd: identity.checkoutPath, timeoutMs: 5_000 },
    );
    expect(stdout).not.toContain('must-not-be-seen');
    expect(stdout).not.toContain(endpoint.token);
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(new Set(names)).toEqual(
      new Set([
        'FOUNDRY_LOCAL_SANDBOX',
        'GIT_CONFIG_NOSYSTEM',
        'GIT_TERMINAL_PROMPT',
        'HOME',
        'LANG',
        'PATH',
        'RUST_LOG',
        'SANDBOX_AGENT_ACP_REQUEST_TIMEOUT_MS',
        'TERM',
        'TMPDIR',
        'XDG_DATA_HOME',
      ]),
    );
    const record = path.join(rootFolder, 'environment', 'sandbox.json');
    expect(statSync(record).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(record)).mode & 0o777).toBe(0o700);
  });

  test('outlives the process that made it; another finds it and can end it', async () => {
    const script = `
      const [{ LocalSandboxProvider }, { locateLocalSandboxPrograms }] = await Promise.all([
        import(${JSON.stringify(path.join(import.meta.dirname, 'local.ts'))}),
        import(${JSON.stringify(path.join(import.meta.dirname, 'local-programs.ts'))}),
      ]);
      const provider = new LocalSandboxProvider({ rootFolder: ${JSON.stringify(rootFolder)},
        programs: locateLocalSandboxPrograms(), searchPath: process.env.PATH });
      await provider.create('survivor');
      process.stdout.write('made');
      setInterval(() => {}, 1_000);`;
    const backend = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => backend.stdout.once('data', resolve));
    const ended = new Promise((resolve) => backend.once('exit', resolve));
    backend.kill('SIGKILL');
    await ended;
    const provider = newProvider();
    expect((await provider.inspect('survivor')).state).toBe('running');
    await provider.destroy('survivor');
    expect(existsSync(path.join(rootFolder, 'survivor'))).toBe(false);
  });

  test('a killed server is seen, started again on its files, and leaves no process behind', async () => {
    const provider = newProvider();
    const identity = await provider.create('killed');
    const record = await readRecord(path.join(rootFolder, 'killed', 'sandbox.json'));
    const target = {
      client: new SandboxAgentClient(await provider.endpoint('killed')),
      ...identity,
    };
    const sleeping = executeInSandbox(target, {
      command: 'setsid',
      args: ['--wait', 'sleep', '60'],
      cwd: identity.checkoutPath,
      timeoutMs: 60_000,
    }).catch((error: unknown) => error);
    const mark = `FOUNDRY_LOCAL_SANDBOX=${path.join(rootFolder, 'killed')}`;
    await expect.poll(async () => (await findProcessesByEnvironment(mark)).length).toBeGreaterThan(1);
    process.kill(record?.process?.pid ?? 0, 'SIGKILL');
    await expect
      .poll(() => provider.inspect('killed'))
      .toMatchObject({ state: 'stopped', message: 'Its server process has ended.' });
    await sleeping;
    expect(await provider.start('killed')).toEqual(identity);
    expect((await provider.inspect('killed')).state).toBe('running');
    await provider.stop('killed');
    expect(await findProcessesByEnvironment(mark)).toEqual([]);
  });

  test('a pid that now belongs to somebody else is not touched', async () => {
    const provider = newProvider();
    await provider.create('reused');
    await provider.stop('reused');
    const file = path.join(rootFolder, 'reused', 'sandbox.json');
    const record = await readRecord(file);
    if (!record) throw new Error('the sandbox has no record');
    const bystander = spawn('sleep', ['60'], { detached: true });
    try {
      await writeRecord(file, {
        ...record,
        process: { pid: bystander.pid ?? 0, startedAt: 'another start' },
      });
      expect((await provider.inspect('reused')).state).toBe('stopped');
      await provider.destroy('reused');
      expect(() => process.kill(bystander.pid ?? 0, 0)).not.toThrow();
    } finally {
      bystander.kill('SIGKILL');
    }
  });

  test('a server that cannot start gives its own words', async () => {
    const provider = new LocalSandboxProvider({
      rootFolder,
      programs: { ...programs, sandboxAgent: '/bin/false' },
      searchPath,
    });
    await expect(provider.create('broken')).rejects.toMatchObject({ code: 'start_failed' });
    const missing = new LocalSandboxProvider({
      rootFolder,
      programs: { ...programs, sandboxAgent: '/nowhere/sandbox-agent' },
      searchPath,
    });
    await expect(missing.create('broken')).rejects.toMatchObject({
      code: 'start_failed',
      providerMessage: expect.stringContaining('ENOENT'),
    });
    // The same id then completes with a program that works.
    await newProvider().create('broken');
    expect((await newProvider().inspect('broken')).state).toBe('running');
  });

  test('a folder that cannot be used gives the words of the system', async () => {
    const unusable = new LocalSandboxProvider({ rootFolder: '/dev/null/x', programs, searchPath });
    await expect(unusable.create('nowhere')).rejects.toMatchObject({
      code: 'provider_unavailable',
      providerMessage: expect.stringContaining('ENOTDIR'),
    });
  });

  test('the server binary is made executable in a copy when the installed one is not', async () => {
    const folder = mkdtempSync(path.join(rootFolder, '.binary-'));
    const source = path.join(folder, 'program');
    writeFileSync(source, '#!/bin/sh\n');
    chmodSync(source, 0o600);
    const copy = await ensureExecutable(source, path.join(folder, 'bin'));
    expect(copy).not.toBe(source);
    expect(statSync(copy).mode & 0o111).toBe(0o111);
    expect(await ensureExecutable(source, path.join(folder, 'bin'))).toBe(copy);
    expect(readdirSync(path.join(folder, 'bin'))).toHaveLength(1);
    expect(readFileSync(copy, 'utf8')).toBe('#!/bin/sh\n');
  });
});
