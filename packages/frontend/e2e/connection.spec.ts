import { expect, test } from '@playwright/test';
import { fixtureServerPerTest, readyTask } from './fixture-page.ts';

/** What a page says of its connection, and what brings it back. */
const { open, mode, displace } = fixtureServerPerTest();

test('a displaced tab says why it rests, and goes on when it is asked to', async ({ page }) => {
  await open(page, readyTask);
  await expect(page.getByRole('log')).toBeVisible();
  const sockets: string[] = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  await displace(page);
  await expect(page.getByText('This tab is resting.')).toBeVisible();
  // Coming back to it is not asking for it.
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await expect(page.getByRole('log')).toBeVisible();
  expect(sockets).toEqual([]);
  await page.getByRole('button', { name: 'Use this tab' }).click();
  await expect(page.getByText('This tab is resting.')).toBeHidden();
  expect(sockets).toHaveLength(1);
});

test('sockets that do not come through are said to be blocked, by whom, and until when', async ({ page }) => {
  await open(page, readyTask);
  await expect(page.getByRole('log')).toBeVisible();
  await mode(page, { socketsBlocked: true });
  await expect(page.getByText('Live updates are blocked.')).toBeVisible({ timeout: 30_000 });
  await mode(page, { socketsBlocked: false });
  await page.getByRole('button', { name: 'Try now' }).click();
  await expect(page.getByText('Live updates are blocked.')).toBeHidden();
});
