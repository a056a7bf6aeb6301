import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { client, ndJsonStream } from '@agentclientprotocol/sdk';
import type {
  ClientConnection,
  NewSessionRequest,
  RequestPermissionRequest,
  RequestPermissionResponse,
  SessionUpdate,
  ToolCallContent,
} from '@agentclientprotocol/sdk';

const mainPath = path.join(import.meta.dirname, 'main.ts');

interface Driver {
  process: ChildProcess;
  connection: ClientConnection;
  updates: SessionUpdate[];
  sessionId: string;
  prompt: (text: string) => Promise<string>;
  text: () => string;
}

let folder: string;
let checkout: string;
let answer: (request: RequestPermissionRequest) => Promise<RequestPermissionResponse>;
const started: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'demo-agent-'));
  checkout = path.join(folder, 'checkout');
  mkdirSync(path.join(folder, 'home'), { recursive: true });
  mkdirSync(checkout);
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'Ada Example');
  git('config', 'user.email', 'ada@example.test');
  writeFileSync(path.join(checkout, 'README.md'), 'Hello teh world\n');
  git('add', '.');
  git('commit', '--quiet', '-m', 'Start');
  answer = () => Promise.reject(new Error('no permission request was expected'));
});

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: checkout, encoding: 'utf8' }).trim();
}

