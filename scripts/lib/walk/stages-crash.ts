import { randomUUID } from 'node:crypto';
import { sessionSchema } from '@foundry/shared/entities';
import { z } from 'zod';
import { agentText, messageIn, readSession, send } from './conversation.ts';
import { check, eventually, same } from './expect.ts';
import { readTask } from './stages-work.ts';
import type { World } from './world.ts';

/** Backend killed in mid-turn. */
export async function backendKilled(world: World): Promise<void> {
  const last = 60;
  const id = await send(world, world.ada, `count to ${last}`);
  let seen: unknown = null;
  await eventually(
    'the agent is counting',
    20_000,
    async () => {
      const { items } = await readSession(world, world.ada);
      seen = agentText(items, id);
      return /\b5\b/.test(agentText(items, id)) ? true : null;
    },
    () => seen,
  );
  await world.stack.backend.kill('SIGKILL');
  const killedAtMs = Date.now();
  await world.stack.backend.restart();
  await messageIn(world, world.ada, id, ['done'], 60_000);
  const { items } = await readSession(world, world.ada);
  const ofTurn = items.filter((item) => item.messageId === id);
  const numbers = (agentText(ofTurn, id).match(/\b\d+\b/g) ?? []).map(Number);
  same(
    'the transcript is whole and in order',
    numbers.slice(-last),
    Array.from({ length: last }, (_, index) => index + 1),
  );
  same('nothing is there twice', numbers.filter((number) => number === 7).length, 1);
  same('the turn ended once', ofTurn.filter((item) => item.body.kind === 'turn_end').length, 1);
  same('the message is there once', ofTurn.filter((item) => item.body.kind === 'user_message').length, 1);
  await organizationsAwake(world, killedAtMs);
}

/** What everybody in an organization needs has been woken by the new backend: nobody has to come for it first. */
async function organizationsAwake(world: World, sinceMs: number): Promise<void> {
  let seen: unknown = null;
  await eventually(
    'the organizations are awake again',
    30_000,
    async () => {
      const kinds = ['organization', 'githubData', 'auditLog'];
      const actors = (await Promise.all(kinds.map(async (kind) => await world.engine.actors(kind)))).flat();
      seen = actors.map((actor) => ({ ...actor, sinceMs }));
      return actors.every(({ awakeSinceMs }) => awakeSinceMs !== null && awakeSinceMs > sinceMs)
        ? true
        : null;
    },
    () => seen,
  );
}

/**
 * Whom the engine was starting when it died gets lost with it until the engine's own lock on it lapses, half a minute
 * later: what answers within ten seconds is what was there.
 */
async function nobodyJustAwoke(world: World): Promise<void> {
  let seen: unknown = null;
  await eventually(
    'nobody has woken up in the last seconds',
    60_000,
    async () => {
      const sinceMs = Date.now() - engineLockMs;
      const fresh = (await world.engine.awakeActors()).filter(
        ({ awakeSinceMs }) => awakeSinceMs !== null && awakeSinceMs > sinceMs,
      );
      seen = fresh;
      return fresh.length === 0 ? true : null;
    },
    () => seen,
  );
}

/** Four looks of the engine, a second and a half apart, are how long it holds on to an actor that it has started. */
const engineLockMs = 6_500;

/** Engine killed with a command in flight. */
export async function engineKilled(world: World): Promise<void> {
  await nobodyJustAwoke(world);
  const before = (await readTask(world)).sessions.length;
  const awake = await world.engine.awakeActors();
  const command = { commandId: randomUUID(), title: 'After the engine' };
  const created = z.object({ session: sessionSchema });
  const inFlight = world.ada.request('POST', `${world.taskPath}/sessions`, command);
  const killedAtMs = performance.now();
  await world.stack.engine.kill('SIGKILL');
  const answer = await inFlight.catch((error: unknown) => ({ status: 0, body: String(error) }));
  check(
    'the command is answered, or is said to be undecided',
    [0, 201, 202, 503].includes(answer.status),
    answer,
  );
  let seen: unknown = null;
  const leftMs = (): number => 10_000 - (performance.now() - killedAtMs);
  await eventually(
    'everything answers again',
    leftMs(),
    async () => {
      const answers = await Promise.all(
        [
          world.taskPath,
          world.organizationPath,
          `${world.organizationPath}/audit`,
          '/api/v1/me',
          '/readyz',
        ].map(async (path) => ({ path, status: (await world.ada.request('GET', path)).status })),
      );
      seen = answers;
      return answers.every(({ status }) => status === 200) ? true : null;
    },
    () => seen,
  );
  const silent = new Map(awake.map((actor) => [actor.id, actor]));
  await eventually(
    'every actor that was awake answers again',
    leftMs(),
    async () => {
      await Promise.allSettled(
        [...silent.keys()].map(async (id) => {
          await world.engine.reach(id);
          silent.delete(id);
        }),
      );
      return silent.size === 0 ? true : null;
    },
    () => [...silent.values()],
  );
  const repeated = await world.ada.ask('POST', `${world.taskPath}/sessions`, created, command);
  const again = await world.ada.ask('POST', `${world.taskPath}/sessions`, created, command);
  same('the same command is answered the same', again.session.id, repeated.session.id);
  const { sessions } = await readTask(world);
  same('it was applied once', sessions.length, before + 1);
}
