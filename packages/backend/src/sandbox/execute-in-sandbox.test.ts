import { afterEach, beforeEach, expect, test } from 'vitest';
import { executeInSandbox } from './execute-in-sandbox.ts';
import { createTestSandbox, type TestSandbox } from './testing/sandbox.ts';

let sandbox: TestSandbox;
beforeEach(async () => {
  sandbox = await createTestSandbox();
});
afterEach(() => sandbox.destroy());

test('executeInSandbox: no shell, exit codes, timeouts, missing programs, a full disk', async () => {
  const run = (command: string, args: string[], timeoutMs = 5_000) =>
    executeInSandbox(sandbox.target, { command, args, cwd: sandbox.identity.checkoutPath, timeoutMs });
  expect(await run('printf', ['%s', '$(id); "x"'])).toEqual({
    exitCode: 0,
    stdout: '$(id); "x"',
    stderr: '',
    truncated: false,
  });
  expect((await run('false', [])).exitCode).toBe(1);
  await expect(run('sleep', ['5'], 200)).rejects.toMatchObject({ code: 'timeout' });
  await expect(run('no-such-program', [])).rejects.toMatchObject({ code: 'command_failed' });
  await expect(run('cp', ['/etc/hostname', '/dev/full'])).rejects.toMatchObject({
    code: 'disk_full',
    providerMessage: expect.stringContaining('No space left on device'),
  });
});
