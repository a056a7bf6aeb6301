import { randomUUID } from 'node:crypto';
import type { Topic } from '@foundry/shared/topics';
import { organizationSnapshotSchema } from '@foundry/shared/topics';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { taskAddress, userAddress } from '../../actors/addresses.ts';
import { systemEnvelope } from '../../command-loop/envelopes.ts';
import { Browser, browsersPerTest } from '../testing/browser.ts';
import { ids, pullRequestOf } from '../testing/sample-data.ts';
import { facts } from '../testing/stand-ins.ts';
import { grant, publicUrl, startWorld, type Role, type World } from '../testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world.stop();
});

const organization: Topic = { kind: 'organization', organizationId: ids.organization };
const taskTopic = (taskId: string): Topic => ({ kind: 'task', organizationId: ids.organization, taskId });

const open = browsersPerTest(() => world);

let lastNumber = 100;
/** A new pull request of a repository, and with it a change of the organization. */
async function change(repositoryId: string, title: string): Promise<void> {
  lastNumber += 1;
  await world.tell('organization.command.applyPullRequests', {
    generation: null,
    pullRequests: [pullRequestOf(repositoryId, lastNumber, title)],
  });
}

async function snapshotOf(browser: Browser, topic: Topic, count = 1) {
  const frame = await browser.next('snapshot', topic, count);
  return frame.snapshot;
}

/** What a browser that is gone had of the organization. */
async function seenBefore(): Promise<{ version: number; visibility: string | undefined }> {
  const browser = await open('member');
  browser.subscribe(organization);
  const { snapshot, visibility } = await browser.next('snapshot', organization);
  browser.close();
  return { version: organizationSnapshotSchema.parse(snapshot).version, visibility };
}

async function accessChanged(role: Role): Promise<void> {
  const envelope = systemEnvelope(randomUUID(), null);
  await world.connections.call(userAddress(`${role}-${ids.organization}`), 'enqueueAndWait', [
    { name: 'user.command.refreshAccess', body: { reason: 'test' }, envelope },
    8_000,
  ]);
}

describe('an organization', () => {
  test('comes as a snapshot, then as changes without gaps, each person seeing only what is theirs', async () => {
    const [member, insider] = [await open('member'), await open('insider')];
    member.subscribe(organization);
    insider.subscribe(organization);
    const seen = organizationSnapshotSchema.parse(await snapshotOf(member, organization));
    const all = organizationSnapshotSchema.parse(await snapshotOf(insider, organization));
    expect(seen.repositories.map(({ id }) => id)).toEqual([ids.open]);
    expect(all.repositories).toHaveLength(2);

    await change(ids.open, 'For everybody');
    await change(ids.hidden, 'Only for insiders');
    await change(ids.open, 'For everybody again');
    await expect.poll(() => member.changes(organization).length, { timeout: 8_000 }).toBe(2);
    await expect.poll(() => insider.changes(organization).length, { timeout: 8_000 }).toBe(3);
    // Of the one that is hidden nothing arrives, not even that there was one; the next says what it follows on.
    const frames = member.of('changes', organization);
    expect(frames.map(({ sinceVersion, changes }) => [sinceVersion, changes.at(-1)?.version])).toEqual([
      [seen.version, seen.version + 1],
      [seen.version + 1, seen.version + 3],
    ]);
    expect(member.changes(organization).map(({ upserts }) => upserts.length)).toEqual([1, 1]);
    expect(insider.changes(organization).map(({ upserts }) => upserts.length)).toEqual([1, 1, 1]);
    const everything = JSON.stringify(member.frames);
    for (const secret of [ids.hidden, 'vault', 'Secret plans', 'Only for insiders']) {
      expect(everything).not.toContain(secret);
    }
  });

  test('goes on from the version that the browser has; from one that is unknown, with a snapshot', async () => {
    const { version, visibility } = await seenBefore();
    await change(ids.open, 'Missed one');
    await change(ids.hidden, 'Missed and hidden');
    const second = await open('member');
    second.subscribe(organization, { sinceVersion: version, visibility });
    const { changes } = await second.next('changes', organization);
    expect(changes.map((missed) => [missed.version, missed.upserts.length])).toEqual([[version + 1, 1]]);
    expect(second.of('snapshot')).toEqual([]);

    const upToDate = await open('member');
    upToDate.subscribe(organization, { sinceVersion: version + 2, visibility });
    expect(await upToDate.next('heartbeat', organization)).toMatchObject({ version: version + 2 });
    const ahead = await open('member');
    ahead.subscribe(organization, { sinceVersion: version + 1_000, visibility });
    expect(await snapshotOf(ahead, organization)).toMatchObject({ version: version + 2 });
  });

  test('what a person may see changed while their browser was away: it gets a snapshot, though no change was missed', async () => {
    const { version, visibility } = await seenBefore();
    grant('member', [ids.organization], [ids.open], true, 'read');
    await accessChanged('member');
    const after = await open('member');
    after.subscribe(organization, { sinceVersion: version, visibility });
    const seen = organizationSnapshotSchema.parse(await snapshotOf(after, organization));
    expect(seen).toMatchObject({ version, roles: { [ids.open]: 'read' } });
    grant('member', [ids.organization], [ids.open]);
    await accessChanged('member');
    await snapshotOf(after, organization, 2);
  });

  test('heartbeats carry the version', async () => {
    const browser = await open('member');
    browser.subscribe(organization);
    const { version } = organizationSnapshotSchema.parse(await snapshotOf(browser, organization));
    expect(await browser.next('heartbeat', organization)).toMatchObject({ version });
  });

  test('what a person may see changes while they watch: shown, hidden again, and closed to them', async () => {
    const browser = await open('member');
    browser.subscribe(organization);
    await snapshotOf(browser, organization);
    grant('member', [ids.organization], [ids.open, ids.hidden]);
    await accessChanged('member');
    const wider = organizationSnapshotSchema.parse(await snapshotOf(browser, organization, 2));
    expect(wider.repositories).toHaveLength(2);
    browser.subscribe(taskTopic(ids.hiddenTask));
    await snapshotOf(browser, taskTopic(ids.hiddenTask));

    grant('member', [ids.organization], [ids.open]);
    await accessChanged('member');
    const narrower = organizationSnapshotSchema.parse(await snapshotOf(browser, organization, 3));
    expect(narrower.repositories.map(({ id }) => id)).toEqual([ids.open]);
    expect(await browser.next('topicError', taskTopic(ids.hiddenTask))).toMatchObject({
      error: { code: 'not_found' },
    });

    grant('member', [], []);
    await accessChanged('member');
    expect(await browser.next('topicError', organization)).toMatchObject({ error: { code: 'not_found' } });
    const before = browser.frames.length;
    await change(ids.open, 'After the removal');
    const insider = await open('insider');
    insider.subscribe(organization);
    await snapshotOf(insider, organization);
    expect(browser.frames.slice(before)).toEqual([]);
    grant('member', [ids.organization], [ids.open]);
    await accessChanged('member');
    const path = `/api/v1/organizations/${ids.organization}`;
    await expect.poll(async () => (await world.request('member', 'GET', path)).status).toBe(200);
  });
});

