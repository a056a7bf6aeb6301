import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestDouble } from './testing/harness.ts';
import type { TestDouble } from './testing/harness.ts';

let github: TestDouble;
let folder: string;

beforeAll(async () => {
  github = await startTestDouble();
  folder = await mkdtemp(join(tmpdir(), 'github-double-clones-'));
});
afterAll(async () => {
  await github.stop();
  await rm(folder, { recursive: true, force: true });
});

function remote(repository: string, token?: string): string {
  const url = new URL(`${github.running.url}/${repository}.git`);
  if (token !== undefined) {
    url.username = 'x-access-token';
    url.password = token;
  }
  return url.toString();
}

async function clone(repository: string, name: string, token?: string): Promise<string> {
  await github.git(folder, 'clone', '--quiet', remote(repository, token), name);
  return join(folder, name);
}

async function commitAndPush(checkout: string, branch: string, file: string, text: string): Promise<string> {
  await github.git(checkout, 'switch', '--quiet', '--force-create', branch, `origin/${branch}`);
  await writeFile(join(checkout, file), text);
  await github.git(checkout, 'add', file);
  await github.git(checkout, 'commit', '--quiet', '-m', `Write ${file}`);
  await github.git(checkout, 'push', '--quiet', 'origin', branch);
  return github.git(checkout, 'rev-parse', 'HEAD');
}

async function installationToken(account: string): Promise<string> {
  const auth = await github.asInstallation(account).auth({ type: 'installation' });
  return z.object({ token: z.string() }).parse(auth).token;
}