async function start(options: { load?: string; model?: string } = {}): Promise<Driver> {
  const child = spawn(process.execPath, [mainPath], {
    env: { PATH: process.env['PATH'] ?? '', HOME: path.join(folder, 'home') },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  started.push(child);
  const updates: SessionUpdate[] = [];
  // The web stream types of node:stream/web and of the SDK differ only in name.
  const input = Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>;
  const connection = client()
    .onNotification('session/update', ({ params }) => void updates.push(params.update))
    .onRequest('session/request_permission', ({ params }) => answer(params))
    .connect(ndJsonStream(Writable.toWeb(child.stdin), input));
  await connection.agent.request('initialize', { protocolVersion: 1 });
  const place: NewSessionRequest = { cwd: checkout, mcpServers: [] };
  let sessionId = options.load ?? '';
  if (options.load === undefined) {
    const created = await connection.agent.request('session/new', place);
    sessionId = created.sessionId;
  } else {
    await connection.agent.request('session/load', { ...place, sessionId });
  }
  if (options.model !== undefined) {
    await connection.agent.request('session/set_config_option', {
      sessionId,
      configId: 'model',
      value: options.model,
    });
  }
  return {
    process: child,
    connection,
    updates,
    sessionId,
    prompt: async (text) => {
      const response = await connection.agent.request('session/prompt', {
        sessionId,
        prompt: [{ type: 'text', text }],
      });
      return response.stopReason;
    },
    text: () =>
      updates
        .map((update) =>
          update.sessionUpdate === 'agent_message_chunk' && update.content.type === 'text'
            ? update.content.text
            : '',
        )
        .join(''),
  };
}

function contents(updates: readonly SessionUpdate[]): ToolCallContent[] {
  return updates.flatMap((update) =>
    update.sessionUpdate === 'tool_call_update' ? (update.content ?? []) : [],
  );
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 8_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('the awaited condition did not come');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('creates a file, reports its diff, commits as the configured author', async () => {
  const driver = await start();
  expect(await driver.prompt('create docs/hello.md with "Hello there"')).toBe('end_turn');
  expect(readFileSync(path.join(checkout, 'docs/hello.md'), 'utf8')).toBe('Hello there\n');
  expect(git('log', '-1', '--format=%an <%ae> %s')).toBe(
    'Ada Example <ada@example.test> Create docs/hello.md',
  );
  expect(git('status', '--porcelain')).toBe('');
  expect(contents(driver.updates)).toContainEqual({
    type: 'diff',
    path: path.join(checkout, 'docs/hello.md'),
    oldText: null,
    newText: 'Hello there\n',
  });
  expect(driver.text()).toContain('not a language model');
  expect(driver.updates.some((update) => update.sessionUpdate === 'plan')).toBe(true);
  const chunks = driver.updates.filter((u) => u.sessionUpdate === 'agent_message_chunk');
  expect(chunks.length).toBeGreaterThan(3);

  const before = driver.updates.length;
  await driver.prompt("in README.md replace 'teh' with 'the' without committing");
  expect(git('status', '--porcelain')).toBe('M README.md');
  expect(JSON.stringify(driver.updates.slice(before))).not.toContain('not a language model');
});

test('stays inside the checkout', async () => {
  const driver = await start();
  await driver.prompt('create ../outside.md with x; create .git/hooks/x with y');
  expect(existsSync(path.join(folder, 'outside.md'))).toBe(false);
  expect(driver.text()).toContain('outside the checkout');
  expect(driver.text()).toContain('I do not touch the files of .git');
});

test('the careful model does not commit while tests fail, the quick one does not run them', async () => {
  writeFileSync(path.join(checkout, 'package.json'), JSON.stringify({ scripts: { test: 'node --test' } }));
  writeFileSync(
    path.join(checkout, 'sum.test.js'),
    "require('node:test')('sum', () => require('node:assert').equal(require('fs').existsSync('sum.txt'), false));",
  );
  git('add', '.');
  git('commit', '--quiet', '-m', 'Add tests');
  const driver = await start();
  await driver.prompt('run the tests');
  expect(driver.text()).toContain('`node --run test` succeeded');
  await driver.prompt('create sum.txt with 3');
  expect(driver.text()).toContain('I do not commit while the tests fail');
  expect(git('log', '-1', '--format=%s')).toBe('Add tests');

  const quick = await start({ model: 'demo-quick' });
  await quick.prompt('create other.txt with 3');
  expect(git('log', '-1', '--format=%s')).toBe('Create other.txt');
  expect(quick.updates.map((update) => update.sessionUpdate)).not.toContain('plan');
});

test('cancel ends a long turn before its time and kills the command it runs', async () => {
  const driver = await start();
  const counting = driver.prompt('slow 60');
  await until(() => driver.text().includes('3 4 '));
  await driver.connection.agent.notify('session/cancel', { sessionId: driver.sessionId });
  expect(await counting).toBe('cancelled');
  expect(driver.text()).not.toContain('60');

  const pidFile = path.join(folder, 'pid');
  const script = `require('fs').writeFileSync('${pidFile}', String(process.pid)); setInterval(() => {}, 1000)`;
  writeFileSync(path.join(checkout, 'wait.cjs'), script);
  const running = driver.prompt('run `node wait.cjs`');
  await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '');
  await driver.connection.agent.notify('session/cancel', { sessionId: driver.sessionId });
  expect(await running).toBe('cancelled');
  const pid = Number(readFileSync(pidFile, 'utf8'));
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('when its input ends it ends, and the command it runs with it', async () => {
  const driver = await start();
  const pidFile = path.join(folder, 'pid');
  const script = `require('fs').writeFileSync('${pidFile}', String(process.pid)); setInterval(() => {}, 1000)`;
  writeFileSync(path.join(checkout, 'wait.cjs'), script);
  const turn = driver.prompt('run `node wait.cjs`').catch((error: unknown) => error);
  await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '');
  const exited = new Promise((resolve) => driver.process.once('exit', resolve));
  driver.process.stdin?.end();
  expect(await exited).toBe(0);
  expect(await turn).toBeInstanceOf(Error);
  const pid = Number(readFileSync(pidFile, 'utf8'));
  await until(() => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
});

test('asks before a command and obeys the answer', async () => {
  const driver = await start();
  const asked: string[] = [];
  const reply = (optionId: string): void => {
    answer = (request) => {
      asked.push(request.toolCall.title ?? '');
      return Promise.resolve({ outcome: { outcome: 'selected', optionId } });
    };
  };
  const ask = 'ask before running `git tag asked`';
  reply('reject');
  await driver.prompt(ask);
  expect(git('tag')).toBe('');
  reply('allow_always');
  await driver.prompt(ask);
  expect(git('tag')).toBe('asked');
  await driver.prompt(ask);
  expect(asked).toEqual(['Run git tag asked', 'Run git tag asked']);
});

test('crash ends the process with an error', async () => {
  const driver = await start();
  const exited = new Promise((resolve) => driver.process.once('exit', resolve));
  const turn = driver.prompt('crash').catch((error: unknown) => error);
  expect(await exited).toBe(70);
  expect(await turn).toBeInstanceOf(Error);
});

test('a restarted agent knows the session again and tells its history', async () => {
  const first = await start({ model: 'demo-quick' });
  await first.prompt('list files');
  first.process.kill('SIGKILL');
  const second = await start({ load: first.sessionId });
  expect(second.updates.map((update) => update.sessionUpdate)).toEqual([
    'user_message_chunk',
    'agent_message_chunk',
  ]);
  expect(second.text()).toContain('README.md');
  await second.prompt('do something clever');
  expect(second.text()).toContain('I did not understand that');
  expect(second.updates.map((update) => update.sessionUpdate)).not.toContain('agent_thought_chunk');
});

test('big output has the size that was asked for', async () => {
  const driver = await start({ model: 'demo-quick' });
  await driver.prompt('help');
  const before = driver.text().length;
  await driver.prompt('big output 64');
  expect(driver.text().length - before).toBe(65_536);
});