describe('tasks and sessions', () => {
  test('a hidden one is as one that does not exist, and no actor is made for a guess', async () => {
    const browser = await open('member');
    const session = (taskId: string, sessionId: string): Topic => ({
      kind: 'session',
      organizationId: ids.organization,
      taskId,
      sessionId,
    });
    const pairs: [Topic, Topic][] = [
      [taskTopic(ids.hiddenTask), taskTopic('pr_888888888888_1')],
      [session(ids.hiddenTask, ids.hiddenSession), session('pr_888888888888_1', 'session_888888888888')],
      [session(ids.openTask, ids.hiddenSession), session(ids.openTask, 'session_888888888888')],
      [
        {
          kind: 'sandbox',
          organizationId: ids.organization,
          taskId: ids.openTask,
          sandboxId: 'guess888888888888',
        },
        {
          kind: 'sandbox',
          organizationId: ids.organization,
          taskId: ids.openTask,
          sandboxId: 'other888888888888',
        },
      ],
      [
        { kind: 'organization', organizationId: ids.otherOrganization },
        { kind: 'organization', organizationId: '888888888888' },
      ],
    ];
    for (const [hidden, absent] of pairs) {
      browser.subscribe(hidden);
      browser.subscribe(absent);
      const [one, other] = [
        await browser.next('topicError', hidden),
        await browser.next('topicError', absent),
      ];
      expect(one.error).toEqual(other.error);
    }
    expect([...facts.called].filter((key) => key.includes('888888888888'))).toEqual([]);
  });

  test('[R7] a task that nobody opened says so', async () => {
    const browser = await open('member');
    browser.subscribe(taskTopic(ids.virtualTask));
    expect(await browser.next('topicError', taskTopic(ids.virtualTask))).toMatchObject({
      error: { code: 'task_not_opened' },
    });
  });

  test('several browsers share one upstream connection, and each gets the changes', async () => {
    const [one, two] = [await open('member'), await open('insider')];
    const topic = taskTopic(ids.openTask);
    for (const browser of [one, two]) {
      browser.subscribe(topic);
      await snapshotOf(browser, topic);
    }
    await world.request(
      'member',
      'POST',
      `/api/v1/organizations/${ids.organization}/tasks/${ids.openTask}/refresh`,
    );
    expect((await one.next('changes', topic)).changes).toEqual((await two.next('changes', topic)).changes);
    one.send({ type: 'unsubscribe', topic });
    await world.request(
      'member',
      'POST',
      `/api/v1/organizations/${ids.organization}/tasks/${ids.openTask}/refresh`,
    );
    await two.next('changes', topic, 2);
    expect(one.of('changes', topic)).toHaveLength(1);
  });

  test('the outcome of a command goes to the sockets of its sender alone, under the id that the sender gave', async () => {
    const [sender, other] = [await open('member'), await open('insider')];
    const topic = taskTopic(ids.openTask);
    for (const browser of [sender, other]) {
      browser.subscribe(topic);
      await snapshotOf(browser, topic);
      await browser.next('heartbeat', topic);
    }
    const path = `/api/v1/organizations/${ids.organization}/tasks/${ids.openTask}/publish`;
    await world.request('member', 'POST', path, { commandId: 'my-publish' });
    expect(await sender.next('outcome')).toMatchObject({
      outcome: { commandId: 'my-publish', status: 'failed', failure: { code: 'workspace_not_ready' } },
    });
    expect(other.of('outcome')).toEqual([]);
  });

  test('a connection that dies is replaced, and what was missed arrives', async () => {
    const topic = taskTopic(ids.openTask);
    const browser = await open('member');
    browser.subscribe(topic);
    await snapshotOf(browser, topic);
    const address = taskAddress(ids.organization, ids.openTask);
    await world.connections.call(address, 'sleepNow', []);
    await world.request(
      'member',
      'POST',
      `/api/v1/organizations/${ids.organization}/tasks/${ids.openTask}/refresh`,
    );
    const { changes } = await browser.next('changes', topic);
    expect(changes[0]?.upserts).toMatchObject([{ type: 'task', entity: { id: ids.openTask } }]);
  });
});

