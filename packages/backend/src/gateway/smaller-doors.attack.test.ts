import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TaskDirectory } from './access/task-directory.ts';
import { publicUrl, startWorld, type World } from './testing/world.ts';

/** What the web app's build takes over unchanged. */
const staticDir = new URL('../../../frontend/public/', import.meta.url).pathname;

let world: World;
beforeAll(async () => {
  world = await startWorld({ staticDir });
});
afterAll(async () => {
  await world.stop();
});

const signIn = async (destinations: Record<string, string>) =>
  await fetch(`${world.url}/api/auth/sign-in/social`, {
    method: 'POST',
    headers: { origin: publicUrl, 'content-type': 'application/json' },
    body: JSON.stringify({ provider: 'github', callbackURL: '/', ...destinations }),
  });

describe('a sign-in leads to nowhere else', () => {
  test.each(['callbackURL', 'errorCallbackURL', 'newUserCallbackURL'])('by %s', async (name) => {
    for (const elsewhere of ['/.//evil.test', '/%2e//evil.test', `${publicUrl}/.//evil.test`]) {
      const answer = await signIn({ [name]: elsewhere });
      expect([elsewhere, answer.status]).toEqual([elsewhere, 400]);
      const { error } = (await answer.json()) as { error: { message: string } };
      expect(error.message).toMatch(/only go on to a page of this server/);
    }
    for (const elsewhere of ['//evil.test', '/\\evil.test', 'https://evil.test']) {
      expect([400, 403]).toContain((await signIn({ [name]: elsewhere })).status);
    }
    for (const own of ['/organizations/1?view=changes', `${publicUrl}/sign-in`]) {
      expect((await signIn({ [name]: own })).status).toBe(200);
    }
  });
});

test("a page's scripts cannot read the token of the session", async () => {
  const headers = await world.signIn('member');
  const answer = await fetch(`${world.url}/api/auth/get-session`, { headers });
  expect(answer.status).toBe(404);
  const me = await fetch(`${world.url}/api/v1/me`, { headers });
  const token = decodeURIComponent(/session_token=([^.;]+)/.exec(headers['cookie'] ?? '')?.[1] ?? '');
  expect(token).not.toBe('');
  expect(await me.text()).not.toContain(token);
});

test('how long an answer takes does not tell what is hidden: both need as many questions', async () => {
  const tasks = new Map([
    ['pr_7_1', '7'],
    ['task_00000000', '7'],
  ]);
  let questions = 0;
  const directory = new TaskDirectory({
    ...world.services.reads,
    taskRepositoryId: (_organizationId, taskId) => {
      questions += 1;
      return Promise.resolve(tasks.get(taskId) ?? null);
    },
  });
  const asked = async (taskId: string, visible: string[]) => {
    questions = 0;
    return { found: await directory.visibleRepositoryId('1', taskId, visible), questions };
  };
  // Somebody who sees them has made the gateway remember them.
  for (const taskId of tasks.keys()) expect(await asked(taskId, ['7'])).toEqual({ found: '7', questions: 1 });
  expect(await asked('pr_7_1', ['7'])).toEqual({ found: '7', questions: 0 });

  const nothing = { found: null, questions: 0 };
  expect([await asked('pr_7_1', ['8']), await asked('pr_7_2', ['8'])]).toEqual([nothing, nothing]);
  const one = { found: null, questions: 1 };
  expect([await asked('task_00000000', ['8']), await asked('task_11111111', ['8'])]).toEqual([one, one]);
});

test('pictures come from GitHub alone, through the gateway', async () => {
  for (const url of [
    'http://127.0.0.1:1/',
    `${world.url}/api/v1/me`,
    'http://169.254.169.254/latest/meta-data/',
    'file:///etc/passwd',
    'https://github.example.com@evil.test/a.png',
  ]) {
    const path = `/api/v1/avatars?url=${encodeURIComponent(url)}`;
    const { status } = await world.request('member', 'GET', path);
    expect([url, status]).toEqual([url, 404]);
  }
});

test('browsers find what they always ask for', async () => {
  const ask = async (path: string, accept = '*/*') => {
    const answer = await fetch(`${world.url}${path}`, { headers: { accept } });
    return [answer.status, answer.headers.get('content-type')?.split(';')[0]];
  };
  expect(await ask('/robots.txt')).toEqual([200, 'text/plain']);
  expect(await ask('/favicon.ico')).toEqual([200, 'image/x-icon']);
  expect(await ask('/nothing.png')).toEqual([404, 'text/plain']);
});
