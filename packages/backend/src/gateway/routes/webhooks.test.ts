import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { Webhooks } from '@octokit/webhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ids } from '../testing/sample-data.ts';
import { facts } from '../testing/stand-ins.ts';
import { startWorld, webhookSecret, type World } from '../testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world.stop();
});

const account = {
  id: Number(ids.organization),
  login: 'acme',
  type: 'Organization',
  avatar_url: 'https://a/b',
};
const repository = {
  id: Number(ids.open),
  name: 'site',
  full_name: 'acme/site',
  private: false,
  archived: false,
  description: null,
  default_branch: 'main',
  html_url: 'https://github.example.com/acme/site',
  pushed_at: '2026-11-21T10:00:00Z',
  owner: account,
};
const push = {
  ref: 'refs/heads/branch-1',
  before: '0'.repeat(40),
  after: 'a'.repeat(40),
  deleted: false,
  repository,
  organization: account,
  sender: { id: 9, login: 'ada' },
  installation: { id: 77 },
};

async function deliver(
  body: string,
  change: { headers?: Record<string, string | undefined>; signature?: string | null } = {},
): Promise<{ status: number; body: unknown; deliveryId: string }> {
  const deliveryId = randomUUID();
  const signature =
    change.signature === undefined
      ? await new Webhooks({ secret: webhookSecret }).sign(body)
      : change.signature;
  const headers = new Headers();
  const all: Record<string, string | undefined> = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': deliveryId,
    ...(signature === null ? {} : { 'x-hub-signature-256': signature }),
    ...change.headers,
  };
  for (const [name, value] of Object.entries(all)) if (value !== undefined) headers.set(name, value);
  const response = await fetch(`${world.url}/webhooks/github`, { method: 'POST', headers, body });
  return { status: response.status, body: await response.json(), deliveryId };
}

const received = () => facts.received.filter(({ name }) => name === 'githubData.command.receiveWebhook');

describe('deliveries of GitHub', () => {
  test('a signed one is kept, small, under its delivery id; a repeat of it is not kept twice', async () => {
    const padding = 'x'.repeat(3_000_000);
    const body = JSON.stringify({ ...push, commits: [{ message: padding }] });
    const { status, deliveryId } = await deliver(body);
    expect(status).toBe(202);
    await expect.poll(() => received().map(({ commandId }) => commandId)).toEqual([deliveryId]);
    const [command] = received();
    expect(command).toMatchObject({
      actor: `githubData org/${ids.organization}/github`,
      by: { kind: 'github', login: 'ada' },
      body: { event: { type: 'push', repositoryId: ids.open, branch: 'branch-1', headSha: 'a'.repeat(40) } },
    });
    expect(JSON.stringify(command).length).toBeLessThan(2_000);

    const again = await deliver(body, { headers: { 'x-github-delivery': deliveryId } });
    expect(again.status).toBe(202);
    const other = await deliver(JSON.stringify(push));
    await expect
      .poll(() => received().map(({ commandId }) => commandId))
      .toEqual([deliveryId, other.deliveryId]);
  });

  test('what is forged, not signed, or changed on the way is refused with 401', async () => {
    const before = received().length;
    const body = JSON.stringify(push);
    const signature = await new Webhooks({ secret: webhookSecret }).sign(body);
    const forged = await new Webhooks({ secret: 'another' }).sign(body);
    const cases: [string, string | null][] = [
      [body, null],
      [body, ''],
      [body, 'sha256=00'],
      [body, forged],
      [body, signature.replace('sha256=', 'sha1=')],
      [`${body} `, signature],
      ['', signature],
    ];
    for (const [sent, signed] of cases) {
      const answer = await deliver(sent, { signature: signed });
      expect([signed, answer.status]).toEqual([signed, 401]);
      expect(answer.body).toMatchObject({ error: { code: 'bad_signature' } });
    }
    expect(received()).toHaveLength(before);
  });

  test('signed, but not what GitHub sends', async () => {
    expect(await deliver('{"a":')).toMatchObject({ status: 400, body: { error: { code: 'bad_json' } } });
    expect(await deliver(JSON.stringify({ ...push, ref: 5 }))).toMatchObject({ status: 400 });
    const body = JSON.stringify(push);
    for (const headers of [
      { 'x-github-delivery': undefined },
      { 'x-github-delivery': '../1' },
      { 'x-github-event': undefined },
    ]) {
      expect(await deliver(body, { headers })).toMatchObject({
        status: 400,
        body: { error: { code: 'bad_headers' } },
      });
    }
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await deliver(body, { headers: form })).status).toBe(415);
  });

  test('events that mean nothing here, and those of no organization, are acknowledged', async () => {
    const before = received().length;
    const star = await deliver(JSON.stringify({ action: 'created', repository, organization: account }), {
      headers: { 'x-github-event': 'star' },
    });
    expect(star).toMatchObject({ status: 202, body: { ignored: true } });
    const ping = await deliver(JSON.stringify({ zen: 'Keep it logically awesome.', hook_id: 1 }), {
      headers: { 'x-github-event': 'ping' },
    });
    expect(ping).toMatchObject({ status: 202, body: { ignored: true } });
    expect(received()).toHaveLength(before);
  });

  test('an event whose name has digits is one of those', async () => {
    const body = JSON.stringify({ action: 'edited', organization: account });
    const answer = await deliver(body, { headers: { 'x-github-event': 'projects_v2' } });
    expect(answer).toMatchObject({ status: 202, body: { ignored: true } });
  });

  test('a body over 25 MB is refused before it is read', async () => {
    const { hostname, port } = new URL(world.url);
    const status = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          'POST /webhooks/github HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 30000000\r\n\r\n{',
        );
      });
      socket.once('data', (data: Buffer) => {
        resolve(data.toString('latin1').split('\r\n')[0] ?? '');
        socket.destroy();
      });
      socket.once('error', reject);
    });
    expect(status).toBe('HTTP/1.1 413 Payload Too Large');
  });

  test('when the organization cannot be reached, GitHub is told to come again', async () => {
    const body = JSON.stringify(push);
    const headers = {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': await new Webhooks({ secret: webhookSecret }).sign(body),
    };
    await world.withoutActors(async (url) => {
      const ready = await fetch(`${url}/readyz`);
      expect([ready.status, await ready.json()]).toEqual([
        503,
        { status: 'starting', checks: { engine: true, actors: false } },
      ]);
      const answer = await fetch(`${url}/webhooks/github`, { method: 'POST', headers, body });
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('2');
    });
  });
});
