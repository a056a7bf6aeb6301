import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { identifyProcess } from '../engine/process-identity.ts';
import { agentProcessLimits } from '../limits.ts';
import { AcpClient } from './acp-client.ts';
import { agentPidOf, endAgentProcesses, findAgentProcesses } from './agent-process.ts';
import { createTestSandbox, git } from './testing/sandbox.ts';
import type { TestSandbox } from './testing/sandbox.ts';

describe('which process belongs to a connection', () => {
  const line = (ts: string, pid: number) =>
    `ts=${ts} level=info target=acp_http_adapter::process message="agent process spawned" pid=${pid} elapsed_ms=0\n`;
  const early = line('2026-11-21T17:39:17.598575334Z', 11);
  const late = line('2026-11-21T17:39:19.355007399Z', 22);
  const noise = 'ts=2026-11-21T17:39:19.355Z level=info message="agent process exited" code=0\n';

  test.each([
    ['the one that was started then', early + noise + late, '2026-11-21T17:39:19.355Z', 22],
    ['also some milliseconds later', early + late, '2026-11-21T17:39:17.640Z', 11],
    ['none that was started at another time', early + late, '2026-11-21T17:39:18.500Z', null],
    [
      'neither of two too close together',
      early + line('2026-11-21T17:39:17.800Z', 33),
      '2026-11-21T17:39:17.598Z',
      null,
    ],
    ['none of a log that says nothing of it', noise, '2026-11-21T17:39:19.355Z', null],
  ])('%s', (_title, log, createdAt, pid) => {
    expect(agentPidOf(log, Date.parse(createdAt))).toBe(pid);
  });
});

describe('an agent whose connection is closed', { timeout: 30_000 }, () => {
  let sandbox: TestSandbox;

  beforeAll(async () => {
    sandbox = await createTestSandbox();
    git(sandbox.identity.checkoutPath, 'init', '--quiet', '--initial-branch=main');
  });
  afterAll(() => sandbox.destroy());

  let lastStartedAtMs = 0;

  async function start(serverId: string) {
    const { target, identity } = sandbox;
    // Those that were started too close together are left alone.
    await vi.waitFor(() =>
      expect(Date.now() - lastStartedAtMs).toBeGreaterThan(2 * agentProcessLimits.spawnWindowMs),
    );
    const { serverLogPath } = identity;
    const client = new AcpClient({ target, serverId, agent: 'mock', serverLogPath });
    const { agentSessionId } = await client.openSession({ cwd: identity.checkoutPath, agentSessionId: null });
    const servers = await target.client.listAcpServers();
    lastStartedAtMs = Math.max(...servers.map(({ createdAtMs }) => createdAtMs));
    const find = async () => await findAgentProcesses(target, { serverId, serverLogPath });
    const processes = await vi.waitFor(async () => {
      const found = await find();
      expect(found).not.toEqual([]);
      return found;
    });
    return { client, agentSessionId, find, processes };
  }

  const pidOf = (process: string | undefined): number => Number(process?.split(':')[0]);

  /** Whether exactly this process lives: not one that has its number now. */
  async function isThere(process: string): Promise<boolean> {
    const [pid = '', start = ''] = process.split(':');
    const identity = await identifyProcess(Number(pid));
    return identity?.startTime.endsWith(`/${start}`) === true;
  }

  test('ends with all that it has started when it hangs; others go on', async () => {
    const other = await start('other');
    const hanging = await start('hanging');
    await hanging.client.sendPrompt({
      agentSessionId: hanging.agentSessionId,
      messageId: 'message-hanging',
      text: 'run sleep 300',
    });
    const processes = await vi.waitFor(
      async () => {
        const found = await hanging.find();
        expect(found.length).toBeGreaterThan(1);
        return found;
      },
      { timeout: 10_000 },
    );
    process.kill(pidOf(processes[0]), 'SIGSTOP');
    await hanging.client.close();
    for (const process of processes) {
      expect(await isThere(process)).toBe(false);
    }
    for (const process of other.processes) {
      expect(await isThere(process)).toBe(true);
    }
    const servers = await sandbox.target.client.listAcpServers();
    expect(servers.map(({ serverId }) => serverId)).toEqual(['other']);
    await other.client.close();
  });

  test('is not ended when it ends by itself', async () => {
    const { client, processes } = await start('listening');
    const ended = endAgentProcesses(sandbox.target, processes);
    await client.close();
    expect(await ended).toEqual([]);
    expect(await isThere(processes[0] ?? '')).toBe(false);
  });

  test('is no longer found when it has ended', async () => {
    const { client, find, processes } = await start('crashing');
    process.kill(pidOf(processes[0]), 'SIGKILL');
    await vi.waitFor(async () => expect(await isThere(processes[0] ?? '')).toBe(false));
    expect(await find()).toEqual([]);
    await client.close();
  });

  test('is not taken for what has its number now', async () => {
    const { target, folder } = sandbox;
    const { client, processes } = await start('renumbered');
    const [server] = (await target.client.listAcpServers()).filter(
      ({ serverId }) => serverId === 'renumbered',
    );
    const stranger = spawn('sleep', ['300'], { stdio: 'pipe' });
    const terminal = z.object({ pid: z.number() }).parse(
      await (
        await target.client.request('POST', '/v1/processes', {
          body: JSON.stringify({ command: 'sleep', args: ['300'], tty: true, interactive: true }),
          contentType: 'application/json',
        })
      ).json(),
    );
    const agentPid = pidOf(processes[0]);
    for (const [pid, found] of [
      [agentPid, processes],
      [stranger.pid, []],
      [terminal.pid, []],
    ] as const) {
      const serverLogPath = path.join(folder, `log-${pid}`);
      const time = new Date(server?.createdAtMs ?? 0).toISOString();
      await writeFile(serverLogPath, `ts=${time} message="agent process spawned" pid=${pid} elapsed_ms=0\n`);
      expect(await findAgentProcesses(target, { serverId: 'renumbered', serverLogPath })).toEqual(found);
    }
    expect(await endAgentProcesses(target, [`${stranger.pid}:1`])).toEqual([]);
    expect(stranger.kill()).toBe(true);
    process.kill(terminal.pid);
    await client.close();
  });

  test('is left alone where the server writes no log', async () => {
    const { target } = sandbox;
    const { client } = await start('unlogged');
    const request = { serverId: 'unlogged', serverLogPath: '/nowhere' };
    expect(await findAgentProcesses(target, request)).toEqual([]);
    expect(await findAgentProcesses(target, { ...request, serverLogPath: null })).toEqual([]);
    await client.close();
  });
});
