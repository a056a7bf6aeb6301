import { organizationSchema } from '@foundry/shared/entities';
import { organizationSnapshotSchema, type Topic } from '@foundry/shared/topics';
import { z } from 'zod';
import { conversation, messageIn, send, sessionTopic } from './conversation.ts';
import { check, eventually, same } from './expect.ts';
import { homeOf, placesOf } from './sandbox.ts';
import { git, readTask } from './stages-work.ts';
import { Realtime } from './topic.ts';
import { needed, type World } from './world.ts';

/** Grace signs in and sees what she may see, and nothing of the private repository. */
async function seesNothingHidden(world: World, realtime: Realtime): Promise<void> {
  const hidden = needed(world.hidden);
  const [pull] = await world.github.pulls(hidden.fullName, 'open');
  const hiddenTaskId = `pr_${hidden.id}_${pull?.number ?? 0}`;
  const topic: Topic = { kind: 'organization', organizationId: world.organizationId };
  const hiddenTopic: Topic = { kind: 'task', organizationId: world.organizationId, taskId: hiddenTaskId };
  realtime.subscribe(topic);
  realtime.subscribe(hiddenTopic);
  const adaSees = await world.ada.get(world.organizationPath, organizationSnapshotSchema);
  check(
    'Ada sees the private repository',
    adaSees.repositories.some((one) => one.id === String(hidden.id)),
    adaSees.repositories,
  );
  const { snapshot } = await eventually('the organization can be watched', 10_000, () => {
    const received = realtime.received(topic);
    return received.snapshot === null ? null : received;
  });
  await eventually('the hidden task cannot be watched', 10_000, () => realtime.refusal(hiddenTopic));
  const reads = await Promise.all(
    ['', '/tasks?limit=200', '/audit?limit=200', `/tasks/${hiddenTaskId}`, `/tasks/${hiddenTaskId}/diff`].map(
      async (path) => await world.grace.request('GET', `${world.organizationPath}${path}`),
    ),
  );
  const opened = await world.grace.request(
    'POST',
    `${world.organizationPath}/tasks/${hiddenTaskId}/open`,
    {},
  );
  const guessed = await world.grace.request(
    'POST',
    `${world.organizationPath}/tasks/pr_${hidden.id}_999/open`,
    {},
  );
  same('a hidden task and one that never was are the same', [opened.status, guessed.status], [404, 404]);
  same(
    'direct reads of a hidden task',
    reads.slice(3).map((read) => read.status),
    [404, 404],
  );
  const everything = JSON.stringify([snapshot, realtime.frames, reads]);
  for (const word of [hidden.name, hidden.fullName, pull?.title ?? hidden.name]) {
    check(
      `nothing that Grace receives names ${word}`,
      !everything.includes(word),
      everything.slice(Math.max(0, everything.indexOf(word) - 300), everything.indexOf(word) + 300),
    );
  }
}

export async function secondPerson(world: World): Promise<void> {
  await world.grace.signIn();
  let seen: unknown = null;
  await eventually(
    'Grace sees acme',
    20_000,
    async () => {
      const { organizations } = await world.grace.get(
        '/api/v1/organizations',
        z.object({ organizations: z.array(organizationSchema) }),
      );
      seen = organizations;
      return organizations.some((one) => one.id === world.organizationId) ? true : null;
    },
    () => seen,
  );
  const realtime = await Realtime.open(world.stack.url, await world.grace.cookieHeader());
  world.sockets.push(realtime);
  await seesNothingHidden(world, realtime);

  const topic = sessionTopic(world);
  realtime.subscribe(topic);
  const before = await git(world.checkout, 'rev-parse', 'HEAD');
  const id = await send(world, world.grace, "create docs/grace.md with 'By Grace.'");
  await messageIn(world, world.grace, id, ['done'], 60_000);
  await eventually('Grace and Ada both see it live', 5_000, () =>
    [realtime, needed(world.adaRealtime)].every(
      (one) => conversation(one, topic).messages.get(id)?.state === 'done',
    )
      ? true
      : null,
  );
  const { task } = await readTask(world);
  same('Grace owns the task', [task.owner?.login, task.primaryUserLogin], ['grace', 'grace']);
  check('there is a new commit', (await git(world.checkout, 'rev-parse', 'HEAD')) !== before, before);
  const author = (await git(world.checkout, 'log', '-1', '--format=%an <%ae> %cn')).trim();
  check("the commit's author is Grace", /grace/i.test(author) && !/ada/i.test(author), author);
  same("Ada's token is nowhere in the sandbox", await placesOf(world.adaToken, world.checkout), []);
  const configuration = await git(world.checkout, 'config', '--list', '--show-origin');
  check("Ada's token is not in git's configuration", !configuration.includes(world.adaToken), configuration);
  check(
    'the sandbox has a HOME of its own',
    homeOf(world.checkout).startsWith(world.stack.dataDir),
    homeOf(world.checkout),
  );
}
