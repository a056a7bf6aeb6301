import type { Topic } from '@foundry/shared/topics';
import { closeCodes } from '@foundry/shared/realtime';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RealtimeServer } from '../../test/realtime-server.ts';
import { organizationSnapshot, task } from '../../test/samples.ts';
import { Realtime } from './realtime.ts';
import type { RealtimeOptions } from './realtime.ts';

const topic = { kind: 'organization', organizationId: '42' } as const satisfies Topic;
const ignore = () => undefined;

let server: RealtimeServer;
const opened: Realtime[] = [];

beforeEach(async () => {
  server = await RealtimeServer.listen();
  server.onSubscribe = () => server.send({ type: 'snapshot', topic, snapshot: organizationSnapshot() });
});
afterEach(async () => {
  for (const realtime of opened.splice(0)) realtime.dispose();
  await server.close();
});

function connect(options: Partial<RealtimeOptions> = {}): Realtime {
  const realtime = new Realtime({ url: () => server.url, backoffMs: () => 10, lingerMs: 10, ...options });
  opened.push(realtime);
  return realtime;
}
const view = (realtime: Realtime) => realtime.view<'organization'>(topic);
const titled = (version: number, title: string) => ({
  version,
  upserts: [{ type: 'taskSummary' as const, entity: task(1, { title }) }],
  removes: [],
});
async function live(realtime: Realtime): Promise<void> {
  await vi.waitFor(() => expect(view(realtime).status).toBe('live'));
}

