import { z } from 'zod';
import { organizationSchema, taskSummarySchema } from '@foundry/shared/entities';
import {
  organizationSnapshotSchema,
  taskSnapshotSchema,
  userSnapshotSchema,
  type Topic,
} from '@foundry/shared/topics';
import { check, eventually, same, sorted } from './expect.ts';
import { Realtime } from './topic.ts';
import { needed, type World } from './world.ts';

const organizationsSchema = z.object({ organizations: z.array(organizationSchema) });

export async function ready(world: World): Promise<void> {
  for (const path of ['/healthz', '/readyz', '/']) {
    const response = await fetch(`${world.stack.url}${path}`);
    check(`${path} answers 200`, response.status === 200, {
      status: response.status,
      body: await response.text(),
    });
  }
  const refused = await world.ada.request('GET', '/api/v1/me');
  same('nobody is signed in yet', refused.status, 401);
}

export async function signIn(world: World): Promise<void> {
  await world.ada.signIn();
  const me = await world.ada.get('/api/v1/me', userSnapshotSchema);
  same('the signed-in person is Ada', me.profile.login, 'ada');
}

export async function organizationSynced(world: World): Promise<void> {
  const truth = await world.github.organization('acme');
  world.organizationId = String(truth.id);
  let seen: unknown = null;
  await eventually(
    'Ada sees acme',
    20_000,
    async () => {
      const { organizations } = await world.ada.get('/api/v1/organizations', organizationsSchema);
      seen = organizations;
      return organizations.some((one) => one.id === world.organizationId) ? true : null;
    },
    () => seen,
  );
  const snapshot = await eventually(
    'the organization is synced',
    30_000,
    async () => {
      const current = await world.ada.get(world.organizationPath, organizationSnapshotSchema);
      seen = current.sync;
      return current.sync.state === 'done' ? current : null;
    },
    () => seen,
  );
  const repositories = await world.github.repositories('acme');
  same(
    "repositories equal GitHub's",
    sorted(snapshot.repositories.map((one) => [one.id, one.fullName, one.private, one.defaultBranch])),
    sorted(repositories.map((one) => [String(one.id), one.fullName, one.private, one.defaultBranch])),
  );
  same(
    "members equal GitHub's",
    sorted(snapshot.members.map((one) => [one.githubId, one.login])),
    sorted(truth.members.map((one) => [String(one.id), one.login])),
  );
  const pulls = await Promise.all(
    repositories.map(async ({ id, fullName }) =>
      (await world.github.pulls(fullName, 'open')).map((pull) => ({
        repositoryId: String(id),
        number: pull.number,
        title: pull.title,
        draft: pull.draft,
        branch: pull.headRef,
        headSha: pull.headSha,
        baseBranch: pull.baseRef,
        author: pull.author,
      })),
    ),
  );
  same(
    "pull requests equal GitHub's",
    sorted(
      snapshot.tasks.map((task) => ({
        repositoryId: task.repositoryId,
        number: task.pullRequest?.number,
        title: task.title,
        draft: task.pullRequest?.draft,
        branch: task.branch,
        headSha: task.pullRequest?.headSha,
        baseBranch: task.baseBranch,
        author: task.pullRequest?.authorLogin,
      })),
    ),
    sorted(pulls.flat()),
  );
  same('no Task actor exists', await world.engine.actors('task'), []);
  same('no Repository actor exists', await world.engine.actors('repository'), []);
  world.shared = repositories.find((one) => one.name === 'storefront') ?? null;
  world.hidden = repositories.find((one) => one.private) ?? null;
}

export async function openPullRequest(world: World): Promise<void> {
  const repository = needed(world.shared);
  const [pull] = await world.github.pulls(repository.fullName, 'open');
  const taskId = `pr_${repository.id}_${pull?.number ?? 0}`;
  const snapshot = await world.ada.ask(
    'POST',
    `${world.organizationPath}/tasks/${taskId}/open`,
    taskSnapshotSchema,
    {},
  );
  same('the task has the name of its pull request', snapshot.task.title, pull?.title);
  await world.ada.ask('POST', `${world.organizationPath}/tasks/${taskId}/open`, taskSnapshotSchema, {});
  const actors = await world.engine.actors('task');
  check(
    'opening it, twice, made one Task actor',
    actors.length === 1 && actors[0]?.key.includes(taskId) === true,
    actors,
  );
}

export async function newTask(world: World): Promise<void> {
  const repository = needed(world.shared);
  const { task } = await world.ada.ask(
    'POST',
    `${world.organizationPath}/tasks`,
    z.object({ task: taskSummarySchema }),
    {
      repositoryId: String(repository.id),
      title: 'Say where we walked',
    },
  );
  check(
    'the record is named at once',
    task.title === 'Say where we walked' &&
      task.branch !== '' &&
      task.baseBranch === repository.defaultBranch,
    task,
  );
  check('the record is pending', task.status.state === 'pending', task.status);
  world.taskId = task.id;
  world.branch = task.branch;
  const realtime = await Realtime.open(world.stack.url, await world.ada.cookieHeader());
  world.sockets.push(realtime);
  world.adaRealtime = realtime;
  const topic: Topic = { kind: 'task', organizationId: world.organizationId, taskId: task.id };
  const organization: Topic = { kind: 'organization', organizationId: world.organizationId };
  realtime.subscribe(organization);
  realtime.subscribe(topic);
  const statuses = (): { state: string; phase: string | null }[] => {
    const { snapshot, changes } = realtime.received(topic);
    const first = snapshot === null ? [] : [taskSnapshotSchema.parse(snapshot).task.status];
    const later = changes.flatMap((change) =>
      change.upserts.flatMap((upsert) => (upsert.type === 'task' ? [upsert.entity.status] : [])),
    );
    return [...first, ...later].map((status) => ({
      state: status.state,
      phase: 'phase' in status ? status.phase : null,
    }));
  };
  await eventually(
    'the workspace becomes ready',
    60_000,
    () => (statuses().some((status) => status.state === 'ready') ? true : null),
    statuses,
  );
  const phases = new Set(statuses().flatMap((status) => (status.phase === null ? [] : [status.phase])));
  check(
    'its watcher saw the phases of its provisioning',
    phases.has('cloning') && phases.size >= 3,
    statuses(),
  );
  const snapshot = await world.ada.get(world.taskPath, taskSnapshotSchema);
  const [session] = snapshot.sessions;
  check('the task has a session', session !== undefined, snapshot);
  world.sessionId = session.id;
}
