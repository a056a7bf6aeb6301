/**
 * Pictures of every state of the screens, from the fixture server: `node e2e/screenshots.ts <folder> [name part]`.
 * Prints what the page complained about, which is how a blocked request or a broken component is noticed.
 */
import { mkdir } from 'node:fs/promises';
import { chromium } from '@playwright/test';
import type { Page } from '@playwright/test';
import { launchOptions } from './browser.ts';
import { startFixtureServer } from './fixture-server.ts';

interface Shot {
  name: string;
  path: string;
  width?: number;
  height?: number;
  dark?: boolean;
  act?: (page: Page) => Promise<void>;
}

const task = '/organizations/1/tasks/task_ready000';
const settle = (page: Page) => page.waitForTimeout(900);
const openFirstDiff = async (page: Page) => {
  await page
    .getByRole('list', { name: 'Changed files' })
    .getByRole('button', { name: 'totals.ts' })
    .first()
    .click();
};
const fillWrongly = async (page: Page) => {
  await page.keyboard.press('c');
  await page.getByRole('button', { name: 'Title, branch and model' }).click();
  await page.getByRole('textbox', { name: /^Branch/ }).fill('not a branch');
  await page.getByRole('button', { name: 'Create task' }).click();
};
const setMode = async (page: Page, mode: Record<string, boolean>) => {
  await page.request.post('/fixture/mode', { data: mode });
};

