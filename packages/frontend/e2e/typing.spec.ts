import { expect, test } from '@playwright/test';
import { fixtureServerPerTest, readyTask } from './fixture-page.ts';

/** What becomes of what people type: with input methods, on touch screens, while things change around it. */
const { open, mode } = fixtureServerPerTest();

test('the Enter that picks a word of an input method sends nothing, in every order of events', async ({
  page,
}) => {
  await open(page, '/organizations/1/tasks/pr_13_3');
  const composer = page.getByRole('textbox', { name: 'Message to the agent' });
  await composer.fill('にほん');
  // WebKit: compositionend comes before the keydown that ended it; that one says 229 and nothing else.
  await composer.evaluate((element) => {
    element.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
    element.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true, data: 'にほん' }));
    element.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true }),
    );
  });
  // Chromium and Firefox: the keydown comes first, and says that it is part of the composition.
  await composer.evaluate((element) =>
    element.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }),
    ),
  );
  await expect(composer).toHaveValue('にほん');
  await expect(page.getByRole('article')).toHaveCount(0);
  await composer.press('Enter');
  await expect(page.getByRole('article', { name: 'Message from ada' })).toContainText('にほん');
});

test('the Enter of an input method saves no queued message', async ({ page }) => {
  await open(page, '/organizations/1/tasks/pr_13_3');
  await mode(page, { held: true });
  const composer = page.getByRole('textbox', { name: 'Message to the agent' });
  await composer.fill('first');
  await composer.press('Enter');
  // Once the agent has this one, the other waits for good.
  await expect(page.getByRole('button', { name: 'Working' })).toBeVisible();
  await composer.fill('second');
  await composer.press('Enter');
  const queue = page.getByRole('list', { name: 'Waiting messages' });
  await queue.getByRole('button', { name: 'Edit message' }).click();
  const edit = page.getByRole('textbox', { name: 'Edit message' });
  for (const key of ['Enter', 'Escape']) {
    await edit.evaluate(
      (element, pressed) =>
        element.dispatchEvent(
          new KeyboardEvent('keydown', { key: pressed, keyCode: 229, bubbles: true, cancelable: true }),
        ),
      key,
    );
  }
  await expect(edit).toBeVisible();
  await edit.press('Escape');
  await expect(edit).toBeHidden();
});

test.describe('on a touch screen', () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });
  test('fields are large enough that focusing one does not zoom', async ({ page }) => {
    await open(page, readyTask);
    const composer = page.getByRole('textbox', { name: 'Message to the agent' });
    await expect(composer).toHaveCSS('font-size', '16px');
    await page.getByRole('button', { name: 'Show tasks' }).click();
    const search = page.getByRole('searchbox', { name: 'Find a task' });
    await expect(search).toHaveCSS('font-size', '16px');
  });
});
