import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { doorParams } from '../../../engine/door.ts';
import { startIsolatedEngine } from '../../../engine/testing.ts';
import { SandboxAgentClient } from '../../../sandbox/sandbox-agent-client.ts';
import { sessionStatusSyncAddress } from '../../addresses.ts';
import { startWorkspace, until, type Workspace } from './harness.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const pool = `restart-${randomUUID()}`;
let workspace: Workspace;
let child: ChildProcess;
let start: () => Promise<void>;

async function kill(): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** The pids of the agents at work in a checkout. */
async function agentsIn(checkoutPath: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) {
      continue;
    }
    try {
      const isThere = (await readlink(`/proc/${pid}/cwd`)) === checkoutPath;
      if (isThere && (await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes('demo-agent')) {
        found.push(pid);
      }
    } catch (error) {
      // Others' processes may not be looked at, and processes end.
      if (!/\b(ENOENT|EACCES|EPERM|ESRCH)\b/.test(String(error))) {
        throw error;
      }
    }
  }
  return found;
}

beforeAll(async () => {
  const engine = await startIsolatedEngine();
  const { endpoint } = engine;
  workspace = await startWorkspace(async (options) => {
    start = async () => {
      child = fork(new URL('process.ts', import.meta.url), {
        env: {
          ...process.env,
          RIVET_ENDPOINT: endpoint,
          RIVET_POOL: pool,
          RIVET_RUN_SERVICES: '0',
          TEST_DOOR: doorParams().door,
          WORKSPACE_OPTIONS: JSON.stringify(options),
        },
        execArgv: [],
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      await once(child, 'message');
    };
    await start();
    return {
      endpoint,
      pool,
      stop: async () => {
        await kill();
        await engine.stop();
      },
    };
  });
});
afterAll(async () => {
  await workspace.stop();
});

test('a backend killed in mid-turn takes the turn up again: nothing lost, nothing twice, in order', async () => {
  const { sessionId, firstMessageId } = await workspace.createTask({ prompt: 'count to 60' });
  await workspace.receipt(sessionId, firstMessageId, 'working');
  await kill();
  await start();
  // Nobody asks for anything: the alarm wakes the stream's actor, and only then this looks.
  await workspace.receipt(sessionId, firstMessageId, 'done');
  const { items } = await workspace.sessionSnapshot(sessionId);
  expect(items.map(({ sequence }) => sequence)).toEqual(items.map((_, index) => index + 1));
  const said = items.map(({ body }) => (body.kind === 'agent_text' ? body.text : '')).join('');
  const numbers = [...said.matchAll(/\b(\d+)\b/g)].map(([, digits]) => Number(digits));
  expect(numbers).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  expect(items.filter(({ body }) => body.kind === 'turn_end')).toHaveLength(1);
  expect(items.filter(({ body }) => body.kind === 'user_message')).toHaveLength(1);
});

test('a turn that a stop of Foundry cut says so, and can be tried again', async () => {
  const { taskId, sessionId, firstMessageId } = await workspace.createTask({ prompt: 'slow 60' });
  await workspace.receipt(sessionId, firstMessageId, 'working');
  const { task } = await workspace.taskSnapshot(taskId);
  // As `scripts/start` ends: the backend first, then the sandboxes.
  await kill();
  await workspace.provider.stop(task.sandbox?.id ?? '');
  await start();
  await workspace.receipt(sessionId, firstMessageId, 'failed');
  const { items, messages } = await workspace.sessionSnapshot(sessionId);
  expect(items.at(-1)?.body).toMatchObject({ kind: 'turn_end', stopReason: 'interrupted' });
  const failure = messages.find(({ id }) => id === firstMessageId)?.failure;
  expect(failure).toMatchObject({ code: 'interrupted', retryable: true });
  expect(failure?.message).toContain('Foundry was stopped while the agent was working');
  expect(failure?.message).not.toContain('sandbox');
  // The workspace starts again, and the conversation goes on in it.
  await workspace.receipt(sessionId, await workspace.say(sessionId, 'list files'), 'done');
});

test('a sandbox that ends under a running turn is what the turn says, and no stop of Foundry', async () => {
  const { taskId, sessionId, firstMessageId } = await workspace.createTask({ prompt: 'slow 60' });
  await workspace.receipt(sessionId, firstMessageId, 'working');
  const { task } = await workspace.taskSnapshot(taskId);
  await workspace.provider.stop(task.sandbox?.id ?? '');
  await workspace.receipt(sessionId, firstMessageId, 'failed');
  const { items } = await workspace.sessionSnapshot(sessionId);
  expect(items.at(-1)?.body).toMatchObject({ kind: 'turn_end', stopReason: 'error' });
});

test('an agent that is asked to stop late, because the backend was away, still has its time to do so', async () => {
  const { taskId, sessionId, firstMessageId } = await workspace.createTask({ prompt: 'slow 60' });
  await workspace.receipt(sessionId, firstMessageId, 'working');
  const { task } = await workspace.taskSnapshot(taskId);
  const sandbox = new SandboxAgentClient(await workspace.provider.endpoint(task.sandbox?.id ?? ''));
  const agents = await sandbox.listAcpServers();
  expect(agents.map(({ serverId }) => serverId)).toEqual([sessionId]);
  // What was due while nobody was there is due at once, one after the other.
  const messages = ['status.command.cancel', 'status.command.enforceCancel'].map((name) => ({
    name,
    body: { messageId: firstMessageId, attempt: 1 },
    envelope: { commandId: randomUUID(), causedBy: null, by: { kind: 'system' as const }, at: Date.now() },
  }));
  await workspace.connections.enqueue(
    sessionStatusSyncAddress(workspace.organizationId, sessionId),
    messages,
  );
  await workspace.receipt(sessionId, firstMessageId, 'cancelled');
  expect(await sandbox.listAcpServers()).toEqual(agents);
});

test('an agent that hangs is ended when it is asked to stop; the next message has a new one', async () => {
  const { taskId, sessionId, firstMessageId } = await workspace.createTask({ prompt: 'slow 60' });
  await workspace.receipt(sessionId, firstMessageId, 'working');
  const { task } = await workspace.taskSnapshot(taskId);
  const { identity } = await workspace.provider.inspect(task.sandbox?.id ?? '');
  const agents = await agentsIn(identity?.checkoutPath ?? '/nowhere');
  expect(agents).not.toEqual([]);
  for (const pid of agents) {
    process.kill(pid, 'SIGSTOP');
  }
  await workspace.send(workspace.session(sessionId), 'session.command.stop', {
    messageId: firstMessageId,
    attempt: 1,
  });
  await workspace.receipt(sessionId, firstMessageId, 'cancelled');
  await workspace.receipt(sessionId, await workspace.say(sessionId, 'list files'), 'done');
  await until('the hanging agent to be gone', async () => {
    const left = await agentsIn(identity?.checkoutPath ?? '/nowhere');
    return left.some((pid) => agents.includes(pid)) ? null : true;
  });
});

test('a backend killed while it makes a workspace completes it', async () => {
  const { taskId, sessionId, firstMessageId } = await workspace.createTask({ prompt: 'list files' });
  await kill();
  await start();
  await workspace.receipt(sessionId, firstMessageId, 'done');
  expect((await workspace.taskSnapshot(taskId)).task.status).toEqual({ state: 'ready' });
});
