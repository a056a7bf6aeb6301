import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiErrorSchema } from '@foundry/shared/errors';
import { pullRequestTaskId } from '@foundry/shared/ids';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ids, pullRequestOf } from './testing/sample-data.ts';
import { facts } from './testing/stand-ins.ts';
import { grant, publicUrl, roles, startWorld, userIdOf, type Role, type World } from './testing/world.ts';

let world: World;
let emptyDir: string;
beforeAll(async () => {
  emptyDir = await mkdtemp(join(tmpdir(), 'foundry-gateway-'));
  world = await startWorld({ staticDir: emptyDir });
});
afterAll(async () => {
  await world.stop();
  await rm(emptyDir, { recursive: true, force: true });
});

type Expected = Readonly<Record<Role, number>>;
const everybody = (status: number): Expected => ({
  anonymous: status,
  stranger: status,
  member: status,
  insider: status,
});
const people = (status: number): Expected => ({ ...everybody(status), anonymous: 401 });
const members = (status: number): Expected => ({ ...people(status), stranger: 404 });
/** For routes about the hidden repository: only the insider may know that it exists. */
const insiders = (status: number): Expected => ({ ...members(404), insider: status });

const message = () => ({ messageId: `m-${Math.random().toString(36).slice(2)}-x`, text: 'hello' });
const O = '/api/v1/organizations/:organizationId';
const T = `${O}/tasks/:taskId`;
const S = `${T}/sessions/:sessionId`;

/** The status for each role, asked about the hidden repository where there is a choice. */
interface Row {
  readonly expected: Expected;
  readonly body?: () => unknown;
  readonly query?: string;
  readonly headers?: Record<string, string>;
}
const asBrowser = { origin: publicUrl };

const rows: Readonly<Record<string, Row>> = {
  'GET /healthz': { expected: everybody(200) },
  'GET /readyz': { expected: everybody(200) },
  'GET /api/v1/config': { expected: everybody(200) },
  'GET /api/v1/openapi.json': { expected: everybody(200) },
  'GET /api/v1/realtime': { expected: people(426) },
  'POST /webhooks/github': { expected: everybody(401), body: () => ({}) },
  'POST /api/auth/sign-in/social': {
    expected: everybody(200),
    body: () => ({ provider: 'github', callbackURL: '/' }),
    headers: asBrowser,
  },
  'GET /api/auth/callback/github': { expected: everybody(302) },
  'POST /api/auth/sign-out': { expected: everybody(200), body: () => ({}), headers: asBrowser },
  'GET /api/auth/get-session': { expected: everybody(200) },
  'GET /api/v1/me': { expected: people(200) },
  'POST /api/v1/me/refresh-access': { expected: people(202) },
  'PUT /api/v1/me/task-states/:organizationId/:taskId': {
    expected: insiders(200),
    body: () => ({ draft: 'x' }),
  },
  'PUT /api/v1/me/default-model': { expected: people(202), body: () => ({ modelId: null }) },
  'GET /api/v1/organizations': { expected: people(200) },
  [`GET ${O}`]: { expected: members(200) },
  [`GET ${O}/tasks`]: { expected: members(200) },
  [`POST ${O}/sync`]: { expected: members(202) },
  [`POST ${O}/tasks`]: {
    expected: insiders(201),
    body: () => ({ repositoryId: ids.hidden, title: `Task ${Math.random()}` }),
  },
  [`GET ${O}/audit`]: { expected: members(200) },
  [`DELETE ${O}/runtime-issues/:issueId`]: { expected: members(404) },
  [`GET ${O}/commands/:commandId`]: { expected: members(404), query: '?actor=organization' },
  [`POST ${T}/open`]: { expected: insiders(200) },
  [`GET ${T}`]: { expected: insiders(200) },
  [`POST ${T}/provision`]: { expected: insiders(202) },
  [`POST ${T}/refresh`]: { expected: insiders(202) },
  [`GET ${T}/diff`]: { expected: insiders(200) },
  [`POST ${T}/publish`]: { expected: insiders(202) },
  [`POST ${T}/owner`]: { expected: insiders(202) },
  [`POST ${T}/sessions`]: { expected: insiders(201), body: () => ({ title: 'Second' }) },
  [`GET ${S}`]: { expected: insiders(200) },
  [`GET ${S}/transcript`]: { expected: insiders(200) },
  [`POST ${S}/messages`]: { expected: insiders(202), body: message },
  [`PATCH ${S}/messages/:messageId`]: { expected: insiders(202), body: () => ({ text: 'other' }) },
  [`DELETE ${S}/messages/:messageId`]: { expected: insiders(202) },
  [`POST ${S}/messages/:messageId/retry`]: { expected: insiders(202) },
  [`POST ${S}/stop`]: { expected: insiders(202) },
  [`POST ${S}/permissions/:requestId`]: { expected: insiders(202), body: () => ({ optionId: 'yes' }) },
  [`PUT ${S}/model`]: { expected: insiders(202), body: () => ({ modelId: 'm' }) },
};

