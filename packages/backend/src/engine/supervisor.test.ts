import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLogger } from '../log.ts';
import { enginePaths, enginePorts, truncateLog } from './engine-process.ts';
import { findFreePorts } from './ports.ts';
import { identifyProcess, isAlive, signalProcess, type ProcessIdentity } from './process-identity.ts';
import { superviseEngine, useExternalEngine, type Engine } from './supervisor.ts';

const logger = createLogger('silent');
let dataDir: string;
let cleanups: (() => Promise<unknown>)[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'foundry-supervisor-'));
  cleanups = [];
});
afterEach(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
  await rm(dataDir, { recursive: true, force: true });
});

const freePort = (): Promise<number> => findFreePorts(enginePorts.map(({ offset }) => offset));

async function start(port: number): Promise<Engine> {
  const engine = await superviseEngine({ dataDir, port, logger });
  cleanups.push(() => engine.stop());
  return engine;
}

async function identityOf(engine: Engine): Promise<ProcessIdentity> {
  const identity = await identifyProcess(engine.pid() ?? 0);
  if (identity === undefined) throw new Error('the engine does not run');
  return identity;
}

/** A process that supervises an engine as the backend does, and says its engine's pid. */
async function startInChild(port: number): Promise<{ child: ChildProcess; enginePid: number }> {
  const script = `
    import { superviseEngine } from ${JSON.stringify(new URL('supervisor.ts', import.meta.url).href)};
    import { createLogger } from ${JSON.stringify(new URL('../log.ts', import.meta.url).href)};
    const engine = await superviseEngine({
      dataDir: process.env.DATA_DIR, port: Number(process.env.PORT), logger: createLogger('silent'),
    });
    process.stdout.write(engine.pid() + '\\n');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, DATA_DIR: dataDir, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanups.push(async () => child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) {
    const left = await identifyProcess(Number(line));
    // Runs after the child was killed, and ends the engine where the test has not.
    if (left !== undefined) cleanups.unshift(() => signalProcess(left, 'SIGKILL'));
    return { child, enginePid: Number(line) };
  }
  throw new Error('the supervising process ended before its engine was ready');
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

test('starts the engine and stops it without leaving anything', async () => {
  const engine = await start(await freePort());
  const identity = await identityOf(engine);
  expect(await engine.isReady()).toBe(true);
  await engine.stop();
  expect(await isAlive(identity)).toBe(false);
  expect(await engine.isReady()).toBe(false);
  expect(existsSync(enginePaths(dataDir).stateFile)).toBe(false);
  expect(existsSync(enginePaths(dataDir).lockFile)).toBe(false);
});

test('an engine killed by SIGKILL is replaced and answers again within 10 s, each time', async () => {
  const engine = await start(await freePort());
  for (const expectedRestarts of [1, 2, 3]) {
    const identity = await identityOf(engine);
    await signalProcess(identity, 'SIGKILL');
    await vi.waitFor(() => expect(engine.restarts()).toBe(expectedRestarts), {
      timeout: 10_000,
      interval: 20,
    });
    expect(await engine.isReady()).toBe(true);
    expect(engine.pid()).not.toBe(identity.pid);
  }
});

test('stop while the engine is being restarted leaves none behind', async () => {
  const engine = await start(await freePort());
  await signalProcess(await identityOf(engine), 'SIGKILL');
  await vi.waitFor(() => expect(engine.pid()).toBeUndefined(), { timeout: 5_000, interval: 1 });
  await engine.stop();
  expect(engine.pid()).toBeUndefined();
  expect(await engine.isReady()).toBe(false);
});

test('adopts the engine of a supervisor that was killed, watches it and stops it', async () => {
  const port = await freePort();
  const { child, enginePid } = await startInChild(port);
  await kill(child);
  const engine = await start(port);
  expect(engine.pid()).toBe(enginePid);
  expect(await engine.isReady()).toBe(true);

  await signalProcess(await identityOf(engine), 'SIGKILL');
  await vi.waitFor(() => expect(engine.restarts()).toBe(1), { timeout: 10_000, interval: 20 });
  expect(engine.pid()).not.toBe(enginePid);
  expect(await engine.isReady()).toBe(true);
});

test('ends an engine left behind with another configuration and starts its own', async () => {
  const { child, enginePid } = await startInChild(await freePort());
  const left = await identifyProcess(enginePid);
  await kill(child);
  const engine = await start(await freePort());
  expect(engine.pid()).not.toBe(enginePid);
  expect(left === undefined || (await isAlive(left))).toBe(false);
});

test('ends an engine left behind that does not answer, and starts a new one', async () => {
  const port = await freePort();
  const { child, enginePid } = await startInChild(port);
  await kill(child);
  // A stopped process keeps its ports and answers nobody; SIGKILL still ends it.
  process.kill(enginePid, 'SIGSTOP');
  const engine = await superviseEngine({ dataDir, port, logger, adoptTimeoutMs: 500, stopTimeoutMs: 500 });
  cleanups.push(() => engine.stop());
  expect(engine.pid()).not.toBe(enginePid);
  expect(await engine.isReady()).toBe(true);
});

test('a data folder whose engine another process supervises is refused with its pid', async () => {
  const port = await freePort();
  const { child } = await startInChild(port);
  await expect(start(await freePort())).rejects.toThrow(
    `Another Foundry (process ${child.pid}) already runs an engine`,
  );
});

test('a foreign program on any of the ports is a clear error, and the next start works', async () => {
  const port = await freePort();
  for (const { offset } of enginePorts) {
    const foreign = createServer();
    await new Promise<void>((resolve) => foreign.listen(port + offset, '127.0.0.1', resolve));
    await expect(start(port)).rejects.toThrow(`Port ${port + offset} (engine`);
    await new Promise((resolve) => foreign.close(resolve));
  }
  expect(existsSync(enginePaths(dataDir).lockFile)).toBe(false);
  expect(await (await start(port)).isReady()).toBe(true);
});

test('RIVET_ENDPOINT: an engine that already runs is used and survives our stop', async () => {
  const running = await start(await freePort());
  const external = await useExternalEngine(running.endpoint, logger);
  expect(await external.isReady()).toBe(true);
  expect(external.pid()).toBeUndefined();
  expect(external.port).toBe(running.port);
  await external.stop();
  expect(await running.isReady()).toBe(true);
});

test('RIVET_ENDPOINT: something that is no engine is not taken for one', async () => {
  const server = createServer((_request, response) => response.end('{"status":"ok"}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await expect(
    useExternalEngine(`http://default:token@127.0.0.1:${port}`, logger, { readyTimeoutMs: 300 }),
  ).rejects.toThrow('RIVET_ENDPOINT is set. Is that engine running?');
});

test("the engine's own environment holds none of Foundry's secrets [R17]", async () => {
  vi.stubEnv('FOUNDRY_SECRET', 'must-not-be-inherited');
  cleanups.push(async () => vi.unstubAllEnvs());
  const engine = await start(await freePort());
  const environment = await readFile(`/proc/${engine.pid()}/environ`, 'utf8');
  expect(environment).toContain('RIVET__GUARD__PORT');
  expect(environment).not.toContain('must-not-be-inherited');
});

test('the log of a running engine is bounded, and goes on after it was shortened', async () => {
  const engine = await start(await freePort());
  const { logFile } = enginePaths(dataDir);
  const before = await readFile(logFile, 'utf8');
  expect(before).toContain('starting rivet');
  truncateLog(logFile, 10);
  expect(await readFile(`${logFile}.1`, 'utf8')).toContain('starting rivet');
  await engine.stop();
  const after = await readFile(logFile, 'utf8');
  expect(after).toContain('shutdown');
  expect(after).not.toContain('starting rivet');
});
