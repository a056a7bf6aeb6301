import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { fixtureServerPerTest, readyTask } from './fixture-page.ts';

/** The screens on sample data: what every state says, and that keyboards and narrow screens suffice. */
const { open, mode } = fixtureServerPerTest();
const complaints: string[] = [];

test.beforeEach(({ page }) => {
  complaints.length = 0;
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
});

test('nothing that the content security policy forbids is tried, and nothing is complained about', async ({
  page,
}) => {
  await open(page, readyTask);
  await page
    .getByRole('list', { name: 'Changed files' })
    .getByRole('button', { name: 'totals.ts' })
    .first()
    .click();
  await expect(page.locator('diffs-container').last()).toContainText('cents');
  await open(page, '/organizations/1');
  await expect(page.getByRole('link', { name: /Rotate the signing key/ }).first()).toBeVisible();
  expect(complaints).toEqual([]);
});

test('signed out, every address leads to the sign-in page and back afterwards', async ({ page }) => {
  await mode(page, { signedIn: false });
  await open(page, readyTask);
  await expect(page.getByRole('heading', { name: 'Sign in to Foundry' })).toBeVisible();
  await expect(page.getByText('no account is needed')).toBeVisible();
  expect(new URL(page.url()).searchParams.get('next')).toBe(readyTask);
});

test('a failed sign-in says why', async ({ page }) => {
  await open(page, '/sign-in?error=access_denied');
  await expect(page.getByRole('alert')).toContainText('access was not granted');
});

test('a kind of tool that nobody knows is drawn as any other, and an option says what it does', async ({
  page,
}) => {
  await open(page, readyTask);
  await expect(page.getByRole('region', { name: 'Tool: A tool of a kind that nobody knows' })).toBeVisible();
  const card = page.getByRole('region', { name: 'Permission request' });
  for (const name of ['Allow once', 'Allow always: Always allow', 'Reject once: Reject']) {
    await expect(card.getByRole('button', { name, exact: true })).toBeVisible();
  }
});

test('older entries load in front without moving what is read', async ({ page }) => {
  await open(page, readyTask);
  const log = page.getByRole('log');
  await expect(log).toContainText('The agent asks for permission');
  await log.evaluate((element) => element.scrollTo({ top: 0 }));
  const first = log.getByText('Earlier entry 153:');
  await expect(first).toBeVisible();
  const before = (await first.boundingBox())?.y ?? 0;
  await page.getByRole('button', { name: 'Load older' }).click();
  await expect(page.getByRole('button', { name: 'Newest' })).toBeVisible();
  await expect.poll(async () => log.evaluate((element) => element.scrollTop)).toBeGreaterThan(500);
  const after = (await first.boundingBox())?.y ?? 0;
  expect(Math.abs(after - before)).toBeLessThan(60);
});

test('two thousand tasks: all are loaded and searchable, few are in the page', async ({ page }) => {
  await open(page, '/organizations/2');
  await expect(page.getByText('2,000 tasks')).toBeVisible();
  const list = page.getByRole('navigation', { name: 'Tasks' });
  expect(await list.getByRole('listitem').count()).toBeLessThan(80);
  await page.keyboard.press('/');
  await page.keyboard.type('number 1999');
  await expect(list.getByRole('link')).toHaveCount(1);
  await expect(list.getByRole('link')).toContainText('Change number 1999 of many');
});