const hiddenPlace: Readonly<Record<string, string>> = {
  organizationId: ids.organization,
  taskId: ids.hiddenTask,
  sessionId: ids.hiddenSession,
  messageId: 'message-1',
  requestId: 'request-1',
  issueId: 'issue-1',
  commandId: 'command-1',
};

function fill(path: string, place: Readonly<Record<string, string>> = hiddenPlace): string {
  return path.replace(/:(\w+)/g, (_all, name: string) => place[name] ?? name);
}

function split(route: string): { method: string; path: string } {
  const [method = '', path = ''] = route.split(' ');
  return { method, path };
}

/** The error without what differs from request to request. */
function words(body: unknown): unknown {
  const { error } = apiErrorSchema.parse(body);
  return { code: error.code, message: error.message };
}

describe('who may use which route', () => {
  test('every route has a row here, and every row is a route', () => {
    const registered = world.permissions.map(({ method, path }) => `${method} ${path}`);
    expect(registered.toSorted()).toEqual(Object.keys(rows).toSorted());
  });

  test.each(Object.entries(rows))('%s', async (route, row) => {
    const { method, path } = split(route);
    const seen: Record<string, number> = {};
    for (const role of roles) {
      const { status } = await world.request(
        role === 'anonymous' || path.includes('/sign-out') ? 'anonymous' : role,
        method,
        `${fill(path)}${row.query ?? ''}`,
        row.body?.(),
        row.headers,
      );
      seen[role] = status;
    }
    expect(seen).toEqual(row.expected);
  });

  test('what is hidden and what does not exist get the same answer, and no actor is made for a guess', async () => {
    const nowhere = {
      ...hiddenPlace,
      taskId: 'pr_999999999999_7',
      sessionId: 'session_pr_999999999999_7_00000000000000cc',
    };
    for (const [route, row] of Object.entries(rows)) {
      const { method, path } = split(route);
      if (row.expected.member !== 404 || !path.includes(':taskId')) continue;
      const hidden = await world.request('member', method, fill(path), row.body?.());
      const absent = await world.request('member', method, fill(path, nowhere), row.body?.());
      expect([route, hidden.status, words(hidden.body)]).toEqual([route, 404, words(absent.body)]);
      expect(JSON.stringify(hidden.body)).not.toContain(ids.hidden);
    }
    const create = (repositoryId: string) =>
      world.request('member', 'POST', fill(`${O}/tasks`), { repositoryId, title: 'x' });
    expect(words((await create(ids.hidden)).body)).toEqual(words((await create('4')).body));
    const stranger = await world.request('stranger', 'GET', fill(O));
    const nothing = await world.request('stranger', 'GET', '/api/v1/organizations/5');
    expect(words(stranger.body)).toEqual(words(nothing.body));
    expect([...facts.called].filter((key) => key.includes('999999999999'))).toEqual([]);
  });

  test("a visible task's id does not open a session of a hidden one", async () => {
    const place = { ...hiddenPlace, taskId: ids.openTask };
    const { status } = await world.request('member', 'GET', fill(S, place));
    expect(status).toBe(404);
    const path = `${fill(O)}/commands/c?actor=session&id=${ids.hiddenSession}`;
    expect((await world.request('member', 'GET', path)).status).toBe(404);
  });

  test.each(['open', 'merged'] as const)(
    '[R7] the task of an %s pull request that nobody opened is not opened by looking at it',
    async (state) => {
      const number = state === 'open' ? 2 : 3;
      const item = pullRequestOf(ids.open, number);
      const taskId = pullRequestTaskId(ids.open, number);
      await world.tell('organization.command.applyPullRequests', {
        generation: null,
        pullRequests: [{ ...item, pullRequest: { ...item.pullRequest, state } }],
      });
      const place = { ...hiddenPlace, taskId };
      for (const route of [`GET ${T}`, `POST ${T}/provision`, `GET ${T}/diff`, `POST ${T}/sessions`]) {
        const { method, path } = split(route);
        const body = method === 'GET' ? undefined : {};
        const answer = await world.request('member', method, fill(path, place), body);
        expect([answer.status, words(answer.body)]).toMatchObject([404, { code: 'task_not_opened' }]);
      }
      expect([...facts.called].some((key) => key.endsWith(taskId))).toBe(false);
      expect(facts.received.some(({ actor }) => actor.endsWith(taskId))).toBe(false);
    },
  );
});

