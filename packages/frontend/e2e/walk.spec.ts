import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { startStack } from '../../../scripts/lib/stack.ts';
import type { Stack } from '../../../scripts/lib/stack.ts';

/** The way of a person through a fresh demo stack: real backend, engine, git and demo agent, the double as GitHub. */
const root = fileURLToPath(new URL('../../..', import.meta.url));
let dataDir: string;
let stack: Stack;

test.describe.configure({ mode: 'serial' });
test.setTimeout(180_000);

test.beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'foundry-browser-'));
  stack = await startStack({ root, dataDir });
});
test.afterAll(async () => {
  await stack.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function signIn(page: Page): Promise<void> {
  await page.goto(stack.url);
  await expect(page.getByText('no account is needed')).toBeVisible();
  await page.getByRole('button', { name: 'Continue with GitHub' }).click();
  await page.getByRole('button', { name: /ada/ }).click();
  await page.getByRole('link', { name: /acme/i }).click();
  await expect(page.getByRole('navigation', { name: 'Tasks' })).toBeVisible({ timeout: 30_000 });
}

async function openTask(page: Page, title: string): Promise<void> {
  await page.getByRole('searchbox', { name: 'Find a task' }).fill(title);
  await page
    .getByRole('navigation', { name: 'Tasks' })
    .getByRole('link', { name: new RegExp(title) })
    .click();
  await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
}

async function send(page: Page, text: string): Promise<void> {
  const composer = page.getByRole('textbox', { name: 'Message to the agent' });
  await composer.fill(text);
  await composer.press('Enter');
  await expect(composer).toHaveValue('');
}

const messageOf = (page: Page, text: string) =>
  page.getByRole('article', { name: 'Message from ada' }).filter({ hasText: text });

test('from signing in through a pull request’s task to publishing and signing out', async ({ page }) => {
  const complaints: string[] = [];
  page.on('console', (message) => {
    // GitHub's pages are not ours to judge.
    const isOurs = message.location().url.startsWith(stack.url);
    if (message.type() === 'error' && isOurs) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));

  await test.step('sign in through GitHub’s page and choose acme', () => signIn(page));

  await test.step('the list says which pull request conflicts with its base', async () => {
    const tasks = page.getByRole('navigation', { name: 'Tasks' });
    const conflicting = tasks
      .getByRole('listitem')
      .filter({ has: page.getByRole('img', { name: 'Conflicts with main' }) });
    await expect(conflicting).toHaveCount(1);
    await expect(conflicting).toContainText('Call the total before shipping a subtotal');
  });

  await test.step('open the task of a pull request', async () => {
    await openTask(page, 'Search for several words');
    await expect(page.getByRole('link', { name: /Open\s*#\d+/ })).toBeVisible({ timeout: 45_000 });
    await expect(page.getByText('No workspace yet')).toBeVisible();
  });

  await test.step('a message starts the workspace; its tool call shows a diff', async () => {
    await send(page, "create docs/browser.md with 'Seen in a browser.'");
    const message = messageOf(page, 'docs/browser.md');
    await expect(message.getByRole('button', { name: /^Done/ })).toBeVisible({ timeout: 90_000 });
    const tool = page.getByRole('region', { name: /^Tool: .*docs\/browser\.md/ }).first();
    await expect(tool.locator('diffs-container')).toContainText('Seen in a browser.');
    await expect(page.getByText('Ready', { exact: true })).toBeVisible();
  });

  await test.step('a second message waits for the first, and runs after it', async () => {
    await send(page, 'slow 3');
    await send(page, "append 'Twice.' to docs/browser.md");
    const queue = page.getByRole('list', { name: 'Waiting messages' });
    await expect(queue.getByText('Twice.')).toBeVisible();
    await expect(messageOf(page, 'Twice.').getByRole('button', { name: /^Done/ })).toBeVisible({
      timeout: 60_000,
    });
    await expect(queue).toBeHidden();
  });

  await test.step('stop ends a long turn', async () => {
    await send(page, 'slow 120');
    await expect(messageOf(page, 'slow 120').getByRole('button', { name: 'Working' })).toBeVisible({
      timeout: 20_000,
    });
    await page.getByRole('button', { name: 'Stop' }).click();
    await expect(messageOf(page, 'slow 120').getByRole('button', { name: 'Stopped' })).toBeVisible({
      timeout: 5_000,
    });
  });

  await test.step('the changes list the file with its diff', async () => {
    const files = page.getByRole('list', { name: 'Changed files' });
    const file = files.getByRole('button', { name: /browser\.md/ });
    await expect(file).toBeVisible({ timeout: 20_000 });
    await file.click();
    await expect(files.locator('diffs-container')).toContainText('Twice.');
    await expect(page.getByText('2 unpushed')).toBeVisible();
  });

  await test.step('publish updates the pull request', async () => {
    await page.getByRole('button', { name: 'Update pull request' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Update pull request' }).click();
    await expect(page.getByRole('dialog')).toBeHidden({ timeout: 30_000 });
    await expect(page.getByText(/^Published [0-9a-f]{7} to #\d+/)).toBeVisible({ timeout: 30_000 });
    await expect(page.getByText('2 unpushed')).toBeHidden();
  });

  await test.step('the pull request on GitHub’s side has the commits', async () => {
    const address = await page.getByRole('link', { name: /Open\s*#\d+/ }).getAttribute('href');
    const pullRequest = await page.context().newPage();
    await pullRequest.goto(address ?? '');
    // One of the seed and the two that the agent made.
    await expect(pullRequest.locator('body')).toContainText('3 commits');
    await pullRequest.close();
  });

  await test.step('sign out closes the door', async () => {
    await page.getByRole('button', { name: 'Account of ada' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await expect(page.getByText('You are signed out.')).toBeVisible();
    await page.goto(`${stack.url}/organizations`);
    await expect(page.getByRole('heading', { name: /Sign in/ })).toBeVisible();
  });
  // A signed-out page asks who it is and is told 401, which Chromium reports.
  expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
});

test('from a new task to a new pull request', async ({ page }) => {
  await signIn(page);
  await page.keyboard.press('c');
  const dialog = page.getByRole('dialog', { name: 'New task' });
  await dialog.getByRole('combobox', { name: 'Repository' }).fill('storefront');
  await page.getByRole('option', { name: 'storefront' }).click();
  await dialog
    .getByRole('textbox', { name: 'What should be done?' })
    .fill("create docs/new-task.md with 'A new task.'");
  await dialog.getByRole('button', { name: 'Create task' }).click();
  await expect(messageOf(page, 'new-task.md').getByRole('button', { name: /^Done/ })).toBeVisible({
    timeout: 90_000,
  });
  await page.getByRole('button', { name: 'Publish pull request' }).click();
  const publish = page.getByRole('dialog', { name: 'Publish pull request' });
  await publish.getByRole('textbox', { name: 'Title' }).fill('A file from the browser test');
  await publish.getByRole('button', { name: 'Publish pull request' }).click();
  await expect(page.getByRole('link', { name: /Open\s*#\d+/ })).toBeVisible({ timeout: 30_000 });
});
