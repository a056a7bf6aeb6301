import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RestSchemas } from './testing/schemas.ts';
import { refusal, startTestDouble } from './testing/harness.ts';
import type { TestDouble } from './testing/harness.ts';

const schemas = new RestSchemas();
const problems: string[] = [];
let github: TestDouble;

beforeAll(async () => {
  github = await startTestDouble({ schemas, problems });
});
afterAll(async () => {
  await github.stop();
});

/** Runs the calls and then says which replies GitHub's own description would not allow. */
async function conforms(work: () => Promise<unknown>): Promise<void> {
  problems.length = 0;
  await work();
  expect(problems).toEqual([]);
}

const storefront = { owner: 'acme', repo: 'storefront' };

describe("replies have the form of GitHub's published description", () => {
  test('the signed-in person', async () => {
    const ada = github.as('ada');
    await conforms(async () => {
      expect((await ada.users.getAuthenticated()).data.login).toBe('ada');
      expect((await ada.users.listEmailsForAuthenticatedUser()).data[0]?.email).toBe('ada@example.com');
      expect((await ada.orgs.listForAuthenticatedUser()).data.map((org) => org.login)).toEqual(['acme']);
      const memberships = await ada.orgs.listMembershipsForAuthenticatedUser();
      expect(memberships.data[0]?.role).toBe('admin');
      const installations = await ada.apps.listInstallationsForAuthenticatedUser();
      expect(installations.data.total_count).toBe(2);
      const repositories = await ada.apps.listInstallationReposForAuthenticatedUser({
        installation_id: installations.data.installations[0]?.id ?? 0,
      });
      expect(repositories.data.repositories.map((repository) => repository.name)).toEqual([
        'storefront',
        'billing',
        'design-system',
      ]);
      await ada.repos.listForAuthenticatedUser();
      expect((await ada.users.getByUsername({ username: 'grace' })).data.id).toBe(20_002);
    });
  });

  test('organizations and members', async () => {
    const installation = github.asInstallation('acme');
    await conforms(async () => {
      await installation.orgs.get({ org: 'acme' });
      const members = await installation.orgs.listMembers({ org: 'acme' });
      expect(members.data.map((member) => member.login)).toEqual(['ada', 'grace']);
      const admins = await installation.orgs.listMembers({ org: 'acme', role: 'admin' });
      expect(admins.data.map((member) => member.login)).toEqual(['ada']);
      const membership = await installation.orgs.getMembershipForUser({ org: 'acme', username: 'grace' });
      expect(membership.data.role).toBe('member');
      await installation.repos.listForOrg({ org: 'acme' });
    });
  });

  test('the app and its installations', async () => {
    const app = github.asApp();
    await conforms(async () => {
      expect((await app.apps.getAuthenticated()).data?.slug).toBe('test-app');
      const installations = await app.apps.listInstallations();
      expect(installations.data.map((entry) => entry.account?.id)).toEqual([30_001, 20_001]);
      const id = installations.data[0]?.id ?? 0;
      await app.apps.getInstallation({ installation_id: id });
      await app.apps.getOrgInstallation({ org: 'acme' });
      await app.apps.getRepoInstallation(storefront);
      await app.apps.getUserInstallation({ username: 'ada' });
      const token = await app.apps.createInstallationAccessToken({
        installation_id: id,
        repositories: ['storefront'],
        permissions: { contents: 'read' },
      });
      expect(token.data.repositories?.map((repository) => repository.name)).toEqual(['storefront']);
      await github.asInstallation('acme').apps.getBySlug({ app_slug: 'test-app' });
      await app.apps.listWebhookDeliveries();
      const repositories = await github.asInstallation('acme').apps.listReposAccessibleToInstallation();
      expect(repositories.data.total_count).toBe(3);
    });
  });

  test('repositories, collaborators and contents', async () => {
    const octokit = github.asInstallation('acme');
    await conforms(async () => {
      const repository = await octokit.repos.get(storefront);
      expect(repository.data.default_branch).toBe('main');
      expect(repository.data.open_issues_count).toBe(5);
      const collaborators = await octokit.repos.listCollaborators(storefront);
      expect(collaborators.data.map((user) => [user.login, user.role_name])).toEqual([
        ['ada', 'admin'],
        ['grace', 'write'],
      ]);
      await octokit.repos.getCollaboratorPermissionLevel({ ...storefront, username: 'grace' });
      const file = await octokit.repos.getContent({ ...storefront, path: 'src/cart.js' });
      expect(file.data).toMatchObject({ type: 'file', encoding: 'base64' });
      await octokit.repos.getContent({ ...storefront, path: 'src' });
      await octokit.git.getTree({ ...storefront, tree_sha: 'main', recursive: '1' });
    });
  });

  test('branches, refs, commits and comparisons', async () => {
    const octokit = github.asInstallation('acme');
    await conforms(async () => {
      const branches = await octokit.repos.listBranches(storefront);
      expect(branches.data).toHaveLength(6);
      const branch = await octokit.repos.getBranch({ ...storefront, branch: 'feature/free-shipping' });
      const ref = await octokit.git.getRef({ ...storefront, ref: 'heads/feature/free-shipping' });
      expect(ref.data.object.sha).toBe(branch.data.commit.sha);
      const made = { ...storefront, ref: 'refs/heads/made', sha: ref.data.object.sha };
      await octokit.git.createRef(made);
      const main = await octokit.git.getRef({ ...storefront, ref: 'heads/main' });
      await octokit.git.updateRef({
        ...storefront,
        ref: 'heads/made',
        sha: main.data.object.sha,
        force: true,
      });
      await octokit.git.deleteRef({ ...storefront, ref: 'heads/made' });
      const commits = await octokit.repos.listCommits({ ...storefront, sha: 'main' });
      expect(commits.data.map((commit) => commit.author?.login)).toEqual(['ada', 'ada', 'grace', 'ada']);
      await octokit.repos.getCommit({ ...storefront, ref: 'feature/free-shipping' });
      const comparison = await octokit.repos.compareCommitsWithBasehead({
        ...storefront,
        basehead: 'main...feature/free-shipping',
      });
      expect([comparison.data.status, comparison.data.ahead_by, comparison.data.behind_by]).toEqual([
        'diverged',
        2,
        1,
      ]);
      expect(comparison.data.files?.map((file) => file.filename)).toEqual([
        'src/shipping.js',
        'test/shipping.js',
      ]);
    });
  });

  test('checks of a commit', async () => {
    const octokit = github.asInstallation('acme');
    await conforms(async () => {
      const runs = await octokit.checks.listForRef({ ...storefront, ref: 'fix/rounding' });
      expect(runs.data.check_runs.map((run) => run.conclusion)).toEqual(['failure']);
      await octokit.checks.get({ ...storefront, check_run_id: runs.data.check_runs[0]?.id ?? 0 });
      const suites = await octokit.checks.listSuitesForRef({ ...storefront, ref: 'fix/rounding' });
      expect(suites.data.check_suites[0]?.conclusion).toBe('failure');
      await octokit.repos.getCombinedStatusForRef({ ...storefront, ref: 'main' });
    });
  });

  test('pull requests, their files, commits, reviews and comments', async () => {
    const octokit = github.asInstallation('acme');
    const pull = { ...storefront, pull_number: 1 };
    await conforms(async () => {
      const list = await octokit.pulls.list({
        ...storefront,
        state: 'open',
        sort: 'created',
        direction: 'asc',
      });
      expect(list.data.map((entry) => entry.head.ref)).toEqual([
        'feature/free-shipping',
        'search-several-words',
        'fix/rounding',
        'gift-cards',
        'rename-total',
      ]);
      const full = await octokit.pulls.get(pull);
      expect(full.data).toMatchObject({
        commits: 2,
        changed_files: 2,
        mergeable: true,
        mergeable_state: 'clean',
      });
      expect((await octokit.pulls.listFiles(pull)).data[0]?.patch).toMatch(/^@@ -0,0 \+1/);
      expect((await octokit.pulls.listCommits(pull)).data).toHaveLength(2);
      expect((await octokit.pulls.listReviews(pull)).data[0]?.state).toBe('APPROVED');
      await octokit.pulls.listRequestedReviewers({ ...storefront, pull_number: 2 });
      await octokit.issues.listComments({ ...storefront, issue_number: 3 });
      await octokit.issues.createComment({ ...storefront, issue_number: 3, body: 'Hello' });
    });
  });

  test('a pull request from branch to merge', async () => {
    const grace = github.as('grace');
    const ada = github.as('ada');
    await conforms(async () => {
      const main = await grace.git.getRef({ ...storefront, ref: 'heads/main' });
      await grace.git.createRef({ ...storefront, ref: 'refs/heads/greeting', sha: main.data.object.sha });
      await grace.repos.createOrUpdateFileContents({
        ...storefront,
        path: 'GREETING.md',
        message: 'Greet',
        content: Buffer.from('Hello\n').toString('base64'),
        branch: 'greeting',
      });
      const created = await grace.pulls.create({
        ...storefront,
        title: 'Greet',
        head: 'greeting',
        base: 'main',
        draft: true,
      });
      const pull = { ...storefront, pull_number: created.data.number };
      expect(created.data).toMatchObject({ draft: true, mergeable_state: 'draft', user: { login: 'grace' } });
      await grace.graphql(
        'mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { isDraft } } }',
        { id: created.data.node_id },
      );
      expect((await grace.pulls.get(pull)).data.draft).toBe(false);
      await grace.pulls.update({ ...pull, title: 'Greet everyone', body: 'Politely.' });
      await grace.pulls.requestReviewers({ ...pull, reviewers: ['ada'] });
      await ada.pulls.createReview({ ...pull, event: 'APPROVE', body: 'Hello to you' });
      const merged = await ada.pulls.merge({ ...pull, merge_method: 'merge' });
      const after = await grace.pulls.get(pull);
      expect(after.data).toMatchObject({ state: 'closed', merged: true, merged_by: { login: 'ada' } });
      expect(after.data.merge_commit_sha).toBe(merged.data.sha);
      const tip = await grace.git.getRef({ ...storefront, ref: 'heads/main' });
      expect(tip.data.object.sha).toBe(merged.data.sha);
    });
  });

  test('rate limit, meta and tokens', async () => {
    await conforms(async () => {
      expect((await github.as('ada').rateLimit.get()).data.rate.limit).toBe(5_000);
      const token = github.userToken('ada');
      const basic = Buffer.from('Iv1.test:test-client-secret').toString('base64');
      const checked = await fetch(`${github.running.apiUrl}/applications/Iv1.test/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${basic}` },
        body: JSON.stringify({ access_token: token }),
      });
      const body: unknown = await checked.json();
      problems.push(...schemas.problems('POST', '/applications/Iv1.test/token', checked.status, body));
    });
  });

  test('the judge refuses a reply that lacks what GitHub always sends', () => {
    expect(schemas.problems('GET', '/user', 200, { login: 'ada' })).not.toEqual([]);
    expect(schemas.problems('GET', '/no/such/path', 200, {})).not.toEqual([]);
    expect(schemas.judged.size).toBeGreaterThan(45);
  });
});

