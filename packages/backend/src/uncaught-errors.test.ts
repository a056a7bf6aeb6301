import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { processLimits } from './limits.ts';

/** Runs code in a process of its own with the handlers installed: this one's belong to the test runner. */
function runWithHandlers(code: string): { lines: string[]; status: number | null } {
  const script = `
    import { handleUncaughtErrors } from ${JSON.stringify(new URL('uncaught-errors.ts', import.meta.url).href)};
    import { createLogger } from ${JSON.stringify(new URL('log.ts', import.meta.url).href)};
    const write = (line) => process.stdout.write(line);
    handleUncaughtErrors({
      logger: createLogger('info', write),
      report: (error, kind) => write('reported ' + kind + ' ' + error.message + '\\n'),
      exit: (code) => process.exit(code),
    });
    ${code}`;
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  return { lines: stdout.trim().split('\n'), status };
}

test('what nobody caught is logged and reported, and the process goes on [R6]', () => {
  const { lines, status } = runWithHandlers(`
    setTimeout(() => { throw new Error('thrown'); }, 1);
    void Promise.reject('a string');
    setTimeout(() => write('still here\\n'), 20);`);
  expect(lines).toContain('reported uncaughtException thrown');
  expect(lines).toContain('reported unhandledRejection a string');
  expect(lines.filter((line) => line.includes('"level":"fatal"'))).toHaveLength(2);
  expect(lines.at(-1)).toBe('still here');
  expect(status).toBe(0);
});

test('when it keeps happening, the process ends to be started afresh', () => {
  const { lines, status } = runWithHandlers(`setInterval(() => { throw new Error('again'); }, 1);`);
  expect(status).toBe(70);
  expect(lines.filter((line) => line.startsWith('reported'))).toHaveLength(
    processLimits.uncaughtErrorsUntilExit + 1,
  );
});
