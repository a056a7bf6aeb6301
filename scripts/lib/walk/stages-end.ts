import { auditEntrySchema } from '@foundry/shared/entities';
import { userSnapshotSchema } from '@foundry/shared/topics';
import { z } from 'zod';
import { messageIn, send } from './conversation.ts';
import { check, eventually, same } from './expect.ts';
import { readTask } from './stages-work.ts';
import { Realtime } from './topic.ts';
import { needed, type World } from './world.ts';

/** An actor that had just fallen asleep when its engine was killed may stay away for half a minute: its dead worker still holds it. */
const afterEngineDeathMs = 60_000;

export async function inspector(world: World): Promise<void> {
  const id = await send(world, world.ada, 'list files');
  await messageIn(world, world.ada, id, ['done'], 60_000);
  const me = await world.ada.get('/api/v1/me', userSnapshotSchema);
  await eventually('the draft is kept', afterEngineDeathMs, async () => {
    const path = `/api/v1/me/task-states/${world.organizationId}/${world.taskId}`;
    const answer = await world.ada.request('PUT', path, { draft: 'almost done' });
    return answer.status === 200 ? true : null;
  });
  const expected = [
    { kind: 'task', key: world.taskId, names: ['task.command.requestTurn', 'task.command.turnEnded'] },
    { kind: 'organization', key: world.organizationId, names: ['organization.command.applyTaskState'] },
    { kind: 'user', key: me.profile.id, names: ['user.command.setTaskState'] },
  ];
  for (const { kind, key, names } of expected) {
    const actor = (await world.engine.actors(kind)).find((one) => one.key.includes(key));
    check(`the engine has the ${kind}`, actor !== undefined, key);
    let seen = '';
    await eventually(
      `the inspector's history of the ${kind} names the commands just run`,
      afterEngineDeathMs,
      async () => {
        seen = await world.engine.workflowHistory(actor.id);
        return names.every((name) => seen.includes(name)) ? true : null;
      },
      () => ({ names, seen: seen.slice(0, 2_000) }),
    );
  }
}

export async function merged(world: World): Promise<void> {
  const repository = needed(world.shared);
  await world.github.merge(repository.fullName, world.pullRequestNumber, 'grace');
  let seen: unknown = null;
  await eventually(
    'the task is merged',
    afterEngineDeathMs,
    async () => {
      const { task } = await readTask(world);
      seen = { status: task.status, pullRequest: task.pullRequest };
      return task.status.state === 'merged' && task.pullRequest?.state === 'merged' ? true : null;
    },
    () => seen,
  );
  const pull = (await world.github.pulls(repository.fullName)).find(
    (one) => one.number === world.pullRequestNumber,
  );
  same('GitHub says so too', pull?.merged, true);
}

/** What must be in the log, in this order. */
const story: readonly { action: RegExp; by: RegExp }[] = [
  { action: /^task\.created$/, by: /^ada$/ },
  { action: /^workspace\.ready$/, by: /./ },
  { action: /^message\.sent$/, by: /^ada$/ },
  { action: /^turn\.ended$/, by: /./ },
  { action: /^pullRequest\.published$/, by: /^ada$/ },
  { action: /^message\.sent$/, by: /^grace$/ },
  { action: /^owner\.changed$/, by: /^grace$/ },
  { action: /^task\.merged$/, by: /grace|GitHub/ },
];

export async function audited(world: World): Promise<void> {
  let entries: z.infer<typeof auditEntrySchema>[] = [];
  await eventually(
    'the audit log tells the whole story in order',
    afterEngineDeathMs,
    async () => {
      entries = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const page: { entries: z.infer<typeof auditEntrySchema>[]; nextCursor: string | null } =
          await world.ada.get(
            `${world.organizationPath}/audit?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`,
            z.object({ entries: z.array(auditEntrySchema), nextCursor: z.string().nullable() }),
          );
        entries.push(...page.entries);
        cursor = page.nextCursor;
      }
      const ofTask = entries
        .filter((entry) => entry.subject.includes(world.taskId))
        .sort((a, b) => a.sequence - b.sequence);
      let at = 0;
      for (const { action, by } of story) {
        const found = ofTask.findIndex(
          (entry, index) => index >= at && action.test(entry.action) && by.test(entry.by),
        );
        if (found < 0) {
          return null;
        }
        at = found + 1;
      }
      return true;
    },
    () => entries.map((entry) => [entry.sequence, entry.action, entry.by, entry.subject]),
  );
  check(
    'every entry says why',
    entries.every((entry) => entry.causedBy !== null),
    entries.filter((entry) => entry.causedBy === null),
  );
}

export async function signedOut(world: World): Promise<void> {
  const cookie = await world.ada.cookieHeader();
  const socket = await Realtime.open(world.stack.url, cookie);
  world.sockets.push(socket);
  const replay = async (path: string): Promise<number> =>
    (await fetch(`${world.stack.url}${path}`, { headers: { cookie } })).status;
  same('the cookie jar opens the door', await replay('/api/v1/me'), 200);
  await world.ada.signOut();
  for (const path of ['/api/v1/me', '/api/v1/organizations', world.organizationPath, world.taskPath]) {
    same(`the old cookie jar gets nothing of ${path}`, await replay(path), 401);
  }
  await eventually(
    'the open socket is closed',
    3_000,
    () => (socket.closeCode === 4401 ? true : null),
    () => socket.closeCode,
  );
  const refused = await Realtime.open(world.stack.url, cookie).then(
    (opened) => {
      world.sockets.push(opened);
      return false;
    },
    () => true,
  );
  check('no new socket opens', refused, 'the upgrade was answered with 101');
}