describe('the end of a session', () => {
  test('[sign-out] the cookie jar is refused and the sockets close with 4401 at once; other sessions go on', async () => {
    const headers = await world.signIn('member');
    const leaving = await Browser.open(world.url, headers);
    const staying = await open('member');
    leaving.subscribe(organization);
    await snapshotOf(leaving, organization);
    const me = () => fetch(`${world.url}/api/v1/me`, { headers });
    const first = await me();
    expect(first.status).toBe(200);
    const jar = {
      cookie: [headers['cookie'], ...first.headers.getSetCookie().map((cookie) => cookie.split(';')[0])].join(
        '; ',
      ),
    };
    const answer = await fetch(`${world.url}/api/auth/sign-out`, {
      method: 'POST',
      headers: { ...jar, origin: publicUrl, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(answer.status).toBe(200);
    for (const cookies of [headers, jar]) {
      expect((await fetch(`${world.url}/api/v1/me`, { headers: cookies })).status).toBe(401);
      await expect(Browser.open(world.url, cookies)).rejects.toThrow('status 401');
    }
    await expect.poll(() => leaving.closeCode).toBe(4401);
    const frames = leaving.frames.length;
    await change(ids.open, 'After the sign-out');
    staying.send({ type: 'ping', id: 1 });
    await staying.next('pong');
    expect(leaving.frames).toHaveLength(frames);
    expect(staying.closeCode).toBeNull();
  });

  test('what App broadcasts ends the session at every gateway', async () => {
    const other = await world.startAnotherGateway();
    const headers = await world.signIn('member');
    const browser = await Browser.open(other.url, headers);
    const session = await world.auth.verifySession(new Headers(headers));
    const hash = session?.sessionTokenHash ?? '';
    browser.send({ type: 'ping', id: 1 });
    await browser.next('pong');
    // Until the new gateway's connection to App stands, nobody would hear it.
    await expect
      .poll(
        async () => {
          await world.announceEnded(hash);
          return browser.closeCode;
        },
        { timeout: 10_000 },
      )
      .toBe(4401);
    expect((await fetch(`${other.url}/api/v1/me`, { headers })).status).toBe(401);
    expect((await fetch(`${world.url}/api/v1/me`, { headers })).status).toBe(401);
  });

  test('a gateway that stops closes its sockets with 1001 and takes no more requests', async () => {
    const other = await world.startAnotherGateway();
    const browser = await Browser.open(other.url, await world.signIn('member'));
    await other.gateway.stop();
    await expect.poll(() => browser.closeCode).toBe(1001);
    await expect(fetch(`${other.url}/healthz`)).rejects.toThrow('fetch failed');
  });
});
