import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestDouble } from './testing/harness.ts';
import type { TestDouble } from './testing/harness.ts';

const run = promisify(execFile);
const pullList = z.array(
  z.object({
    number: z.number(),
    draft: z.boolean(),
    headRef: z.string(),
    state: z.string(),
    headSha: z.string(),
  }),
);
const repositoryList = z.array(
  z.object({
    fullName: z.string(),
    private: z.boolean(),
    visibleTo: z.array(z.string()),
    gitDir: z.string(),
  }),
);

describe('the small seed', () => {
  let github: TestDouble;
  let folder: string;
  beforeAll(async () => {
    github = await startTestDouble();
    folder = await mkdtemp(join(tmpdir(), 'github-double-seeds-'));
  });
  afterAll(async () => {
    await github.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('two people, four repositories, the private one only for the first', async () => {
    const repositories = repositoryList.parse(await github.control('GET', '/repos'));
    expect(repositories.map(({ fullName, visibleTo }) => [fullName, visibleTo.join()])).toEqual([
      ['acme/storefront', 'ada,grace'],
      ['acme/billing', 'ada'],
      ['acme/design-system', 'ada,grace'],
      ['ada/notes', 'ada,grace'],
    ]);
  });

  test('a dozen pull requests in every state a reviewer meets', async () => {
    const states: string[] = [];
    for (const { fullName } of repositoryList.parse(await github.control('GET', '/repos'))) {
      for (const { number } of pullList.parse(await github.control('GET', `/repos/${fullName}/pulls`))) {
        const pull = z
          .object({ mergeableState: z.string() })
          .parse(await github.control('GET', `/repos/${fullName}/pulls/${number}`));
        states.push(pull.mergeableState);
      }
    }
    const count = (state: string) => states.filter((entry) => entry === state).length;
    expect(states).toHaveLength(12);
    expect([count('draft'), count('dirty'), count('unstable'), count('clean')]).toEqual([3, 1, 2, 6]);
  });

  test('commits are the same at every start', async () => {
    const other = await startTestDouble();
    const pulls = (double: TestDouble) => double.control('GET', '/repos/acme/storefront/pulls');
    expect(await pulls(other)).toEqual(await pulls(github));
    await other.stop();
  });

  test('the code is real: tests pass on main, and fail just where the failing check says', async () => {
    const passes = async (repository: string, branch: string): Promise<boolean> => {
      const name = `${repository}-${branch}`.replaceAll('/', '-');
      const { gitDir } = z
        .object({ gitDir: z.string() })
        .parse(await github.control('GET', `/repos/${repository}`));
      await github.git(folder, 'clone', '--quiet', '--branch', branch, gitDir, name);
      // A test run inside a test run would report to the outer one.
      const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
      return run(process.execPath, ['--test'], { cwd: join(folder, name), env }).then(
        () => true,
        () => false,
      );
    };
    expect(await passes('acme/storefront', 'main')).toBe(true);
    expect(await passes('acme/billing', 'weekly-reminders')).toBe(true);
    expect(await passes('acme/design-system', 'button-loading')).toBe(true);
    expect(await passes('ada/notes', 'tags')).toBe(true);
    expect(await passes('acme/storefront', 'fix/rounding')).toBe(false);
  });
});

describe('the large seed', () => {
  let github: TestDouble;
  beforeAll(async () => {
    github = await startTestDouble({ seed: 'large' });
  });
  afterAll(async () => {
    await github.stop();
  });

  test('two hundred repositories, two thousand pull requests, sixty members', async () => {
    const installation = github.asInstallation('acme');
    const repositories = await installation.paginate(installation.apps.listReposAccessibleToInstallation, {
      per_page: 100,
    });
    expect(repositories).toHaveLength(200);
    const members = await installation.paginate(installation.orgs.listMembers, {
      org: 'acme',
      per_page: 100,
    });
    expect(members).toHaveLength(60);
    const listed = repositoryList.parse(await github.control('GET', '/repos'));
    let open = 0;
    for (const { fullName } of listed) {
      const pulls = pullList.parse(await github.control('GET', `/repos/${fullName}/pulls?state=open`));
      open += pulls.length;
    }
    expect(open).toBe(2_000);
    const hidden = listed.filter((repository) => !repository.visibleTo.includes('grace'));
    expect(hidden.length).toBeGreaterThan(0);
    expect(hidden.every((repository) => repository.private)).toBe(true);
  });

  test('every one is a real repository', async () => {
    const listed = repositoryList.parse(await github.control('GET', '/repos'));
    const last = listed.at(-1);
    const tip = await github.git(last?.gitDir ?? '', 'rev-parse', 'refs/pull/10/head');
    const pulls = pullList.parse(await github.control('GET', `/repos/${last?.fullName}/pulls`));
    expect(pulls.find((pull) => pull.number === 10)?.headSha).toBe(tip);
    const [owner = '', repo = ''] = last?.fullName.split('/') ?? [];
    const { data } = await github.asInstallation('acme').pulls.get({ owner, repo, pull_number: 1 });
    expect(data).toMatchObject({ mergeable_state: 'clean', changed_files: 1, commits: 1 });
  });

  test('an installation on so much may ask more often, as on GitHub', async () => {
    const limitOn = async (login: string) =>
      (await github.asInstallation(login).rateLimit.get()).data.resources.core.limit;
    expect(await limitOn('acme')).toBe(12_500);
    expect(await limitOn('ada')).toBe(5_000);
  });
});