describe('git over HTTP', () => {
  test('everyone can clone a public repository; its tests pass', async () => {
    const checkout = await clone('acme/storefront', 'anonymous');
    expect(await github.git(checkout, 'log', '--format=%an', '-1')).toBe('Ada Lovelace');
    const refs = await github.git(checkout, 'ls-remote', 'origin', 'refs/pull/1/head');
    const tip = await github.git(checkout, 'rev-parse', 'origin/feature/free-shipping');
    expect(refs).toContain(tip);
  });

  test('a private repository is there only for those who may see it', async () => {
    await expect(clone('acme/billing', 'no-one')).rejects.toThrow(/Authentication|could not read|terminal/);
    await expect(clone('acme/billing', 'grace', github.userToken('grace'))).rejects.toThrow(/not found/i);
    await expect(clone('ada/nothing', 'nothing', github.userToken('ada'))).rejects.toThrow(/not found/i);
    await clone('acme/billing', 'ada-billing', github.userToken('ada'));
    await clone('acme/billing', 'app-billing', await installationToken('acme'));
    await expect(clone('acme/billing', 'wrong', 'ghu_wrong')).rejects.toThrow(/Authentication failed/);
  });

  test('a token reads and writes only what its installation and its person may', async () => {
    const anonymous = await clone('acme/design-system', 'read-only');
    await expect(commitAndPush(anonymous, 'main', 'a.md', 'a\n')).rejects.toThrow(
      /could not read|Authentication/,
    );
    const notes = await clone('ada/notes', 'grace-notes', github.userToken('grace'));
    await expect(commitAndPush(notes, 'main', 'a.md', 'a\n')).rejects.toThrow(/403/);
    const app = github.asApp();
    const { data } = await app.apps.getOrgInstallation({ org: 'acme' });
    const narrow = await app.apps.createInstallationAccessToken({
      installation_id: data.id,
      repositories: ['storefront'],
      permissions: { contents: 'read' },
    });
    await expect(clone('acme/billing', 'narrow', narrow.data.token)).rejects.toThrow(/not found/i);
    const reader = await clone('acme/storefront', 'reader', narrow.data.token);
    await expect(commitAndPush(reader, 'main', 'a.md', 'a\n')).rejects.toThrow(/403/);
  });

  test('a push moves the pull request: head, files, commits', async () => {
    const checkout = await clone('acme/storefront', 'pusher', github.userToken('grace'));
    const sha = await commitAndPush(checkout, 'feature/free-shipping', 'SHIPPING.md', 'Free from 50 €\n');
    const { data } = await github.as('ada').pulls.get({ owner: 'acme', repo: 'storefront', pull_number: 1 });
    expect(data).toMatchObject({ head: { sha }, commits: 3, changed_files: 3, state: 'open' });
  });

  test('a forced push to an older state takes its commits away again', async () => {
    const checkout = await clone('acme/design-system', 'forcer', github.userToken('grace'));
    await github.git(
      checkout,
      'push',
      '--quiet',
      '--force',
      'origin',
      'origin/dark-theme~1:refs/heads/dark-theme',
    );
    const { data } = await github
      .as('ada')
      .pulls.get({ owner: 'acme', repo: 'design-system', pull_number: 1 });
    expect(data).toMatchObject({ commits: 1, state: 'open' });
  });

  test('deleting the branch closes the pull request, and its commits stay readable', async () => {
    const checkout = await clone('acme/design-system', 'deleter', github.userToken('grace'));
    await github.git(checkout, 'push', '--quiet', 'origin', '--delete', 'spacing-scale');
    const pull = { owner: 'acme', repo: 'design-system', pull_number: 3 };
    const { data } = await github.as('ada').pulls.get(pull);
    expect(data).toMatchObject({ state: 'closed', merged: false });
    expect((await github.as('ada').pulls.listFiles(pull)).data).toHaveLength(1);
  });

  test('pushing the merge to main merges the pull request', async () => {
    const checkout = await clone('ada/notes', 'merger', github.userToken('ada'));
    await github.git(checkout, 'merge', '--quiet', '--no-ff', '-m', 'By hand', 'origin/export-html');
    await github.git(checkout, 'push', '--quiet', 'origin', 'main');
    const { data } = await github.as('ada').pulls.get({ owner: 'ada', repo: 'notes', pull_number: 1 });
    expect(data).toMatchObject({ state: 'closed', merged: true, merged_by: { login: 'ada' } });
    expect(data.merge_commit_sha).toBe(await github.git(checkout, 'rev-parse', 'HEAD'));
  });

  test('a large push arrives whole (chunked, with a probe before it)', async () => {
    const checkout = await clone('acme/billing', 'large', github.userToken('ada'));
    const text = Array.from({ length: 150_000 }, (_, line) => `${line} ${Math.sin(line)}`).join('\n');
    const sha = await commitAndPush(checkout, 'swiss-vat', 'numbers.txt', text);
    const { data } = await github.as('ada').pulls.get({ owner: 'acme', repo: 'billing', pull_number: 1 });
    expect(data.head.sha).toBe(sha);
  });
});

test('tags are kept, whatever they name', async () => {
  const checkout = await clone('acme/design-system', 'tagger', github.userToken('grace'));
  await github.git(checkout, 'tag', '-a', 'v1', '-m', 'First');
  await github.git(checkout, 'tag', 'readme', 'HEAD:README.md');
  await github.git(checkout, 'push', '--quiet', 'origin', '--tags');
  const tag = await github.as('ada').git.getRef({ owner: 'acme', repo: 'design-system', ref: 'tags/v1' });
  expect(tag.data.object.sha).toBe(await github.git(checkout, 'rev-parse', 'HEAD'));
  expect(await github.git(checkout, 'ls-remote', 'origin', 'refs/tags/readme')).not.toBe('');
});