describe('what a person sees of an organization', () => {
  const issue = (actor: string, text: string) => ({
    actor,
    command: null,
    step: null,
    attempt: null,
    message: text,
    atMs: 5,
  });

  test('a private repository is in no read of somebody who may not see it', async () => {
    const report = 'organization.command.reportRuntimeIssue';
    await world.tell(report, issue(`task org/${ids.organization}/task/${ids.hiddenTask}`, 'one'));
    await world.tell(report, issue(`repository org/${ids.organization}/repo/${ids.hidden}`, 'two'));
    await world.tell(
      report,
      issue(`taskSession org/${ids.organization}/session/${ids.hiddenSession}`, 'three'),
    );
    await world.tell(report, issue(`githubData org/${ids.organization}/github`, 'acme/vault: 404'));
    await world.tell(report, issue(`task org/${ids.organization}/task/${ids.openTask}`, 'visible'));
    for (const path of [O, `${O}/tasks`, `${O}/tasks?limit=1`, `${O}/audit`]) {
      const seen = JSON.stringify((await world.request('member', 'GET', fill(path))).body);
      for (const secret of [ids.hidden, 'vault', 'Secret plans']) expect(seen).not.toContain(secret);
    }
    const { body } = await world.request('member', 'GET', fill(O));
    expect(body).toMatchObject({
      repositories: [{ id: ids.open }],
      tasks: [{ repositoryId: ids.open }, { repositoryId: ids.open }],
    });
    expect(JSON.stringify(body)).toContain('visible');
    const insider = JSON.stringify((await world.request('insider', 'GET', fill(O))).body);
    for (const shown of [ids.hidden, 'vault', 'Secret plans', 'acme/vault: 404', 'three']) {
      expect(insider).toContain(shown);
    }
  });

  test('clearing an issue of a hidden repository is as clearing none', async () => {
    const { body } = await world.request('insider', 'GET', fill(O));
    const issues = Object(body).runtimeIssues as { id: string; message: string }[];
    const hidden = issues.find(({ message: text }) => text === 'one')?.id ?? '';
    const path = (id: string) => `${fill(O)}/runtime-issues/${id}`;
    expect((await world.request('member', 'DELETE', path(hidden))).status).toBe(404);
    expect((await world.request('insider', 'DELETE', path(hidden))).status).toBe(202);
  });

  test('the audit feed leaves out entries of hidden repositories', async () => {
    const created = await world.request('insider', 'POST', fill(`${O}/tasks`), {
      repositoryId: ids.hidden,
      title: 'Audited in secret',
    });
    expect(created.status).toBe(201);
    await expect
      .poll(async () => JSON.stringify((await world.request('insider', 'GET', fill(`${O}/audit`))).body), {
        timeout: 8_000,
      })
      .toContain('Audited in secret');
    const member = JSON.stringify((await world.request('member', 'GET', fill(`${O}/audit`))).body);
    expect(member).not.toContain('Audited in secret');
  });
});