const shots: readonly Shot[] = [
  { name: 'sign-in', path: '/sign-in' },
  { name: 'sign-in-failed', path: '/sign-in?error=access_denied', dark: true },
  { name: 'organizations', path: '/organizations' },
  { name: 'overview', path: '/organizations/1' },
  { name: 'overview-dark', path: '/organizations/1', dark: true },
  {
    name: 'activity',
    path: '/organizations/1',
    act: (page) => page.getByRole('tab', { name: 'Activity' }).click(),
  },
  { name: 'watch-only', path: '/organizations/1/tasks/pr_15_5', act: settle },
  { name: 'watch-only-narrow', path: '/organizations/1/tasks/pr_15_5', width: 390, dark: true, act: settle },
  { name: 'sign-in-refused', path: '/sign-in?error=account_not_allowed' },
  { name: 'empty', path: '/organizations/3' },
  { name: 'syncing', path: '/organizations/4' },
  { name: 'sync-failed', path: '/organizations/5' },
  { name: 'large', path: '/organizations/2', act: settle },
  { name: 'huge-changes', path: '/organizations/2/tasks/task_huge0000', act: settle },
  { name: 'task', path: task, act: openFirstDiff },
  { name: 'task-dark', path: task, dark: true, act: openFirstDiff },
  {
    name: 'task-middle',
    path: task,
    act: async (page) => {
      await page.getByRole('log').hover();
      await page.mouse.wheel(0, -900);
    },
  },
  { name: 'task-1920', path: task, width: 1920, height: 1080, act: openFirstDiff },
  { name: 'task-preparing', path: '/organizations/1/tasks/task_prepare0' },
  { name: 'task-failed', path: '/organizations/1/tasks/task_failed00' },
  { name: 'task-dormant', path: '/organizations/1/tasks/pr_11_39' },
  {
    name: 'task-conflicts',
    path: '/organizations/1/tasks/pr_11_39',
    act: (page) => page.getByRole('button', { name: 'Conflicts with main' }).click(),
  },
  { name: 'task-fork', path: '/organizations/1/tasks/pr_12_16' },
  { name: 'task-merged', path: '/organizations/1/tasks/pr_12_12' },
  { name: 'not-found', path: '/organizations/1/tasks/pr_11_999' },
  { name: 'forbidden', path: '/organizations/999' },
  { name: 'new-task', path: '/organizations/1', act: fillWrongly },
  {
    name: 'issues',
    path: '/organizations/1',
    act: (page) => page.getByRole('button', { name: /problem/ }).click(),
  },
  {
    name: 'publish',
    path: task,
    act: (page) => page.getByRole('button', { name: 'Publish pull request' }).click(),
  },
  { name: 'shortcuts', path: '/organizations/1', act: (page) => page.keyboard.press('?') },
  {
    name: 'reconnecting',
    path: task,
    act: async (page) => {
      await setMode(page, { failing: true });
      await page.waitForTimeout(4_500);
    },
  },
  {
    name: 'failing',
    path: '/organizations/1',
    act: async (page) => {
      await setMode(page, { failing: true });
      await page.reload();
      await page.waitForTimeout(4_500);
    },
  },
  { name: 'phone-sign-in', path: '/sign-in', width: 390, height: 844 },
  { name: 'phone-overview', path: '/organizations/1', width: 390, height: 844 },
  {
    name: 'phone-drawer',
    path: '/organizations/1',
    width: 390,
    height: 844,
    act: (page) => page.getByRole('button', { name: 'Show tasks' }).click(),
  },
  { name: 'phone-task', path: task, width: 390, height: 844 },
  { name: 'phone-task-dark', path: task, width: 390, height: 844, dark: true },
  { name: 'phone-changes', path: `${task}?view=changes`, width: 390, height: 844, act: openFirstDiff },
  {
    name: 'phone-new-task',
    path: '/organizations/1',
    width: 390,
    height: 844,
    act: (page) => page.keyboard.press('c'),
  },
  { name: 'phone-new-task-errors', path: '/organizations/1', width: 390, height: 844, act: fillWrongly },
  { name: 'phone-large', path: '/organizations/2', width: 390, height: 844, act: settle },
  {
    name: 'phone-publish',
    path: `${task}?view=changes`,
    width: 390,
    height: 844,
    act: (page) => page.getByRole('button', { name: 'Publish pull request' }).click(),
  },
  {
    name: 'phone-conflicts',
    path: '/organizations/1/tasks/pr_11_39',
    width: 390,
    height: 844,
    act: (page) => page.getByRole('button', { name: 'Conflicts with main' }).click(),
  },
  { name: 'phone-failed', path: '/organizations/1/tasks/task_failed00', width: 390, height: 844, dark: true },
  { name: 'phone-merged', path: '/organizations/1/tasks/pr_12_12', width: 390, height: 844 },
  { name: 'phone-empty', path: '/organizations/3', width: 390, height: 844, dark: true },
  { name: 'phone-organizations', path: '/organizations', width: 390, height: 844, dark: true },
  {
    name: 'phone-issues',
    path: '/organizations/1',
    width: 390,
    height: 844,
    act: (page) => page.getByRole('button', { name: /problem/ }).click(),
  },
  {
    name: 'phone-activity',
    path: '/organizations/1',
    width: 390,
    height: 844,
    dark: true,
    act: (page) => page.getByRole('tab', { name: 'Activity' }).click(),
  },
  { name: 'tablet-task', path: task, width: 900, height: 1100 },
];

const [folder = '/tmp/foundry-screens', part = ''] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const server = await startFixtureServer();
const browser = await chromium.launch(launchOptions);
for (const shot of shots.filter((candidate) => candidate.name.includes(part))) {
  const context = await browser.newContext({
    baseURL: server.url,
    viewport: { width: shot.width ?? 1280, height: shot.height ?? 800 },
    colorScheme: shot.dark === true ? 'dark' : 'light',
  });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') process.stdout.write(`${shot.name}: ${message.text()}\n`);
  });
  page.on('pageerror', (error) => process.stdout.write(`${shot.name}: ${String(error)}\n`));
  await page.goto(shot.path);
  await page.waitForTimeout(700);
  try {
    await shot.act?.(page);
  } catch (error) {
    process.stdout.write(`${shot.name}: ${String(error).slice(0, 400)}\n`);
  }
  await page.waitForTimeout(700);
  await page.screenshot({ path: `${folder}/${shot.name}.png` });
  await setMode(page, { failing: false, signedIn: true });
  await context.close();
}
await browser.close();
await server.close();