test('a diff of thousands of lines keeps few of them in the page, and odd files say what they are', async ({
  page,
}) => {
  await open(page, '/organizations/2/tasks/task_huge0000');
  await expect(page.getByRole('heading', { name: '1,347 files' })).toBeVisible();
  const list = page.getByRole('list', { name: 'Changed files' });
  await list.getByRole('button', { name: 'generated/part-000.ts' }).click();
  const diff = page.locator('diffs-container');
  await expect(diff).toContainText('binding0 ');
  const lines = () =>
    diff.evaluate((element) => element.shadowRoot?.querySelectorAll('[data-line]').length ?? 0);
  expect(await lines()).toBeGreaterThan(20);
  expect(await lines()).toBeLessThan(1_000);
  // The end of it is there when somebody scrolls to it.
  await list.getByRole('button', { name: 'generated/part-001.ts' }).scrollIntoViewIfNeeded();
  await expect(diff).toContainText('binding8999 ');
  expect(await lines()).toBeLessThan(1_000);
  await list.getByRole('button', { name: 'generated/part-000.ts' }).click();

  for (const [name, label, sentence] of [
    ['bin/run.sh', 'made executable', 'its content did not change'],
    ['bin/latest', 'link', 'the path that it points to'],
    ['src/empty.ts', 'empty', 'A new, empty file.'],
    ['src/moved.ts', 'moved.ts', 'It was src/old.ts.'],
    ['third-party/library', 'submodule', 'the commit that it points to'],
  ] as const) {
    const row = list.getByRole('listitem').filter({ hasText: name });
    await expect(row).toContainText(label);
    await row.getByRole('button').click();
    await expect(row).toContainText(sentence);
    await row.getByRole('button').click();
  }
});

test('the task list works by keyboard alone', async ({ page }) => {
  await open(page, '/organizations/1');
  const list = page.getByRole('navigation', { name: 'Tasks' });
  await list.getByRole('button').first().focus();
  for (let step = 0; step < 4; step += 1) await page.keyboard.press('ArrowDown');
  await expect(list.getByRole('link', { name: /Calculate cart totals/ })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Calculate cart totals in cents' })).toBeVisible();
  await page.keyboard.press('m');
  await expect(page.getByRole('textbox', { name: 'Message to the agent' })).toBeFocused();
});

test('what opens closes on Escape, and the focus is where it was', async ({ page }) => {
  await open(page, readyTask);
  await expect(page.getByRole('log')).toBeVisible();
  // Something that had the focus earlier must not get it instead.
  const receipt = page.getByRole('button', { name: 'Waiting for permission' });
  await receipt.press('Enter');
  await page.keyboard.press('Escape');
  await expect(receipt).toBeFocused();
  const openers = [
    { name: /switch organization/, role: 'menu', key: 'Enter' },
    { name: /^Filter/, role: 'menu', key: 'Enter' },
    { name: 'More about this task', role: 'menu', key: 'Enter' },
    { name: /problem in the background/, role: 'dialog', key: 'Enter' },
    { name: /^Model/, role: 'menu', key: 'Enter' },
    { name: 'Publish pull request', role: 'dialog', key: 'Enter' },
    { name: 'Publish pull request', role: 'dialog', key: 'c' },
    { name: 'Publish pull request', role: 'dialog', key: '?' },
  ] as const;
  for (const { name, role, key } of openers) {
    const opener = page.getByRole('button', { name });
    await opener.press(key);
    const opened = page.getByRole(role);
    await expect(opened).toBeVisible();
    await expect
      .poll(() => opened.evaluate((element) => element.contains(document.activeElement)))
      .toBe(true);
    await page.keyboard.press('Escape');
    await expect(opened).toBeHidden();
    await expect(opener).toBeFocused();
  }
});

test('keys go on where they were: from the search into its results, from a link into its page', async ({
  page,
}) => {
  await open(page, '/organizations/1');
  const list = page.getByRole('navigation', { name: 'Tasks' });
  await expect(list).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.type('signing');
  await page.keyboard.press('ArrowDown');
  await expect(list.getByRole('link', { name: /Rotate the signing key/ })).toBeFocused();
  await page
    .getByRole('main')
    .getByRole('link', { name: /Upgrade the bundler/ })
    .press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Upgrade the bundler' })).toBeVisible();
  await expect(page.locator('#page')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'More about this task' })).toBeFocused();
  // Sending away the command must not send away the focus of who pressed.
  const takeOver = page.getByRole('button', { name: 'Take over' });
  await page.route('**/owner', (route) => new Promise(() => void route));
  await takeOver.press('Enter');
  await expect(takeOver).toHaveAttribute('aria-busy', 'true');
  await expect(takeOver).toBeFocused();
});

/** Keeps the task from being opened until the returned function is called. */
async function holdOpening(page: Page, taskId: string): Promise<() => void> {
  const held = Promise.withResolvers<void>();
  await page.route(`**/tasks/${taskId}/open`, async (route) => {
    await held.promise;
    await route.continue();
  });
  return held.resolve;
}

