import { expect, test } from 'vitest';
import { createLogger } from './log.ts';

function logged(level: string, write: (log: ReturnType<typeof createLogger>) => void): string[] {
  const lines: string[] = [];
  write(createLogger(level, (line) => lines.push(line)));
  return lines;
}

test('secrets are redacted wherever they are nested [R17]', () => {
  const [line = ''] = logged('info', (log) =>
    log.info({
      token: 'SECRET-1',
      headers: { authorization: 'SECRET-2', 'set-cookie': 'SECRET-3', cookie: 'SECRET-4' },
      request: { headers: { authorization: 'SECRET-5', 'x-hub-signature-256': 'SECRET-6' } },
      user: { account: { tokens: { accessToken: 'SECRET-7', refreshToken: 'SECRET-8' } } },
      config: { github: { clientSecret: 'SECRET-9', privateKey: 'SECRET-10' } },
    }),
  );
  expect(line).not.toContain('SECRET-');
  expect(line.match(/\[redacted\]/g)).toHaveLength(10);
});

test('errors keep message, stack and cause; children carry their part; levels hold', () => {
  const lines = logged('info', (log) => {
    const part = log.child({ part: 'engine' });
    part.error({ error: new Error('outer', { cause: new Error('inner') }) }, 'it failed');
    part.debug('not at this level');
  });
  expect(lines).toHaveLength(1);
  const entry: unknown = JSON.parse(lines[0] ?? '');
  expect(entry).toMatchObject({
    level: 'error',
    part: 'engine',
    msg: 'it failed',
    error: { message: expect.stringContaining('inner'), stack: expect.stringContaining('log.test.ts') },
  });
});
