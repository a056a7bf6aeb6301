import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { fixtureServerPerTest, readyTask } from './fixture-page.ts';

/** What a person has begun to write is theirs until it is sent: no session, sign-out, device or loading takes it away. */
const { open, mode } = fixtureServerPerTest();

const composerOf = (page: Page) => page.getByRole('textbox', { name: 'Message to the agent' });
const otherTask = '/organizations/1/tasks/pr_13_3';

/** What the page types does not get to the server until the returned function is called. */
async function withholdDrafts(page: Page): Promise<() => Promise<void>> {
  const pattern = '**/api/v1/me/drafts/**';
  await page.route(pattern, (route) => route.abort());
  return async () => await page.unroute(pattern);
}

test('a draft is kept on the server', async ({ page }) => {
  await open(page, '/organizations/1/tasks/pr_13_3');
  const composer = page.getByRole('textbox', { name: 'Message to the agent' });
  const saved = page.waitForResponse(
    (response) =>
      response.url().includes('/drafts/') && (response.request().postData() ?? '').includes('unfinished'),
  );
  await composer.fill('an unfinished thought');
  await saved;
  await page.reload();
  await expect(composer).toHaveValue('an unfinished thought');
});

test('a draft belongs to one session: what is typed for one does not stand in another', async ({ page }) => {
  await open(page, readyTask);
  const composer = composerOf(page);
  await expect(composer).toHaveValue('And please add a note to the changelog');
  await page.getByRole('button', { name: 'New session' }).click();
  await expect(page.getByText('No messages yet')).toBeVisible();
  await expect(composer).toHaveValue('');
  await composer.fill('only for the second');
  const sessions = page.getByRole('navigation', { name: 'Sessions' });
  await sessions.getByRole('button', { name: 'Main' }).click();
  await expect(composer).toHaveValue('And please add a note to the changelog');
  await sessions.getByRole('button', { name: 'Session 2' }).click();
  await expect(composer).toHaveValue('only for the second');
});

test('the last keystrokes survive a sign-out, and reach the server after the next sign-in', async ({
  page,
}) => {
  await open(page, readyTask);
  const composer = composerOf(page);
  await expect(page.getByRole('log')).toBeVisible();
  const release = await withholdDrafts(page);
  await composer.fill('cut off in mid-sent');
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in to Foundry' })).toBeVisible();
  await release();
  await mode(page, { signedIn: true });
  const saved = page.waitForResponse((response) => response.url().includes('/drafts/') && response.ok());
  // Anywhere: it is not only saved where it was written.
  await open(page, '/organizations/1');
  await saved;
  await page.evaluate(() => localStorage.clear());
  await open(page, readyTask);
  await expect(composer).toHaveValue('cut off in mid-sent');
});

test('a newer draft of another device is shown beside this one, and the person chooses', async ({
  page,
  browser,
}) => {
  const elsewhere = await (await browser.newContext()).newPage();
  await open(elsewhere, readyTask);
  await open(page, readyTask);
  const composer = composerOf(page);
  await expect(page.getByRole('log')).toBeVisible();
  await expect(elsewhere.getByRole('log')).toBeVisible();
  const release = await withholdDrafts(page);
  await composer.fill('from the laptop');
  const saved = elsewhere.waitForResponse((response) => response.url().includes('/drafts/'));
  await composerOf(elsewhere).fill('from the phone');
  await saved;
  await expect(composer).toHaveValue('from the laptop');
  await release();
  await composer.press('End');
  await page.keyboard.type(', later');
  const notice = page.getByText('You wrote something else here');
  await expect(notice).toBeVisible();
  await expect(page.getByRole('blockquote')).toHaveText('from the phone');
  await expect(composer).toHaveValue('from the laptop, later');
  await expect(composerOf(elsewhere)).toHaveValue('from the phone');
  await page.getByRole('button', { name: 'Keep this one' }).click();
  await expect(notice).toBeHidden();
  await expect(composerOf(elsewhere)).toHaveValue('from the laptop, later');
  await elsewhere.close();
});

test('the composer is one element from the first paint of a task on', async ({ page }) => {
  const held = Promise.withResolvers<void>();
  await page.route('**/tasks/pr_13_3/open', async (route) => {
    await held.promise;
    await route.continue();
  });
  await open(page, otherTask);
  const composer = composerOf(page);
  await composer.click();
  await page.keyboard.type('whoever types');
  const element = await composer.elementHandle();
  await page.keyboard.press('Home');
  await expect(page.getByText('Opening the task…')).toBeVisible();
  held.resolve();
  await expect(page.getByText('No workspace yet')).toBeVisible();
  await page.keyboard.type('Nothing is lost: ');
  await expect(composer).toHaveValue('Nothing is lost: whoever types');
  await expect(composer).toBeFocused();
  expect(await element?.evaluate((node) => node.isConnected && node === document.activeElement)).toBe(true);
});

test('keys typed on the way to a composer that was asked for are written there, and are no shortcuts', async ({
  page,
}) => {
  await open(page, '/organizations/1');
  const link = page
    .getByRole('navigation', { name: 'Tasks' })
    .getByRole('link', { name: /Rotate the signing key/ });
  await link.press('Enter');
  // Without looking whether the page is there.
  await page.keyboard.type('mcan you');
  await expect(composerOf(page)).toHaveValue('can you');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});