test('a message sent before the task is loaded goes out once it is', async ({ page }) => {
  const release = await holdOpening(page, 'pr_13_3');
  await open(page, '/organizations/1/tasks/pr_13_3');
  const composer = page.getByRole('textbox', { name: 'Message to the agent' });
  await composer.fill('Quick as I am');
  await composer.press('Enter');
  await expect(page.getByText('Opening the task…')).toBeVisible();
  release();
  await expect(page.getByRole('article', { name: 'Message from ada' })).toContainText('Quick as I am');
  await expect(composer).toHaveValue('');
});

test('what is typed before the task is loaded is not lost, and never a shortcut', async ({ page }) => {
  const release = await holdOpening(page, 'pr_13_3');
  await open(page, '/organizations/1');
  await page
    .getByRole('navigation', { name: 'Tasks' })
    .getByRole('link', { name: /Rotate the signing key/ })
    .press('Enter');
  await page.keyboard.press('m');
  await expect(page.getByText('Opening the task…')).toBeVisible();
  // `c` alone would open the dialog for a new task.
  await page.keyboard.type('can you');
  await page.keyboard.press('Home');
  release();
  await expect(page.getByText('No workspace yet')).toBeVisible();
  await page.keyboard.type('How ');
  const composer = page.getByRole('textbox', { name: 'Message to the agent' });
  await expect(composer).toHaveValue('How can you');
  await expect(composer).toBeFocused();
});

test('what keeps GitHub from telling is shown in place of "no organization yet", with its way on', async ({
  page,
}) => {
  const show = async (user: object) => {
    await mode(page, { user });
    await open(page, '/organizations');
  };
  const retryAtMs = new Date('2030-01-01T14:22:00').getTime();
  await show({
    organizations: [],
    accessProblem: { kind: 'github_unavailable', message: 'GitHub did not answer.', retryAtMs },
  });
  const notice = page.getByRole('alert');
  await expect(notice).toContainText('GitHub does not answer');
  await expect(notice).toContainText('Trying again at 14:22');
  await expect(notice.getByRole('button', { name: 'Ask now' })).toBeVisible();
  await expect(page.getByText('No organization yet')).toBeHidden();
  await show({
    accessProblem: { kind: 'sign_in_required', message: 'The sign-in has expired.', retryAtMs: null },
  });
  await expect(notice.getByRole('button', { name: 'Sign in with GitHub' })).toBeVisible();
  await expect(page.getByText('No organization yet')).toBeHidden();
  await show({ accessProblem: null, accessReadAtMs: null });
  await expect(page.getByText('Asking GitHub what you may see…')).toBeVisible();
  await show({ accessReadAtMs: 1 });
  await expect(page.getByText('No organization yet')).toBeVisible();
});

test('who may only read a repository watches its tasks, and is told why', async ({ page }) => {
  await open(page, '/organizations/1/tasks/pr_15_5');
  await expect(page.getByText('You are watching')).toBeVisible();
  await expect(page.getByText('you may read acme/wiki but not write to it')).toBeVisible();
  await expect(page.getByText('Nobody has started one for this task.')).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Message to the agent' })).toBeHidden();
  for (const name of ['Start workspace', 'Take over']) {
    await expect(page.getByRole('button', { name })).toBeHidden();
  }
  await page.getByRole('button', { name: 'New task' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'New task' });
  await dialog.getByRole('button', { name: 'Show repositories' }).click();
  await expect(page.getByRole('option', { name: 'webhooks' })).toBeVisible();
  await expect(page.getByRole('option', { name: 'wiki' })).toBeHidden();
});

