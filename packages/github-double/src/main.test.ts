import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appKey } from './testing/harness.ts';

let folder: string;
const started: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'github-double-main-'));
  await writeFile(join(folder, 'key.pem'), appKey.privateKey, { mode: 0o600 });
});
afterAll(async () => {
  for (const child of started)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** Starts the program; resolves with its output when it says that it is ready or when it ends. */
async function start(
  ...args: string[]
): Promise<{ child: ChildProcess; output: string; errors: () => string }> {
  const child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, 'main.ts'),
      '--data',
      join(folder, 'data'),
      '--app-private-key-file',
      join(folder, 'key.pem'),
      ...args,
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, GITHUB_DOUBLE_CLIENT_SECRET: 'from-environment' },
    },
  );
  started.push(child);
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('\n')) resolve();
    });
  });
  await Promise.race([ready, once(child, 'close')]);
  return { child, output, errors: () => errors };
}

async function stop(child: ChildProcess): Promise<number | null> {
  child.kill('SIGTERM');
  if (child.exitCode === null) await once(child, 'close');
  return child.exitCode;
}

test('it says where it is, ends cleanly, finds its data again, and begins anew when told', async () => {
  const first = await start('--port', '0');
  expect(first.output).toMatch(/^github-double is ready at http:\/\/127\.0\.0\.1:\d+\n$/);
  const url = first.output.trim().split(' ').at(-1) ?? '';
  await fetch(`${url}/_double/users`, { method: 'POST', body: JSON.stringify({ login: 'newcomer' }) });
  const exchange = await fetch(`${url}/login/oauth/access_token`, {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: new URLSearchParams({ client_id: 'Iv1.foundrydemo', client_secret: 'from-environment', code: 'x' }),
  });
  expect(await exchange.json()).toMatchObject({ error: 'bad_verification_code' });
  expect(await stop(first.child)).toBe(0);

  const users = async (...args: string[]) => {
    const again = await start('--port', '0', ...args);
    const reply = await fetch(`${again.output.trim().split(' ').at(-1)}/_double/users`);
    const text = await reply.text();
    expect(await stop(again.child)).toBe(0);
    return text;
  };
  expect(await users()).toContain('newcomer');
  expect(await users('--fresh')).not.toContain('newcomer');
});

test('a taken port and a wrong flag are said, and nothing is left running', async () => {
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const taken = await start('--port', String(port));
  expect([taken.child.exitCode, taken.output]).toEqual([1, '']);
  expect(taken.errors()).toContain('the port is taken');
  other.close();
  const wrong = await start('--port', 'many');
  expect(wrong.child.exitCode).toBe(1);
  expect(wrong.errors()).toContain('cannot start');
});