describe('merging', () => {
  const repository = { owner: 'acme', repo: 'storefront' };

  test.each(['merge', 'squash', 'rebase'] as const)('%s makes the commits GitHub makes', async (method) => {
    const ada = github.as('ada');
    const head = `method-${method}`;
    for (const number of [1, 2]) {
      await github.control('POST', '/repos/acme/storefront/commits', {
        branch: head,
        message: `Step ${number}`,
        authorLogin: 'grace',
        path: `${method}-${number}.md`,
        content: `${number}\n`,
      });
    }
    const { data: pull } = await github
      .as('grace')
      .pulls.create({ ...repository, title: 'Steps', head, base: 'main' });
    // main goes on meanwhile, so that none of the methods is a fast-forward.
    const before = z.object({ sha: z.string() }).parse(
      await github.control('POST', '/repos/acme/storefront/commits', {
        branch: 'main',
        message: 'Meanwhile',
        authorLogin: 'ada',
        path: `meanwhile-${method}.md`,
        content: 'x\n',
      }),
    );
    await ada.pulls.merge({ ...repository, pull_number: pull.number, merge_method: method });
    const range = await ada.repos.compareCommitsWithBasehead({
      ...repository,
      basehead: `${before.sha}...main`,
    });
    const added = range.data.commits.map(({ commit, parents }) => [
      commit.message.split('\n')[0],
      commit.author?.name,
      parents.length,
    ]);
    const expected = {
      merge: [
        ['Step 1', 'Grace Hopper', 1],
        ['Step 2', 'Grace Hopper', 1],
        [`Merge pull request #${pull.number} from acme/${head}`, 'Ada Lovelace', 2],
      ],
      squash: [[`Steps (#${pull.number})`, 'Grace Hopper', 1]],
      rebase: [
        ['Step 1', 'Grace Hopper', 1],
        ['Step 2', 'Grace Hopper', 1],
      ],
    };
    expect(added).toEqual(expected[method]);
    expect(range.data.files?.map((file) => file.filename)).toEqual([`${method}-1.md`, `${method}-2.md`]);
  });

  test('a conflict that the branch resolves can be merged', async () => {
    const checkout = await clone('acme/storefront', 'resolver', github.userToken('grace'));
    const pull = { ...repository, pull_number: 5 };
    expect((await github.as('ada').pulls.get(pull)).data.mergeable_state).toBe('dirty');
    await github.control('POST', '/faults', { kind: 'mergeability' });
    expect((await github.as('ada').pulls.get(pull)).data.mergeable).toBe(null);
    await github.git(checkout, 'switch', '--quiet', 'rename-total');
    await github.git(checkout, 'merge', '--quiet', '-X', 'ours', '-m', 'Bring up to date', 'origin/main');
    await github.git(checkout, 'push', '--quiet', 'origin', 'rename-total');
    expect((await github.as('ada').pulls.get(pull)).data).toMatchObject({
      mergeable: true,
      mergeable_state: 'clean',
    });
  });

  test('a failing merge leaves main where it was', async () => {
    const ada = github.as('ada');
    const main = await ada.git.getRef({ ...repository, ref: 'heads/main' });
    const draft = ada.pulls.merge({ ...repository, pull_number: 4 });
    await expect(draft).rejects.toThrow(/draft/);
    const after = await ada.git.getRef({ ...repository, ref: 'heads/main' });
    expect(after.data.object.sha).toBe(main.data.object.sha);
  });
});

test('a push by file path is noticed when asked, and at the next start', async () => {
  const state = z.object({ gitDir: z.string() });
  const { gitDir } = state.parse(await github.control('GET', '/repos/ada/notes'));
  const checkout = await clone('ada/notes', 'by-path', github.userToken('ada'));
  await github.git(checkout, 'remote', 'set-url', 'origin', gitDir);
  const pull = { owner: 'ada', repo: 'notes', pull_number: 2 };
  const first = await commitAndPush(checkout, 'tags', 'one.md', '1\n');
  expect((await github.as('ada').pulls.get(pull)).data.head.sha).not.toBe(first);
  await github.control('POST', '/repos/ada/notes/refs-changed', {});
  expect((await github.as('ada').pulls.get(pull)).data.head.sha).toBe(first);
  const second = await commitAndPush(checkout, 'tags', 'two.md', '2\n');
  await github.restart();
  expect((await github.as('ada').pulls.get(pull)).data.head.sha).toBe(second);
});
