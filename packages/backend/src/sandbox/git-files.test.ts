import { rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listTree, readCheckoutFile } from './git-files.ts';
import { createTestCheckout, oddName, type TestCheckout } from './testing/checkout.ts';
import { writeFiles } from './testing/sandbox.ts';

let work: TestCheckout;
beforeEach(async () => {
  work = await createTestCheckout();
});
afterEach(() => work.sandbox.destroy());

test('the tree and files are read as they are; nothing outside the checkout is', async () => {
  const { sandbox, checkout, clone } = work;
  await clone();
  writeFiles(checkout, { 'new.txt': 'new', 'ignored.txt': 'i' });
  rmSync(path.join(checkout, 'to delete.txt'));
  symlinkSync('/etc/passwd', path.join(checkout, 'link.txt'));
  expect(await listTree(sandbox.target)).toEqual({
    paths: ['.gitignore', 'README.md', 'image.bin', 'link.txt', 'new.txt', oddName, 'to rename.txt'],
    truncated: false,
  });
  expect((await readCheckoutFile(sandbox.target, oddName)).text).toBe('odd\n');
  expect(await readCheckoutFile(sandbox.target, 'image.bin')).toEqual({
    sizeBytes: 4,
    binary: true,
    text: null,
  });
  for (const name of ['../home/.git-token', 'link.txt', '/etc/passwd', '']) {
    await expect(readCheckoutFile(sandbox.target, name)).rejects.toMatchObject({
      code: 'invalid_request',
    });
  }
  await expect(readCheckoutFile(sandbox.target, 'none.txt')).rejects.toMatchObject({
    code: 'not_found',
  });
  await expect(readCheckoutFile(sandbox.target, 'README.md', { maxBytes: 3 })).rejects.toMatchObject({
    code: 'too_large',
  });
});