describe('refusals are those of GitHub', () => {
  test('bad credentials are 401, an unknown repository 404, no right 403', async () => {
    const stranger = github.as('grace');
    const bad = await fetch(`${github.running.apiUrl}/user`, { headers: { authorization: 'Bearer ghu_no' } });
    expect(bad.status).toBe(401);
    expect(await bad.json()).toMatchObject({ message: 'Bad credentials', status: '401' });
    expect(await refusal(stranger.repos.get({ owner: 'acme', repo: 'nothing' }))).toMatchObject({
      status: 404,
    });
    expect(await refusal(github.asInstallation('acme').users.getAuthenticated())).toMatchObject({
      status: 403,
      message: expect.stringContaining('Resource not accessible by integration'),
    });
    expect(await refusal(stranger.apps.getAuthenticated())).toMatchObject({ status: 401 });
  });

  test('a second pull request for a branch, and one without commits, are 422', async () => {
    const ada = github.as('ada');
    const twice = ada.pulls.create({ ...storefront, title: 'x', head: 'gift-cards', base: 'main' });
    expect((await refusal(twice)).message).toContain('A pull request already exists for acme:gift-cards');
    const main = await ada.git.getRef({ ...storefront, ref: 'heads/main' });
    await ada.git.createRef({ ...storefront, ref: 'refs/heads/nothing-new', sha: main.data.object.sha });
    const empty = ada.pulls.create({ ...storefront, title: 'x', head: 'nothing-new', base: 'main' });
    expect((await refusal(empty)).message).toContain('No commits between main and nothing-new');
    const missing = ada.pulls.create({ ...storefront, title: 'x', head: 'no-such-branch', base: 'main' });
    expect(await refusal(missing)).toMatchObject({ status: 422 });
  });

  test('a conflict and a draft cannot be merged (405), a moved head is 409', async () => {
    const ada = github.as('ada');
    expect((await ada.pulls.get({ ...storefront, pull_number: 5 })).data.mergeable_state).toBe('dirty');
    expect((await ada.pulls.get({ ...storefront, pull_number: 3 })).data.mergeable_state).toBe('unstable');
    expect(await refusal(ada.pulls.merge({ ...storefront, pull_number: 5 }))).toMatchObject({ status: 405 });
    expect(await refusal(ada.pulls.merge({ ...storefront, pull_number: 4 }))).toMatchObject({ status: 405 });
    const stale = ada.pulls.merge({ ...storefront, pull_number: 1, sha: '0'.repeat(40) });
    expect(await refusal(stale)).toMatchObject({ status: 409 });
  });

  test('a body that is not JSON is 400, one that does not fit 422', async () => {
    const send = (body: string) =>
      fetch(`${github.running.apiUrl}/repos/acme/storefront/pulls`, {
        method: 'POST',
        headers: { authorization: `Bearer ${github.userToken('ada')}` },
        body,
      });
    expect((await send('{')).status).toBe(400);
    expect((await send('{"title": 1}')).status).toBe(422);
  });
});