describe('commands', () => {
  const received = (name: string) => facts.received.filter((command) => command.name === name);

  test('[R11] a created task is a record; the same commandId gives the same one, another person gets another', async () => {
    const request = { repositoryId: ids.open, title: 'Same', commandId: 'chosen-id' };
    const first = await world.request('member', 'POST', fill(`${O}/tasks`), request);
    const again = await world.request('member', 'POST', fill(`${O}/tasks`), request);
    const other = await world.request('insider', 'POST', fill(`${O}/tasks`), request);
    expect([first.status, again.status, other.status]).toEqual([201, 201, 201]);
    expect(first.body).toMatchObject({ task: { title: 'Same', repositoryId: ids.open } });
    expect(again.body).toEqual(first.body);
    expect(Object(other.body).task.id).not.toBe(Object(first.body).task.id);
  });

  test('who sends is what the session says, and the outcome is for the sender alone', async () => {
    const place = { ...hiddenPlace, taskId: ids.openTask };
    const { body } = await world.request('member', 'POST', fill(`${T}/publish`, place), {
      commandId: 'publish-1',
      by: { kind: 'person', userId: 'somebody', login: 'else' },
    });
    expect(body).toEqual({ commandId: 'publish-1' });
    await expect
      .poll(() => received('task.command.publish').at(-1)?.by)
      .toEqual({
        kind: 'person',
        userId: userIdOf('member'),
        login: 'member',
      });
    const path = `${fill(O)}/commands/publish-1?actor=task&id=${ids.openTask}`;
    await expect
      .poll(async () => (await world.request('member', 'GET', path)).body)
      .toMatchObject({
        commandId: 'publish-1',
        status: 'failed',
        failure: { code: 'workspace_not_ready' },
      });
    expect((await world.request('insider', 'GET', path)).status).toBe(404);
  });

  test('a message sent twice under one id is one message', async () => {
    const place = { ...hiddenPlace, taskId: ids.openTask, sessionId: ids.openSession };
    const body = { messageId: 'message-twice', text: 'hello' };
    const first = await world.request('member', 'POST', fill(`${S}/messages`, place), body);
    const second = await world.request('member', 'POST', fill(`${S}/messages`, place), body);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(first.body).toMatchObject({
      message: { id: 'message-twice', author: { userId: userIdOf('member'), login: 'member' } },
    });
    expect(second.body).toEqual(first.body);
    const ofIt = received('session.command.sendMessage').filter(({ commandId }) =>
      commandId.endsWith('message-twice'),
    );
    expect(ofIt).toHaveLength(1);
  });
});