describe('realtime connection', () => {
  test('loads a snapshot, then applies changes', async () => {
    const realtime = connect();
    expect(view(realtime).status).toBe('loading');
    realtime.subscribe<'organization'>(topic, ignore);
    await live(realtime);
    server.send({ type: 'changes', topic, sinceVersion: 10, changes: [titled(11, 'Changed')] });
    await vi.waitFor(() => expect(view(realtime).data?.tasks.get('pr_7_1')?.title).toBe('Changed'));
  });

  test('two listeners share one subscription, and the last one to leave ends it and the socket', async () => {
    const realtime = connect();
    const leaveFirst = realtime.subscribe<'organization'>(topic, ignore);
    const leaveSecond = realtime.subscribe<'organization'>(topic, ignore);
    await live(realtime);
    leaveFirst();
    leaveSecond();
    await vi.waitFor(() => expect(realtime.connectionState.state).toBe('idle'));
    expect(server.subscriptions()).toHaveLength(1);
    await vi.waitFor(() => expect(server.received.at(-1)).toEqual({ type: 'unsubscribe', topic }));
  });

  test('coming back while a topic lingers asks for nothing again', async () => {
    const realtime = connect({ lingerMs: 60_000 });
    realtime.subscribe<'organization'>(topic, ignore)();
    realtime.subscribe<'organization'>(topic, ignore);
    await live(realtime);
    expect(server.subscriptions()).toHaveLength(1);
  });

  test('reconnects after a loss and resumes from the version it has, showing the old data meanwhile', async () => {
    const realtime = connect();
    const statuses: string[] = [];
    realtime.subscribe<'organization'>(topic, () => statuses.push(view(realtime).status));
    await live(realtime);
    server.onSubscribe = () =>
      server.send({ type: 'changes', topic, sinceVersion: 10, changes: [titled(11, 'Missed')] });
    server.disconnectAll();
    await vi.waitFor(() => expect(view(realtime).data?.tasks.get('pr_7_1')?.title).toBe('Missed'));
    expect(statuses).toEqual(['live', 'reconnecting', 'live']);
    expect(server.subscriptions().at(-1)).toEqual({ type: 'subscribe', topic, sinceVersion: 10 });
  });

  test('says with which visibility it had the topic, so that the gateway knows whether that has changed', async () => {
    const realtime = connect();
    server.onSubscribe = () =>
      server.send({ type: 'snapshot', topic, snapshot: organizationSnapshot(), visibility: 'one' });
    realtime.subscribe<'organization'>(topic, ignore);
    await live(realtime);
    server.disconnectAll();
    await vi.waitFor(() =>
      expect(server.subscriptions().at(-1)).toEqual({
        type: 'subscribe',
        topic,
        sinceVersion: 10,
        visibility: 'one',
      }),
    );
  });

  test('an empty list of missed changes brings the topic back to live', async () => {
    const realtime = connect();
    realtime.subscribe<'organization'>(topic, ignore);
    await live(realtime);
    server.onSubscribe = () => server.send({ type: 'changes', topic, sinceVersion: 10, changes: [] });
    server.disconnectAll();
    await vi.waitFor(() => expect(server.subscriptions()).toHaveLength(2));
    await live(realtime);
  });

  test('a missing version is asked for', async () => {
    const realtime = connect();
    realtime.subscribe<'organization'>(topic, ignore);
    await live(realtime);
    server.onSubscribe = (frame) => {
      expect(frame.sinceVersion).toBe(10);
      server.send({ type: 'changes', topic, sinceVersion: 10, changes: [titled(11, 'a'), titled(12, 'b')] });
    };
    server.send({ type: 'changes', topic, sinceVersion: 11, changes: [titled(12, 'b')] });
    await vi.waitFor(() => expect(view(realtime).data?.version).toBe(12));
    expect(server.subscriptions()).toHaveLength(2);
  });

  test('a heartbeat ahead of the known version reveals a change that was never sent', async () => {
    const realtime = connect();
    realtime.subscribe<'organization'>(topic, ignore);
    await live(realtime);
    server.onSubscribe = () =>
      server.send({ type: 'changes', topic, sinceVersion: 10, changes: [titled(11, 'Late')] });
    server.send({ type: 'heartbeat', topic, version: 11 });
    await vi.waitFor(() => expect(view(realtime).data?.version).toBe(11));
  });

  test('a server that began anew is believed after two heartbeats', async () => {
    const realtime = connect();
    realtime.subscribe<'organization'>(topic, ignore);
    await live(realtime);
    server.onSubscribe = (frame) => {
      expect(frame.sinceVersion).toBeUndefined();
      server.send({ type: 'snapshot', topic, snapshot: organizationSnapshot({ version: 3 }) });
    };
    server.send({ type: 'heartbeat', topic, version: 2 });
    server.send({ type: 'heartbeat', topic, version: 3 });
    await vi.waitFor(() => expect(view(realtime).data?.version).toBe(3));
  });

  test('reload asks for a new snapshot', async () => {
    const realtime = connect();
    realtime.subscribe<'organization'>(topic, ignore);
    await live(realtime);
    server.onSubscribe = (frame) => {
      expect(frame.sinceVersion).toBeUndefined();
      server.send({ type: 'snapshot', topic, snapshot: organizationSnapshot({ version: 99 }) });
    };
    server.send({
      type: 'changes',
      topic,
      sinceVersion: 10,
      changes: [{ version: 11, upserts: [], removes: [], reload: true }],
    });
    await vi.waitFor(() => expect(view(realtime).data?.version).toBe(99));
  });

  test('a connection that falls silent is replaced', async () => {
    const realtime = connect({ pingIntervalMs: 30, silenceLimitMs: 60, answerTimeoutMs: 50 });
    realtime.subscribe<'organization'>(topic, ignore);
    await live(realtime);
    server.silent = true;
    await vi.waitFor(() => expect(server.connections).toBeGreaterThan(1));
    server.silent = false;
    await live(realtime);
  });

  test('a frame of an unknown form ends the connection instead of being skipped', async () => {
    const realtime = connect();
    realtime.subscribe<'organization'>(topic, ignore);
    await live(realtime);
    server.sendText('{"type":"surprise"}');
    await vi.waitFor(() => expect(server.connections).toBe(2));
    await live(realtime);
  });

  test('a topic error is shown with its words, and a refresh recovers from it', async () => {
    const realtime = connect();
    server.onSubscribe = () =>
      server.send({ type: 'topicError', topic, error: { code: 'forbidden', message: 'Not yours.' } });
    realtime.subscribe<'organization'>(topic, ignore);
    await vi.waitFor(() => expect(view(realtime).error?.message).toBe('Not yours.'));
    server.onSubscribe = () => server.send({ type: 'snapshot', topic, snapshot: organizationSnapshot() });
    realtime.refresh(topic);
    await live(realtime);
  });

  test('signing out closes for good', async () => {
    const realtime = connect();
    realtime.subscribe<'organization'>(topic, ignore);
    await live(realtime);
    server.disconnectAll(closeCodes.signedOut);
    await vi.waitFor(() =>
      expect(realtime.connectionState).toEqual({ state: 'closed', reason: 'signed_out' }),
    );
    realtime.wake();
    expect(server.connections).toBe(1);
  });

  test('a displaced tab rests until it is asked, and then goes on where it was', async () => {
    const realtime = connect();
    realtime.subscribe<'organization'>(topic, ignore);
    await live(realtime);
    server.disconnectAll(closeCodes.displaced);
    await vi.waitFor(() => expect(realtime.connectionState).toEqual({ state: 'displaced' }));
    expect(view(realtime)).toMatchObject({ status: 'reconnecting', data: { version: 10 } });
    // What brings every other lost connection back leaves it alone.
    realtime.wake();
    realtime.subscribe<'user'>({ kind: 'user' }, ignore);
    expect(realtime.connectionState).toEqual({ state: 'displaced' });
    expect(server.connections).toBe(1);
    realtime.takeBack();
    await live(realtime);
    expect(server.connections).toBe(2);
  });

  test.each<[string, boolean]>([
    ['a proxy that refuses sockets', false],
    ['a proxy that lets them open and nothing through', true],
  ])('%s is told from a server that is away, and forgotten once one comes through', async (_title, opens) => {
    const { port } = server;
    if (opens) server.silent = true;
    else await server.close();
    let reachable = false;
    const realtime = connect({
      url: () => `ws://127.0.0.1:${port}/`,
      silenceLimitMs: 20,
      isSignedOut: () => (reachable ? Promise.resolve(false) : Promise.reject(new Error('away'))),
    });
    const blocked = () => {
      const { connectionState } = realtime;
      return 'blocked' in connectionState ? connectionState.blocked : null;
    };
    let attempts = 0;
    let blamed = false;
    realtime.subscribeConnection(() => {
      if (realtime.connectionState.state === 'waiting') attempts = realtime.connectionState.attempt;
      blamed ||= !reachable && blocked() === true;
    });
    realtime.subscribe<'organization'>(topic, ignore);
    await vi.waitFor(() => expect(attempts).toBeGreaterThan(4));
    expect(blamed).toBe(false);
    reachable = true;
    await vi.waitFor(() => expect(blocked()).toBe(true));
    if (opens) server.silent = false;
    else server = await RealtimeServer.listen(port);
    server.onSubscribe = () => server.send({ type: 'snapshot', topic, snapshot: organizationSnapshot() });
    await live(realtime);
    expect(realtime.connectionState).toEqual({ state: 'open' });
  });

  test('a server that is away is tried again until it is back', async () => {
    const { port } = server;
    await server.close();
    const attempts: number[] = [];
    const realtime = connect({
      url: () => `ws://127.0.0.1:${port}/`,
      backoffMs: (attempt) => {
        attempts.push(attempt);
        return 5;
      },
    });
    realtime.subscribe<'organization'>(topic, ignore);
    await vi.waitFor(() => expect(attempts.length).toBeGreaterThan(3));
    expect(attempts.slice(0, 4)).toEqual([0, 1, 2, 3]);
    server = await RealtimeServer.listen(port);
    server.onSubscribe = () => server.send({ type: 'snapshot', topic, snapshot: organizationSnapshot() });
    await live(realtime);
  });

  test('a refused upgrade of a signed-out person ends the attempts', async () => {
    await server.close();
    const realtime = connect({ url: () => 'ws://127.0.0.1:9/', isSignedOut: () => Promise.resolve(true) });
    realtime.subscribe<'organization'>(topic, ignore);
    await vi.waitFor(() =>
      expect(realtime.connectionState).toEqual({ state: 'closed', reason: 'signed_out' }),
    );
    server = await RealtimeServer.listen();
  });
});
