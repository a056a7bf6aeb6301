import { expect, test } from 'vitest';
import { displayPath } from './display-path.ts';

test('a path inside the checkout is shown from its root, any other as it is', () => {
  expect(displayPath('/data/sandboxes/one/checkout/src/app.ts')).toBe('src/app.ts');
  expect(displayPath('/home/user/repo/src/repo/app.ts')).toBe('src/repo/app.ts');
  expect(displayPath('src/checkout/app.ts')).toBe('src/checkout/app.ts');
  expect(displayPath('/etc/hosts')).toBe('/etc/hosts');
});
