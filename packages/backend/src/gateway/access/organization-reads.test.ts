import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { fill, organizationRoute } from '../testing/route-table.ts';
import { ids } from '../testing/sample-data.ts';
import { mentionsHidden } from './visibility.ts';
import { grant, startWorld, userIdOf, type World } from '../testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world.stop();
});

describe('what a person sees of an organization', () => {
  const report = 'organization.command.reportRuntimeIssue';
  const issue = (actor: string, text: string) => ({
    actor,
    command: null,
    step: null,
    attempt: null,
    message: text,
    atMs: 5,
  });

  test('a private repository is in no read of somebody who may not see it', async () => {
    await world.tell(report, issue(`task org/${ids.organization}/task/${ids.hiddenTask}`, 'one'));
    await world.tell(report, issue(`repository org/${ids.organization}/repo/${ids.hidden}`, 'two'));
    await world.tell(
      report,
      issue(`taskSession org/${ids.organization}/session/${ids.hiddenSession}`, 'three'),
    );
    await world.tell(report, issue(`githubData org/${ids.organization}/github`, 'acme/vault: 404'));
    await world.tell(report, issue(`task org/${ids.organization}/task/${ids.openTask}`, 'visible'));
    for (const path of [
      organizationRoute,
      `${organizationRoute}/tasks`,
      `${organizationRoute}/tasks?limit=1`,
      `${organizationRoute}/audit`,
    ]) {
      const seen = JSON.stringify((await world.request('member', 'GET', fill(path))).body);
      for (const secret of [ids.hidden, 'vault', 'Secret plans']) expect(seen).not.toContain(secret);
    }
    const { body } = await world.request('member', 'GET', fill(organizationRoute));
    expect(body).toMatchObject({
      repositories: [{ id: ids.open }],
      tasks: [{ repositoryId: ids.open }, { repositoryId: ids.open }],
    });
    expect(JSON.stringify(body)).toContain('visible');
    const insider = JSON.stringify((await world.request('insider', 'GET', fill(organizationRoute))).body);
    for (const shown of [ids.hidden, 'vault', 'Secret plans', 'acme/vault: 404', 'three']) {
      expect(insider).toContain(shown);
    }
  });

  test('clearing an issue of a hidden repository is as clearing none', async () => {
    await world.tell(report, issue(`task org/${ids.organization}/task/${ids.hiddenTask}`, 'to clear'));
    const { body } = await world.request('insider', 'GET', fill(organizationRoute));
    const issues = Object(body).runtimeIssues as { id: string; message: string }[];
    const hidden = issues.find(({ message: text }) => text === 'to clear')?.id ?? '';
    const path = (id: string) => `${fill(organizationRoute)}/runtime-issues/${id}`;
    grant('member', [ids.organization], [ids.open], true, 'maintain');
    await world.request('member', 'POST', '/api/v1/me/refresh-access', {});
    await vi.waitFor(async () => {
      expect((await world.request('member', 'DELETE', path(hidden))).status).toBe(404);
    });
    expect((await world.request('maintainer', 'DELETE', path(hidden))).status).toBe(202);
  });

  test('names beyond the thousandth repository are hidden as the first ones are', async () => {
    const before = await world.services.reads.repositoryNames(ids.organization);
    for (let from = 0; from < 2_200; from += 200) {
      const repositories = Array.from({ length: 200 }, (_, index) => ({
        id: String(9_000_000_000 + from + index),
        name: `deep-${from + index}`,
        fullName: `acme/deep-${from + index}`,
        private: true,
        archived: false,
        description: null,
        defaultBranch: 'main',
        htmlUrl: 'https://github.example.com/acme/deep',
        pushedAtMs: 0,
      }));
      await world.tell('organization.command.applyRepositories', { generation: null, repositories });
    }
    const names = await world.services.reads.repositoryNames(ids.organization);
    expect(names).toHaveLength(before.length + 2_200);
    const access = await world.services.reads.userAccess(userIdOf('member'));
    const who = await world.services.organizations.visibility(access, ids.organization);
    expect(mentionsHidden('The clone of acme/deep-2199 failed', who)).toBe(true);
  });

  test('the audit feed leaves out entries of hidden repositories', async () => {
    const created = await world.request('insider', 'POST', fill(`${organizationRoute}/tasks`), {
      repositoryId: ids.hidden,
      title: 'Audited in secret',
    });
    expect(created.status).toBe(201);
    await expect
      .poll(
        async () =>
          JSON.stringify((await world.request('insider', 'GET', fill(`${organizationRoute}/audit`))).body),
        { timeout: 8_000 },
      )
      .toContain('Audited in secret');
    const member = JSON.stringify(
      (await world.request('member', 'GET', fill(`${organizationRoute}/audit`))).body,
    );
    for (const secret of ['Audited in secret', ids.hidden]) expect(member).not.toContain(secret);
  });
});

describe('access', () => {
  test('is nothing as long as GitHub says so, and is read again when it changes', async () => {
    expect((await world.request('stranger', 'GET', fill(organizationRoute))).status).toBe(404);
    grant('stranger', [ids.organization], [ids.open], false);
    // That read was without the organization; a change of the User actor makes the gateway read again.
    await world.request('stranger', 'POST', '/api/v1/me/refresh-access');
    await expect
      .poll(async () => (await world.request('stranger', 'GET', fill(organizationRoute))).status)
      .toBe(200);
    grant('stranger', [], []);
    await world.request('stranger', 'POST', '/api/v1/me/refresh-access');
    await expect
      .poll(async () => (await world.request('stranger', 'GET', fill(organizationRoute))).status)
      .toBe(404);
  });
});
