import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorkspace, until, type Workspace } from './harness.ts';

let workspace: Workspace;

beforeAll(async () => {
  workspace = await startWorkspace();
});
afterAll(async () => {
  await workspace.stop();
});

describe('a task with its workspace', () => {
  test('[R11] [R12] is provisioned at once, works off its first message, and shows what changed', async () => {
    const { taskId, sessionId, firstMessageId } = await workspace.createTask({
      prompt: 'create notes/hello.md with "Hello from the agent"',
    });
    await workspace.receipt(sessionId, firstMessageId, 'done');
    const { items, session } = await workspace.sessionSnapshot(sessionId);
    expect(items.map(({ sequence }) => sequence)).toEqual(items.map((_, index) => index + 1));
    console.log(JSON.stringify(items.map(({ body }) => body), null, 1).slice(0, 3000));
    const done = await until('the changes', async () => {
      const { task } = await workspace.taskSnapshot(taskId);
      return task.changes.files.length > 0 ? task : null;
    });
    console.log(JSON.stringify(done, null, 1));
    console.log(JSON.stringify(session));
  });
});
