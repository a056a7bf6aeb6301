import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireLock, LockedError } from './lock-file.ts';
import { identifyProcess } from './process-identity.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foundry-lock-'));
  path = join(folder, 'the.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('is held until released', async () => {
  const release = await acquireLock(path);
  await expect(acquireLock(path)).rejects.toThrow(LockedError);
  await expect(acquireLock(path)).rejects.toMatchObject({ holder: { pid: process.pid } });
  release();
  (await acquireLock(path))();
  expect(readdirSync(folder)).toEqual([]);
});

test('a holder that died, or whose pid now belongs to another process, is taken over', async () => {
  const self = await identifyProcess(process.pid);
  for (const content of [
    JSON.stringify({ pid: 2 ** 30, startTime: 'gone' }),
    JSON.stringify({ ...self, startTime: 'an earlier process with this pid' }),
    'not written by us',
  ]) {
    writeFileSync(path, content);
    const release = await acquireLock(path);
    expect(existsSync(path)).toBe(true);
    release();
  }
});

test('of many that want it at once, exactly one gets it', async () => {
  writeFileSync(path, JSON.stringify({ pid: 2 ** 30, startTime: 'gone' }));
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => acquireLock(path)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});
