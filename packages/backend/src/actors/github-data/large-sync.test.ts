import { organizationSnapshotSchema } from '@foundry/shared/topics';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { organizationAddress } from '../addresses.ts';
import { startGitHubStack, type GitHubStack } from '../testing/github-stack.ts';

let stack: GitHubStack;
let acme: string;
vi.setConfig({ testTimeout: 120_000 });

beforeAll(async () => {
  stack = await startGitHubStack({ seed: 'large' });
  acme = stack.accountId('acme');
}, 120_000);
afterAll(async () => await stack.stop(), 30_000);

/** Checks and reviews follow in the background (two requests for each pull request), while people work already. */
test('[R4, R7] 200 repositories with 2,000 pull requests are in the index before their checks are read', async () => {
  const address = organizationAddress(acme);
  await stack.send(address, 'organization.command.requestSync', {});
  const done = await vi.waitFor(
    async () => {
      const now = organizationSnapshotSchema.parse(await stack.connections.call(address, 'snapshot', [{}]));
      expect(now.sync).toMatchObject({ state: 'running', phase: 'checks' });
      return now;
    },
    { timeout: 60_000, interval: 100 },
  );
  expect(done.repositories).toHaveLength(200);
  expect(done.members).toHaveLength(60);
  expect(done.tasks).toHaveLength(200);
  expect(done.runtimeIssues).toEqual([]);
  const ids = new Set<string>();
  const pageSchema = z.object({
    tasks: z.array(z.object({ id: z.string() })),
    nextCursor: z.string().nullable(),
  });
  for (let cursor: string | null = null; ;) {
    const page: z.output<typeof pageSchema> = pageSchema.parse(
      await stack.connections.call(address, 'tasks', [{ cursor, limit: 200 }]),
    );
    page.tasks.forEach(({ id }) => ids.add(id));
    cursor = page.nextCursor;
    if (cursor === null) break;
  }
  expect(ids.size).toBe(2_000);
  expect(await stack.actorKeys('task')).toEqual([]);
});