describe('requests that are wrong', () => {
  const open = { ...hiddenPlace, taskId: ids.openTask, sessionId: ids.openSession };
  const withBody = Object.entries(rows).filter(([route]) => /^(POST|PUT|PATCH) \/api\/v1/.test(route));

  test.each(withBody)(
    '%s refuses what is not JSON, not its form, too large, or from elsewhere',
    async (route) => {
      const { method, path } = split(route);
      const send = (body: unknown, headers: Record<string, string> = {}) =>
        world.request('insider', method, fill(path, open), body, headers);
      expect((await send('{"a":')).status).toBe(400);
      expect((await send(`"${'x'.repeat(1_100_000)}"`)).status).toBe(413);
      expect((await send('a=b', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
      expect((await send({}, { origin: 'https://evil.example.com' })).status).toBe(403);
      expect((await send({}, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
      const wrong = await send({ commandId: 5, text: 5, title: 5, optionId: 5, modelId: 5, draft: 5 });
      expect(wrong.status).toBe(400);
      expect(words(wrong.body)).toMatchObject({ code: 'invalid_input' });
    },
  );

  test('every error has the one form, with a request id of ours', async () => {
    const claimed = { 'x-request-id': 'mine' };
    for (const [method, path, status] of [
      ['GET', '/api/v1/nowhere', 404],
      ['POST', '/nowhere', 404],
      ['DELETE', '/api/v1/me', 405],
      ['PUT', '/healthz', 405],
      ['GET', '/api/v1/me', 401],
      ['GET', '/api/auth/list-sessions', 404],
      ['POST', '/api/auth/get-access-token', 404],
    ] as const) {
      const answer = await world.request('anonymous', method, path, undefined, claimed);
      expect([path, answer.status]).toEqual([path, status]);
      const { error } = apiErrorSchema.parse(answer.body);
      expect(error.requestId).toMatch(/^[0-9a-f-]{36}$/);
      expect(answer.headers.get('x-request-id')).toBe(error.requestId);
    }
    const notAllowed = await world.request('anonymous', 'DELETE', '/api/v1/me');
    expect(notAllowed.headers.get('allow')).toBe('GET, HEAD');
  });

  test('bad pages, ids and cursors are refused with words', async () => {
    for (const query of ['tasks?limit=0', 'tasks?limit=x', 'tasks?limit=100000', 'audit?cursor=x']) {
      const { status, body } = await world.request('member', 'GET', `${fill(O)}/${query}`);
      expect([query, status]).toEqual([query, 400]);
      expect(words(body)).toMatchObject({ code: 'invalid_input' });
    }
    for (const id of ['..%2f..', 'x', '1%00', "1'--", '9'.repeat(40)]) {
      const { status } = await world.request('member', 'GET', `/api/v1/organizations/${id}`);
      expect([id, status]).toEqual([id, 404]);
    }
  });

  test('the body and the headers of a refused sign-in have the same form', async () => {
    const answer = await world.request(
      'anonymous',
      'POST',
      '/api/auth/sign-in/social',
      { provider: 'github', callbackURL: 'https://evil.example.com/' },
      asBrowser,
    );
    expect(answer.status).toBe(403);
    apiErrorSchema.parse(answer.body);
  });

  test('[R17] the log has requests with their person and no secrets', async () => {
    const cookie = (await world.signIn('member'))['cookie'] ?? '';
    await fetch(`${world.url}/api/v1/me?code=secret-code`, { headers: { cookie } });
    await expect.poll(() => world.logLines.some((line) => line.includes('/api/v1/me'))).toBe(true);
    const log = world.logLines.join('\n');
    expect(log).toContain(userIdOf('member'));
    for (const secret of ['secret-code', decodeURIComponent(cookie).slice(25, 60), 'webhook-secret']) {
      expect(log).not.toContain(secret);
    }
  });
});

describe('access', () => {
  test('is asked of GitHub once when it was never read, and read again when it changes', async () => {
    grant('stranger', [ids.organization], [ids.open], false);
    // The first read was without the organization; a change of the User actor makes the gateway read again.
    await world.request('stranger', 'POST', '/api/v1/me/refresh-access');
    await expect.poll(async () => (await world.request('stranger', 'GET', fill(O))).status).toBe(200);
    grant('stranger', [], []);
    await world.request('stranger', 'POST', '/api/v1/me/refresh-access');
    await expect.poll(async () => (await world.request('stranger', 'GET', fill(O))).status).toBe(404);
  });
});