test('a pull request in conflict says so in the list and on its page, and how to go on', async ({ page }) => {
  await open(page, '/organizations/1/tasks/pr_11_39');
  const listed = page
    .getByRole('navigation', { name: 'Tasks' })
    .getByRole('link', { name: /Upgrade the bundler/ });
  await expect(listed.getByRole('img', { name: 'Conflicts with main' })).toBeVisible();
  await page.getByRole('button', { name: 'Conflicts with main' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Write that to the agent' }).click();
  // Quickly: it belongs to the message, not to the button again.
  await page.keyboard.press('Enter');
  const wish = 'Merge main into this branch, resolve the conflicts, and run the tests.';
  const message = page.getByRole('article', { name: 'Message from ada' });
  await expect(message.getByText(wish)).toHaveText(wish);
});

test('a new task: errors stand at their fields, the created one opens', async ({ page }) => {
  await open(page, '/organizations/1');
  await expect(page.getByRole('navigation', { name: 'Tasks' })).toBeVisible();
  await page.keyboard.press('c');
  const dialog = page.getByRole('dialog', { name: 'New task' });
  await expect(dialog.getByRole('textbox', { name: 'What should be done?' })).toBeFocused();
  await page.keyboard.type('Add a changelog');
  await page.keyboard.press('Control+Enter');
  await expect(dialog.getByText('Choose a repository.')).toBeVisible();
  await dialog.getByRole('combobox', { name: 'Repository' }).fill('handb');
  await page.getByRole('option', { name: 'handbook' }).click();
  await dialog.getByRole('button', { name: 'Title, branch and model' }).click();
  await dialog.getByRole('textbox', { name: /^Branch/ }).fill('taken');
  await dialog.getByRole('button', { name: 'Create task' }).click();
  await expect(dialog.getByText(/has the branch “taken” already/)).toBeVisible();
  await dialog.getByRole('textbox', { name: /^Branch/ }).fill('theirs');
  await dialog.getByRole('button', { name: 'Create task' }).click();
  await expect(dialog.getByRole('alert')).toContainText('take theirs-2, which is free');
  await expect(dialog.getByRole('button', { name: 'Work on the existing branch' })).toBeVisible();
  await dialog.getByRole('button', { name: 'Take the free name' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Add a changelog' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Workspace' })).toContainText('Preparing the workspace');
});

test('a lost connection is said, and ends by itself', async ({ page }) => {
  await open(page, readyTask);
  await expect(page.getByRole('log')).toBeVisible();
  await mode(page, { failing: true });
  await expect(page.getByText('Reconnecting…')).toBeVisible();
  await expect(page.getByRole('log')).toBeVisible();
  await mode(page, { failing: false });
  await expect(page.getByText('Reconnecting…')).toBeHidden({ timeout: 20_000 });
});

test('a failing server is said in words, with a way to try again', async ({ page }) => {
  await mode(page, { failing: true });
  await open(page, '/organizations/1');
  await expect(page.getByText('The server ran into a problem.')).toBeVisible({ timeout: 20_000 });
  await mode(page, { failing: false });
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('link', { name: /Rotate the signing key/ }).first()).toBeVisible();
});

for (const path of [
  '/sign-in',
  '/organizations',
  '/organizations/1',
  readyTask,
  `${readyTask}?view=changes`,
]) {
  test(`390 pixels are enough for ${path}`, async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open(page, path);
    await expect(page.locator('#content')).toBeVisible();
    await expect(page.getByText(/^(Loading|Opening)/)).toHaveCount(0);
    const excess = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(excess).toBe(0);
  });
}

test('on a narrow screen all that a pull request has to say takes two lines', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, '/organizations/1/tasks/pr_11_39');
  const about = page.getByRole('region', { name: 'About this task' });
  await expect(about.getByText('2 of 4 checks failed')).toBeVisible();
  for (const name of ['Conflicts with main', 'Take over'])
    await expect(about.getByRole('button', { name })).toBeInViewport({ ratio: 1 });
  expect((await about.boundingBox())?.height).toBeLessThan(64);
});

test('on a narrow screen the task list is a drawer that closes on choosing', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, '/organizations/1');
  await page.getByRole('button', { name: 'Show tasks' }).click();
  await page
    .getByRole('dialog', { name: 'Tasks' })
    .getByRole('link', { name: /Rotate the signing key/ })
    .click();
  await expect(page.getByRole('dialog', { name: 'Tasks' })).toBeHidden();
  await page.getByRole('tab', { name: /Changes/ }).click();
  await expect(page.getByText('Nothing to compare yet')).toBeVisible();
});
