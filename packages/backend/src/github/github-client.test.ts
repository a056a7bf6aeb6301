import { startTestDouble, type TestDouble } from '@foundry/github-double/testing/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { GitHubTokenWish } from '../auth/github-tokens.ts';
import { loadConfig } from '../config.ts';
import { createLogger } from '../log.ts';
import { createGitHub, type GitHub } from './github-client.ts';

let double: TestDouble;
let gitHub: GitHub;
beforeAll(async () => {
  double = await startTestDouble();
  const { github } = loadConfig({
    FOUNDRY_SECRET: 'a secret for tests, of at least 32 characters',
    GITHUB_API_URL: double.running.apiUrl,
    GITHUB_WEB_URL: double.running.url,
  });
  gitHub = createGitHub(github, createLogger('silent'));
}, 60_000);
afterAll(async () => await double.stop());

const storefront = { owner: 'acme', repo: 'storefront' };
const { signal } = new AbortController();

test('a refusal names the field that GitHub named', async () => {
  const token = double.userToken('ada');
  const api = gitHub.asPerson(async () => ({ token, expiresAtMs: null }));
  const open = async (head: string, base: string) =>
    await api.send(
      'POST /repos/{owner}/{repo}/pulls',
      { ...storefront, title: 'A title', head, base },
      z.object({}),
      { signal },
    );
  await expect(open('main', 'nowhere')).rejects.toMatchObject({
    code: 'github_refused',
    message: 'GitHub refused: Validation Failed: the field "base" is not valid',
  });
  // Where GitHub has a sentence of its own, that one.
  await expect(open('main', 'main')).rejects.toMatchObject({
    message: expect.stringContaining('No commits between main and main'),
  });
});

test('a refused token is asked for again once, by each request that used it', async () => {
  const old = double.userToken('ada');
  await double.control('POST', '/users/ada/tokens/expire');
  const good = double.userToken('ada');
  const wishes: GitHubTokenWish[] = [];
  const api = gitHub.asPerson(async (wish) => {
    wishes.push(wish);
    return { token: wish.refused === old ? good : old, expiresAtMs: null };
  });
  const read = async () => await api.send('GET /user', {}, z.object({ login: z.string() }), { signal });
  expect(await Promise.all([read(), read()])).toEqual([{ login: 'ada' }, { login: 'ada' }]);
  expect(wishes.filter(({ refused }) => refused !== undefined)).toEqual([{ refused: old }, { refused: old }]);

  await double.control('POST', '/users/ada/tokens/expire');
  wishes.length = 0;
  await expect(read()).rejects.toMatchObject({ code: 'github_unauthorized' });
  expect(wishes).toEqual([{}, { refused: old }]);
});

test('a request that its asker gave up is no outage of GitHub; one that took too long is', async () => {
  const token = double.userToken('ada');
  const api = gitHub.asPerson(async () => ({ token, expiresAtMs: null }));
  const read = async (until: AbortSignal) =>
    await api.send('GET /user', {}, z.object({ login: z.string() }), { signal: until });
  const stopped = new Error('the actor stops');
  await expect(read(AbortSignal.abort(stopped))).rejects.toBe(stopped);
  const tooLong = new DOMException('The operation timed out.', 'TimeoutError');
  await expect(read(AbortSignal.abort(tooLong))).rejects.toMatchObject({ code: 'github_unavailable' });
});
