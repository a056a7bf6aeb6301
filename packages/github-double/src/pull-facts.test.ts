import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readMergeable, readPullSizes } from './git/pull-facts.ts';
import { startTestDouble, until } from './testing/harness.ts';
import type { TestDouble } from './testing/harness.ts';

let github: TestDouble;
let cleanUp: (() => Promise<void>) | undefined;
afterEach(async () => {
  await github.stop();
  await cleanUp?.();
  cleanUp = undefined;
});

/** Puts a git before the real one that writes down when each command begins and ends. */
async function countGit() {
  const folder = await mkdtemp(join(tmpdir(), 'counted-git-'));
  const log = join(folder, 'log');
  const path = process.env['PATH'] ?? '';
  const script = `#!/bin/sh
echo "begin $1" >>'${log}'
PATH='${path}' git "$@"
code=$?
echo "end $1" >>'${log}'
exit $code
`;
  await writeFile(join(folder, 'git'), script);
  await chmod(join(folder, 'git'), 0o755);
  process.env['PATH'] = `${folder}:${path}`;
  cleanUp = async () => {
    process.env['PATH'] = path;
    await rm(folder, { recursive: true });
  };
  return async (command: string) => {
    const lines = (await readFile(log, 'utf8')).split('\n');
    let running = 0;
    let atOnce = 0;
    for (const line of lines) {
      if (line === `begin ${command}`) running += 1;
      if (line === `end ${command}`) running -= 1;
      atOnce = Math.max(atOnce, running);
    }
    return { all: lines.filter((line) => line === `begin ${command}`).length, atOnce };
  };
}

describe('what git says about a pull request', () => {
  const conflict = { owner: 'acme', repo: 'storefront', pull_number: 5 };

  test('is null until it was computed, and right from then on', async () => {
    github = await startTestDouble({ mergeWaitMs: 0 });
    const ada = github.as('ada');
    const first = (await ada.pulls.get(conflict)).data;
    // How large it is is told at once, as by GitHub.
    expect(first).toMatchObject({
      mergeable: null,
      rebaseable: null,
      mergeable_state: 'unknown',
      commits: 1,
    });
    await until('the merge was tried', async () => (await ada.pulls.get(conflict)).data.mergeable !== null);
    const second = (await ada.pulls.get(conflict)).data;
    expect(second).toMatchObject({ mergeable: false, rebaseable: false, mergeable_state: 'dirty' });
    expect(second).toMatchObject({ additions: first.additions, deletions: first.deletions });
  });

  test('is computed anew when the base moves, and kept over a restart', async () => {
    github = await startTestDouble({ mergeWaitMs: 0 });
    const pull = { ...conflict, pull_number: 1 };
    const mergeable = async () => (await github.as('ada').pulls.get(pull)).data.mergeable;
    await until('it merges', async () => (await mergeable()) === true);
    await github.restart();
    expect(await mergeable()).toBe(true);
    const { data: files } = await github.as('ada').pulls.listFiles(pull);
    await github.control('POST', '/repos/acme/storefront/commits', {
      branch: 'main',
      message: 'In the way',
      authorLogin: 'ada',
      files: files.map(({ filename }) => ({ path: filename, content: 'Something else\n' })),
    });
    expect(await mergeable()).toBe(null);
    await until('it conflicts', async () => (await mergeable()) === false);
  });

  test('is asked once for each pair of commits, by a few git processes at a time', async () => {
    const counted = await countGit();
    github = await startTestDouble();
    const ada = github.as('ada');
    const { data: pulls } = await ada.pulls.list({ owner: 'acme', repo: 'storefront' });
    const asked = pulls.flatMap(({ number }) => [number, number, number]);
    const replies = await Promise.all(
      asked.map(async (pull_number) => (await ada.pulls.get({ ...conflict, pull_number })).data),
    );
    expect(new Set(replies.map(({ number, mergeable }) => `${number} ${String(mergeable)}`))).toEqual(
      new Set(['1 true', '2 true', '3 true', '4 true', '5 false']),
    );
    const merges = await counted('merge-tree');
    expect(merges.all).toBe(pulls.length);
    expect(merges.atOnce).toBeLessThanOrEqual(2);
  });

  test('of the large seed is known beforehand, and true', async () => {
    github = await startTestDouble({ seed: 'large' });
    const { store, folders } = github.running.double;
    for (const repository of store.repositories.ofOwner(10_001).slice(0, 5)) {
      for (const pull of store.pulls.list(repository.id, {
        state: 'open',
        sort: 'created',
        direction: 'asc',
      })) {
        const { baseSha, headSha } = pull;
        const bare = folders.open(repository);
        expect(store.pulls.facts(repository.id, baseSha, headSha)).toEqual({
          repositoryId: repository.id,
          baseSha,
          headSha,
          ...(await readPullSizes(bare, baseSha, headSha)),
          mergeable: await readMergeable(bare, baseSha, headSha),
        });
      }
    }
  });
});
