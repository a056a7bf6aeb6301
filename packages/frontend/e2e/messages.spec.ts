import { expect, test } from '@playwright/test';
import { fixtureServerPerTest } from './fixture-page.ts';

/** What becomes of a message: on its way, in the queue, at work, and however its turn ends. */
const { open, mode } = fixtureServerPerTest();

test('a message streams in, is queued behind another, and stops on Escape twice', async ({ page }) => {
  await open(page, '/organizations/1/tasks/pr_13_3');
  await mode(page, { held: true });
  const composer = page.getByRole('textbox', { name: 'Message to the agent' });
  const draftSaved = page.waitForResponse(
    (response) =>
      response.url().includes('/drafts/') && (response.request().postData() ?? '').includes('Rotate'),
  );
  await composer.fill('Rotate it');
  await draftSaved;
  await composer.press('Enter');
  await expect(page.getByRole('article', { name: 'Message from ada' })).toContainText('Rotate it');
  // The composer of the session that the first message made.
  await expect(composer).toBeFocused();
  await expect(composer).toHaveValue('');
  await composer.fill('And then');
  await composer.press('Shift+Enter');
  await composer.pressSequentially('document it slowly');
  await composer.press('Enter');
  await expect(page.getByRole('list', { name: 'Waiting messages' })).toContainText('document it slowly');
  await mode(page, { held: false });
  await expect(page.getByRole('region', { name: 'Tool: Edit src/answer.ts' })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Done/ })).toBeVisible();
  // The second one runs now.
  await expect(page.getByRole('article', { name: 'Message from ada' })).toHaveCount(2);
  await expect(page.getByRole('button', { name: 'Working' })).toBeVisible();
  // At once: on a busy machine one press after the other may be too far apart to count as two.
  await Promise.all([composer.press('Escape'), composer.press('Escape')]);
  await expect(page.getByText('Stopped').first()).toBeVisible();
  const log = page.getByRole('log');
  await expect
    .poll(() => log.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight))
    .toBeLessThan(4);
});

test('a turn that a stop of Foundry cut is no failure, and goes on from where that stands', async ({
  page,
}) => {
  await open(page, '/organizations/1/tasks/pr_13_3');
  const composer = page.getByRole('textbox', { name: 'Message to the agent' });
  await composer.fill('Work through a stop of Foundry');
  await composer.press('Enter');
  const log = page.getByRole('log');
  await expect(log.getByText('Foundry was stopped while the agent was working.')).toBeVisible();
  await expect(log.getByRole('button', { name: 'Interrupted' })).toBeVisible();
  const retried = page.waitForRequest((request) => request.url().endsWith('/retry'));
  await log.getByRole('button', { name: 'Try again' }).click();
  await retried;
});

test('a message survives lost answers, and what cannot be sent can be sent again', async ({ page }) => {
  await open(page, '/organizations/1/tasks/pr_13_3');
  const ids: string[] = [];
  await page.route('**/messages', async (route) => {
    const body: unknown = route.request().postDataJSON();
    if (typeof body === 'object' && body !== null && 'messageId' in body) ids.push(String(body.messageId));
    if (ids.length === 1) await route.abort();
    else await route.continue();
  });
  const composer = page.getByRole('textbox', { name: 'Message to the agent' });
  await composer.fill('Once only');
  await composer.press('Enter');
  await expect(page.getByRole('article', { name: 'Message from ada' })).toHaveCount(1);
  expect(ids.length).toBe(2);
  expect(new Set(ids).size).toBe(1);
});
