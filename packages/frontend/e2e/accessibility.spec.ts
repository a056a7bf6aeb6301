import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { startFixtureServer } from './fixture-server.ts';
import type { FixtureServer } from './fixture-server.ts';

test.setTimeout(120_000);

/** What axe can find by itself, on every kind of screen, in both colour schemes. */
let server: FixtureServer;
test.beforeAll(async () => {
  server = await startFixtureServer();
});
test.afterAll(async () => {
  await server.close();
});

const task = '/organizations/1/tasks/task_ready000';
const screens = [
  { path: '/sign-in?error=access_denied', colorScheme: 'light' },
  { path: '/organizations/1', colorScheme: 'light' },
  { path: task, colorScheme: 'light' },
  { path: task, colorScheme: 'dark' },
  { path: '/organizations/1/tasks/pr_11_39', colorScheme: 'light' },
  { path: '/organizations/1/tasks/pr_11_999', colorScheme: 'dark' },
] as const;

for (const { path, colorScheme } of screens) {
  test(`${path} in ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.goto(`${server.url}${path}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByText(/^(Loading|Opening)/)).toHaveCount(0);
    // Diffs bring colours of their own, which mark syntax and are no text to rely on.
    const { violations } = await new AxeBuilder({ page }).exclude('diffs-container').analyze();
    const found = violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' ‖ ')}`,
    );
    expect(found).toEqual([]);
  });
}
