import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { organizationAddress } from '../../addresses.ts';
import { people, startActorsHere, startWorkspace, until, type Workspace } from './harness.ts';

let workspace: Workspace;
/** One task whose agent has made a commit; the tests go on with it, in order. */
let shared: { taskId: string; sessionId: string };
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

beforeAll(async () => {
  workspace = await startWorkspace(startActorsHere);
  const { taskId, sessionId, firstMessageId } = await workspace.createTask({
    prompt: 'create notes/hello.md with "Hello from the agent"',
  });
  await workspace.receipt(sessionId, firstMessageId, 'done');
  shared = { taskId, sessionId };
});
afterAll(async () => {
  await workspace.stop();
});

describe('the branch of a task', () => {
  test('[R17] the last person to send a message owns the task: name and token in the sandbox are theirs', async () => {
    const { taskId, sessionId } = shared;
    const messageId = await workspace.say(sessionId, 'append "By Grace" to README.md', people.grace);
    await workspace.receipt(sessionId, messageId, 'done');
    expect(await workspace.gitInSandbox(taskId, 'log', '-1', '--format=%an %ae')).toBe(
      'grace 20002+grace@users.noreply.github.com',
    );
    const { task } = await workspace.taskSnapshot(taskId);
    expect(task.owner?.login).toBe('grace');
    const { identity } = await workspace.provider.inspect(task.sandbox?.id ?? '');
    const tokenFile = join(identity?.homePath ?? '', '.git-token');
    const content = await readFile(tokenFile, 'utf8');
    expect(content).toContain(workspace.tokens['grace']);
    expect(content).not.toContain(workspace.tokens['ada']);
    expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);

    await workspace.send(workspace.task(taskId), 'task.command.setOwner', { person: people.ada });
    await until('the token to be gone', async () => (existsSync(tokenFile) ? null : true));
    expect((await workspace.taskSnapshot(taskId)).task.owner?.login).toBe('ada');
  });

  test('publishing takes the chosen files and no other, and opens the pull request as the owner; again, it updates it', async () => {
    const { taskId, sessionId } = shared;
    const messageId = await workspace.say(
      sessionId,
      'create notes/loose.md with "not committed" without committing',
    );
    await workspace.receipt(sessionId, messageId, 'done');
    const secret = await workspace.say(sessionId, 'create .env with "TOKEN=1" without committing');
    await workspace.receipt(sessionId, secret, 'done');
    // Staged by an agent, and still not chosen.
    await workspace.gitInSandbox(taskId, 'add', '.env');
    const publish = {
      title: 'Notes of the agent',
      body: 'Two notes',
      commit: { paths: ['notes/loose.md'], message: 'A loose note' },
    };
    await workspace.send(workspace.task(taskId), 'task.command.publish', publish);
    const done = await until('the publish', async () => {
      const { task } = await workspace.taskSnapshot(taskId);
      if (task.publish.state === 'failed') {
        throw new Error(JSON.stringify(task.publish));
      }
      return task.publish.state === 'done' ? task : null;
    });
    const pulls = await workspace.double.asOwner('ada').pulls.list({
      owner: 'acme',
      repo: 'storefront',
      head: `acme:${done.branch}`,
    });
    expect(pulls.data).toHaveLength(1);
    expect(pulls.data[0]).toMatchObject({
      title: 'Notes of the agent',
      user: { login: 'ada' },
      head: { sha: await workspace.gitInSandbox(taskId, 'rev-parse', 'HEAD') },
    });
    expect(await workspace.gitInSandbox(taskId, 'log', '-1', '--format=%s')).toBe('A loose note');
    expect(await workspace.gitInSandbox(taskId, 'show', '--name-only', '--format=')).toBe('notes/loose.md');
    expect(await workspace.gitInSandbox(taskId, 'status', '--porcelain')).toBe('A  .env');

    const more = await workspace.say(sessionId, 'append "more" to notes/hello.md');
    await workspace.receipt(sessionId, more, 'done');
    await workspace.send(workspace.task(taskId), 'task.command.publish', {});
    await until('the second publish', async () => {
      const { task } = await workspace.taskSnapshot(taskId);
      const head = await workspace.gitInSandbox(taskId, 'rev-parse', 'HEAD');
      return task.publish.state === 'done' && task.publish.headSha === head ? task : null;
    });
    const again = await workspace.double.asOwner('ada').pulls.get({
      owner: 'acme',
      repo: 'storefront',
      pull_number: pulls.data[0]?.number ?? 0,
    });
    expect(again.data).toMatchObject({ title: 'Notes of the agent', body: 'Two notes' });
    expect(again.data.head.sha).toBe(await workspace.gitInSandbox(taskId, 'rev-parse', 'HEAD'));
  });

  test('a push from outside is taken over, or said when it cannot be', async () => {
    const { taskId, sessionId } = shared;
    const { task } = await workspace.taskSnapshot(taskId);
    const push = async (path: string): Promise<string> => {
      const made = await workspace.double.control('POST', '/repos/acme/storefront/commits', {
        branch: task.branch,
        message: `Outside ${path}`,
        authorLogin: 'grace',
        path,
        content: 'from outside\n',
      });
      return z.object({ sha: z.string() }).parse(made).sha;
    };
    const announce = async (headSha: string): Promise<void> => {
      await workspace.send(
        organizationAddress(workspace.organizationId),
        'organization.command.branchPushed',
        { repositoryId: '40001', branch: task.branch, headSha, pusherLogin: 'grace' },
      );
    };
    const pushed = await push('outside.md');
    await announce(pushed);
    await until('the checkout to have it', async () => {
      const snapshot = await workspace.taskSnapshot(taskId);
      return snapshot.task.changes.headSha === pushed ? true : null;
    });

    const local = await workspace.say(sessionId, 'append "local" to README.md');
    await workspace.receipt(sessionId, local, 'done');
    await announce(await push('outside-again.md'));
    const notices = await until('the notice', async () => {
      const snapshot = await workspace.taskSnapshot(taskId);
      return snapshot.task.changes.notices ?? null;
    });
    expect(notices).toEqual([{ kind: 'diverged', localCommits: 1, remoteCommits: 1, rewritten: false }]);
    await workspace.send(workspace.task(taskId), 'task.command.publish', {});
    const refused = await until('the publish to be refused', async () => {
      const snapshot = await workspace.taskSnapshot(taskId);
      return snapshot.task.publish.state === 'failed' ? snapshot.task.publish.failure : null;
    });
    expect(refused.code).toBe('branch_diverged');
  });

  test("GitHub's version is taken when somebody chooses it, and the notice goes; a branch that is deleted there is said", async () => {
    const { taskId } = shared;
    const { task } = await workspace.taskSnapshot(taskId);
    const own = await workspace.gitInSandbox(taskId, 'rev-parse', 'HEAD');
    await workspace.send(workspace.task(taskId), 'task.command.pull', { discard: true });
    await until('the notice to go', async () => {
      const { changes } = (await workspace.taskSnapshot(taskId)).task;
      return changes.notices === undefined && changes.headSha !== own ? changes : null;
    });
    expect(await workspace.gitInSandbox(taskId, 'rev-parse', `refs/foundry/backup/${own}`)).toBe(own);

    await workspace.double
      .asOwner('ada')
      .git.deleteRef({ owner: 'acme', repo: 'storefront', ref: `heads/${task.branch}` });
    await workspace.send(organizationAddress(workspace.organizationId), 'organization.command.branchPushed', {
      repositoryId: '40001',
      branch: task.branch,
      headSha: '0'.repeat(40),
      pusherLogin: 'grace',
    });
    await until('the notice of the deleted branch', async () => {
      const { changes } = (await workspace.taskSnapshot(taskId)).task;
      return changes.notices?.some(({ kind }) => kind === 'branch_missing') === true ? true : null;
    });
    expect((await workspace.auditSummaries(taskId)).join('\n')).toContain(
      `grace deleted ${task.branch} on GitHub`,
    );
  });

  test('a workspace that is lost says what went with it and lists nothing of it; the notice goes with a new one', async () => {
    const { taskId, sessionId } = shared;
    const messageId = await workspace.say(sessionId, 'create lost.md with "soon gone" without committing');
    await workspace.receipt(sessionId, messageId, 'done');
    await until('the file to be known', async () => {
      const { changes } = (await workspace.taskSnapshot(taskId)).task;
      return changes.uncommitted?.includes('lost.md') === true ? true : null;
    });
    const before = (await workspace.taskSnapshot(taskId)).task;
    await workspace.provider.destroy(before.sandbox?.id ?? '');
    await workspace.send(workspace.task(taskId), 'task.command.refresh', {});
    const { changes } = await until('the loss to be known', async () => {
      const { task } = await workspace.taskSnapshot(taskId);
      return task.status.state === 'dormant' ? task : null;
    });
    expect(changes).toMatchObject({ files: [], uncommittedFiles: 0, headSha: null });
    expect(changes.notices).toMatchObject([
      { kind: 'workspace_lost', files: expect.arrayContaining(['lost.md']) },
    ]);
    await workspace.send(workspace.task(taskId), 'task.command.provision', { person: people.ada });
    await until('the new workspace', async () => {
      const { task } = await workspace.taskSnapshot(taskId);
      return task.status.state === 'ready' && task.changes.notices === undefined ? true : null;
    });
  });
});
