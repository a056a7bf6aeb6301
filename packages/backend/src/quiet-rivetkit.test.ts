import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const script = `
  await import(${JSON.stringify(new URL('quiet-rivetkit.ts', import.meta.url).href)});
  const { getLogger } = await import('rivetkit/log');
  getLogger('actor').info('a line of RivetKit');
  getLogger('actor').warn('a warning of RivetKit');
`;
const log = async (env: Record<string, string>): Promise<string> => {
  const path = process.env['PATH'] ?? '';
  const cwd = new URL('.', import.meta.url).pathname;
  const child = run(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: path, ...env },
    cwd,
  });
  const { stdout, stderr } = await child;
  return stdout + stderr;
};

test("LOG_LEVEL is Foundry's: RivetKit's own logger speaks only of warnings", async () => {
  const quiet = await log({ LOG_LEVEL: 'info' });
  expect(quiet).not.toContain('a line of RivetKit');
  expect(quiet).toContain('a warning of RivetKit');
  expect(await log({ LOG_LEVEL: 'info', RIVET_LOG_LEVEL: 'info' })).toContain('a line of RivetKit');
});

test('the server imports it before everything else', async () => {
  const main = await readFile(new URL('main.ts', import.meta.url), 'utf8');
  expect(main.startsWith("import './quiet-rivetkit.ts';")).toBe(true);
});
