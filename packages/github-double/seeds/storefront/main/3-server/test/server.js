import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createShop } from '../src/server.js';

test('the catalogue is served and can be searched', async () => {
  const shop = createShop();
  await new Promise((resolve) => shop.listen(0, '127.0.0.1', resolve));
  const { port } = shop.address();
  const found = await (await fetch(`http://127.0.0.1:${port}/?q=lamp`)).text();
  const missing = await fetch(`http://127.0.0.1:${port}/nowhere`);
  shop.close();
  assert.match(found, /Desk lamp: 49\.00 €/);
  assert.doesNotMatch(found, /mug/);
  assert.equal(missing.status, 404);
});
