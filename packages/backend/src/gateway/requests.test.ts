import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiErrorSchema } from '@foundry/shared/errors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  errorWords,
  fill,
  hiddenPlace,
  organizationRoute,
  routeRows,
  sessionRoute,
  splitRoute,
  taskRoute,
} from './testing/route-table.ts';
import { ids } from './testing/sample-data.ts';
import { facts } from './testing/stand-ins.ts';
import { publicUrl, startWorld, userIdOf, type World } from './testing/world.ts';

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

describe('commands', () => {
  const received = (name: string) => facts.received.filter((command) => command.name === name);

  test('[R11] a created task is a record; the same commandId gives the same one, another person gets another', async () => {
    const request = { repositoryId: ids.open, title: 'Same', commandId: 'chosen-id' };
    const first = await world.request('member', 'POST', fill(`${organizationRoute}/tasks`), request);
    const again = await world.request('member', 'POST', fill(`${organizationRoute}/tasks`), request);
    const other = await world.request('insider', 'POST', fill(`${organizationRoute}/tasks`), request);
    expect([first.status, again.status, other.status]).toEqual([201, 201, 201]);
    expect(first.body).toMatchObject({ task: { title: 'Same', repositoryId: ids.open } });
    expect(again.body).toEqual(first.body);
    expect(Object(other.body).task.id).not.toBe(Object(first.body).task.id);
  });

  test('who sends is what the session says, and the outcome is for the sender alone', async () => {
    const place = { ...hiddenPlace, taskId: ids.openTask };
    const { body } = await world.request('member', 'POST', fill(`${taskRoute}/publish`, place), {
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
    const path = `${fill(organizationRoute)}/commands/publish-1?actor=task&id=${ids.openTask}`;
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
    const first = await world.request('member', 'POST', fill(`${sessionRoute}/messages`, place), body);
    const second = await world.request('member', 'POST', fill(`${sessionRoute}/messages`, place), body);
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
  const withBody = Object.entries(routeRows).filter(([route]) => /^(POST|PUT|PATCH) \/api\/v1/.test(route));

  test.each(withBody)(
    '%s refuses what is not JSON, not its form, too large, or from elsewhere',
    async (route) => {
      const { method, path } = splitRoute(route);
      const send = (body: unknown, headers: Record<string, string> = {}) =>
        world.request('insider', method, fill(path, open), body, headers);
      expect((await send('{"a":')).status).toBe(400);
      expect((await send(`"${'x'.repeat(1_100_000)}"`)).status).toBe(413);
      expect((await send('a=b', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
      expect((await send({}, { origin: 'https://evil.example.com' })).status).toBe(403);
      expect((await send({}, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
      const wrong = await send({ commandId: 5, text: 5, title: 5, optionId: 5, modelId: 5, draft: 5 });
      expect(wrong.status).toBe(400);
      expect(errorWords(wrong.body)).toMatchObject({ code: 'invalid_input' });
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
      const { status, body } = await world.request('member', 'GET', `${fill(organizationRoute)}/${query}`);
      expect([query, status]).toEqual([query, 400]);
      expect(errorWords(body)).toMatchObject({ code: 'invalid_input' });
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
      { origin: publicUrl },
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
