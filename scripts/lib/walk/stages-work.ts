import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { taskSnapshotSchema, type TaskSnapshot } from '@foundry/shared/topics';
import { z } from 'zod';
import { agentText, conversation, messageIn, readSession, send, sessionTopic } from './conversation.ts';
import { check, eventually, same } from './expect.ts';
import { findCheckout, homeOf } from './sandbox.ts';
import { needed, type World } from './world.ts';

const execute = promisify(execFile);

export async function git(checkout: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute('git', ['-C', checkout, ...args], { maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

export async function readTask(world: World): Promise<TaskSnapshot> {
  return await world.ada.get(world.taskPath, taskSnapshotSchema);
}

export async function message(world: World): Promise<void> {
  const realtime = needed(world.adaRealtime);
  const topic = sessionTopic(world);
  realtime.subscribe(topic);
  await eventually('the session can be watched', 10_000, () =>
    realtime.received(topic).snapshot === null ? null : true,
  );
  const id = await send(world, world.ada, "create docs/walk.md with 'We walked here.'");
  await messageIn(world, world.ada, id, ['done'], 60_000);
  const seen = await eventually('the watcher sees it done', 5_000, () => {
    const current = conversation(realtime, topic);
    return current.messages.get(id)?.state === 'done' ? current : null;
  });
  same('its receipts', seen.states.get(id), ['accepted', 'delivered', 'working', 'done']);
  check('the agent said something', agentText(seen.items.values(), id) !== '', [...seen.items.values()]);
  const calls = [...seen.items.values()].flatMap((item) =>
    item.body.kind === 'tool_call' && item.messageId === id ? [item.body.toolCall] : [],
  );
  const diff = calls.flatMap((call) => call.content).find((content) => content.type === 'diff');
  check(
    'a tool call shows its diff',
    diff !== undefined && diff.path.endsWith('docs/walk.md') && diff.newText.includes('We walked here.'),
    calls,
  );
  same(
    'the transcript has no gaps',
    [...seen.items.keys()].sort((a, b) => a - b),
    Array.from({ length: seen.items.size }, (_, index) => index + 1),
  );
}

export async function queued(world: World): Promise<void> {
  const first = await send(world, world.ada, 'slow 2');
  const second = await send(world, world.ada, "append 'And back again.' to docs/walk.md");
  await messageIn(world, world.ada, first, ['working'], 20_000);
  const waiting = await messageIn(world, world.ada, second, ['accepted'], 1_000);
  same('the second waits', waiting.deliveredAtMs, null);
  const done = await messageIn(world, world.ada, second, ['done'], 60_000);
  const before = await messageIn(world, world.ada, first, ['done'], 1_000);
  check('the second ran after the first', (done.workingAtMs ?? 0) >= (before.finishedAtMs ?? Infinity), {
    before,
    done,
  });
}

export async function stopTurn(world: World): Promise<void> {
  const id = await send(world, world.ada, 'slow 120');
  await messageIn(world, world.ada, id, ['working'], 20_000);
  const stoppedAtMs = performance.now();
  await world.ada.ask('POST', `${world.sessionPath}/stop`, z.object({ commandId: z.string() }), {
    messageId: id,
    attempt: 1,
  });
  await messageIn(world, world.ada, id, ['cancelled'], 5_000);
  const tookMs = performance.now() - stoppedAtMs;
  check('the turn ended within a second', tookMs <= 1_000, `${Math.round(tookMs)} ms`);
  const { items } = await readSession(world, world.ada);
  check(
    'the transcript says so',
    items.some(
      (item) =>
        item.messageId === id && item.body.kind === 'turn_end' && item.body.stopReason === 'cancelled',
    ),
    items.slice(-4),
  );
}

export async function changes(world: World): Promise<void> {
  world.checkout = await findCheckout(world.stack.dataDir, world.branch);
  // An uncommitted change beside the agent's commits.
  const uncommitted = await send(
    world,
    world.ada,
    "create docs/uncommitted.md with 'Not yet.' without committing",
  );
  await messageIn(world, world.ada, uncommitted, ['done'], 60_000);
  await world.ada.ask('POST', `${world.taskPath}/refresh`, z.object({ commandId: z.string() }), {});
  await git(world.checkout, 'add', '--intent-to-add', '--all');
  const mergeBase = (await git(world.checkout, 'merge-base', 'HEAD', 'origin/main')).trim();
  const truth = (await git(world.checkout, 'diff', '--numstat', mergeBase)).trim().split('\n').sort();
  let seen: unknown = null;
  await eventually(
    "the changed files equal git's",
    10_000,
    async () => {
      const { task } = await readTask(world);
      const files = task.changes.files
        .map((file) => `${file.additions}\t${file.deletions}\t${file.path}`)
        .sort();
      seen = { files, truth };
      return JSON.stringify(files) === JSON.stringify(truth) ? true : null;
    },
    () => seen,
  );
  const diff = await world.ada.get(
    `${world.taskPath}/diff`,
    z.object({ diff: z.string(), truncated: z.boolean() }),
  );
  const hunks = (text: string): string[] =>
    text
      .split('\n')
      .filter((line) => /^[-+@]/.test(line))
      .sort();
  same("the diff equals git's", hunks(diff.diff), hunks(await git(world.checkout, 'diff', mergeBase)));
}

export async function publish(world: World): Promise<void> {
  const repository = needed(world.shared);
  const published = async (): Promise<void> => {
    const head = async (): Promise<string> => (await git(world.checkout, 'rev-parse', 'HEAD')).trim();
    await world.ada.ask('POST', `${world.taskPath}/publish`, z.object({ commandId: z.string() }), {});
    let seen: unknown = null;
    await eventually(
      'the publish ends',
      30_000,
      async () => {
        const { task } = await readTask(world);
        seen = { publish: task.publish, pullRequest: task.pullRequest };
        check('the publish does not fail', task.publish.state !== 'failed', seen);
        return task.publish.state === 'done' && task.publish.headSha === (await head()) ? true : null;
      },
      () => seen,
    );
    same(
      "the branch on GitHub is at the sandbox's head",
      await world.github.branchHead(repository.fullName, world.branch),
      await head(),
    );
  };
  await published();
  const first = (await world.github.pulls(repository.fullName)).filter(
    (pull) => pull.headRef === world.branch,
  );
  check('there is one pull request, by the owner', first.length === 1 && first[0]?.author === 'ada', first);
  world.pullRequestNumber = first[0]?.number ?? 0;
  const more = await send(world, world.ada, "append 'Once more.' to docs/walk.md");
  await messageIn(world, world.ada, more, ['done'], 60_000);
  await published();
  const second = (await world.github.pulls(repository.fullName)).filter(
    (pull) => pull.headRef === world.branch,
  );
  same(
    'publishing again updates the same pull request',
    second.map((pull) => pull.number),
    [world.pullRequestNumber],
  );
  const token = /x-access-token:([^@\s]+)@/.exec(
    await readFile(`${homeOf(world.checkout)}/.git-token`, 'utf8'),
  )?.[1];
  check(
    "the owner's token is in the sandbox's credential file",
    token !== undefined && token.length > 10,
    token?.length,
  );
  world.adaToken = decodeURIComponent(token);
}

export async function outsidePush(world: World): Promise<void> {
  const repository = needed(world.shared);
  const sha = await world.github.commit(repository.fullName, {
    branch: world.branch,
    path: 'docs/outside.md',
    content: 'From outside.\n',
    message: 'A commit from outside',
    authorLogin: 'grace',
  });
  let seen: unknown = null;
  await eventually(
    'the push reaches the task through the webhook',
    20_000,
    async () => {
      const { task } = await readTask(world);
      seen = { pullRequest: task.pullRequest, changes: task.changes };
      return task.pullRequest?.headSha === sha && task.changes.headSha === sha ? true : null;
    },
    () => seen,
  );
  same("the sandbox's checkout has it", (await git(world.checkout, 'rev-parse', 'HEAD')).trim(), sha);
}
