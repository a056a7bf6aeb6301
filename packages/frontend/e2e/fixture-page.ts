import { test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { startFixtureServer } from './fixture-server.ts';
import type { FixtureServer } from './fixture-server.ts';

/** A task with a workspace and a conversation. */
export const readyTask = '/organizations/1/tasks/task_ready000';

/** A fixture server of its own for each test of the file that calls it, and what tests ask of it. */
export function fixtureServerPerTest() {
  let server: FixtureServer;
  test.beforeEach(async () => {
    server = await startFixtureServer();
  });
  test.afterEach(async () => {
    await server.close();
  });
  const post = (page: Page, path: string, data: object = {}) =>
    page.request.post(`${server.url}/fixture/${path}`, { data });
  return {
    open: (page: Page, path: string) => page.goto(`${server.url}${path}`),
    /** Changes how the server behaves; see `FixtureMode`. `user`: fields of the person's snapshot. */
    mode: (page: Page, change: Record<string, boolean | object>) => post(page, 'mode', change),
    displace: (page: Page) => post(page, 'displace'),
  };
}
