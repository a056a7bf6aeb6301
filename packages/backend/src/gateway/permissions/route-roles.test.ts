import { pullRequestTaskId } from '@foundry/shared/ids';
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
} from '../testing/route-table.ts';
import { ids, pullRequestOf } from '../testing/sample-data.ts';
import { facts } from '../testing/stand-ins.ts';
import { roles, startWorld, type World } from '../testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world.stop();
});

describe('who may use which route', () => {
  test('every route has a row here, and every row is a route', () => {
    const registered = world.permissions.map(({ method, path }) => `${method} ${path}`);
    expect(registered.toSorted()).toEqual(Object.keys(routeRows).toSorted());
  });

  test.each(Object.entries(routeRows))('%s', async (route, row) => {
    const { method, path } = splitRoute(route);
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
    for (const [route, row] of Object.entries(routeRows)) {
      const { method, path } = splitRoute(route);
      if (row.expected.member !== 404 || !path.includes(':taskId')) continue;
      const hidden = await world.request('member', method, fill(path), row.body?.());
      const absent = await world.request('member', method, fill(path, nowhere), row.body?.());
      expect([route, hidden.status, errorWords(hidden.body)]).toEqual([route, 404, errorWords(absent.body)]);
      expect(JSON.stringify(hidden.body)).not.toContain(ids.hidden);
    }
    const create = (repositoryId: string) =>
      world.request('member', 'POST', fill(`${organizationRoute}/tasks`), { repositoryId, title: 'x' });
    expect(errorWords((await create(ids.hidden)).body)).toEqual(errorWords((await create('4')).body));
    const stranger = await world.request('stranger', 'GET', fill(organizationRoute));
    const nothing = await world.request('stranger', 'GET', '/api/v1/organizations/5');
    expect(errorWords(stranger.body)).toEqual(errorWords(nothing.body));
    expect([...facts.called].filter((key) => key.includes('999999999999'))).toEqual([]);
  });

  test("a visible task's id does not open a session of a hidden one", async () => {
    const place = { ...hiddenPlace, taskId: ids.openTask };
    const { status } = await world.request('member', 'GET', fill(sessionRoute, place));
    expect(status).toBe(404);
    const path = `${fill(organizationRoute)}/commands/c?actor=session&id=${ids.hiddenSession}`;
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
      for (const route of [
        `GET ${taskRoute}`,
        `POST ${taskRoute}/provision`,
        `GET ${taskRoute}/diff`,
        `POST ${taskRoute}/sessions`,
      ]) {
        const { method, path } = splitRoute(route);
        const body = method === 'GET' ? undefined : {};
        const answer = await world.request('member', method, fill(path, place), body);
        expect([answer.status, errorWords(answer.body)]).toMatchObject([404, { code: 'task_not_opened' }]);
      }
      expect([...facts.called].some((key) => key.endsWith(taskId))).toBe(false);
      expect(facts.received.some(({ actor }) => actor.endsWith(taskId))).toBe(false);
    },
  );
});
