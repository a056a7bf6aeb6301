import { UserError } from 'rivetkit';
import { z } from 'zod';
import type { LoopActionContext } from '../../command-loop/command-loop.ts';
import { loopRuntime } from '../../command-loop/runtime.ts';
import { taskLimits } from '../../limits.ts';
import { sandboxInstanceAddress } from '../addresses.ts';
import { diffSchema, fileSchema, treeSchema } from '../sandbox-instance/reads.ts';
import { readTask } from './db/repository.ts';
import { readSnapshot } from './snapshot.ts';

const diffInputSchema = z.object({ path: z.string().min(1).max(4_000).nullish() });
const fileInputSchema = z.object({ path: z.string().min(1).max(4_000) });

function notOpened(): UserError {
  return new UserError('This task has not been opened yet.', { code: 'task_not_opened' });
}

/** TaskSnapshot. @throws task_not_opened */
export async function snapshot(c: LoopActionContext) {
  const found = await readSnapshot(c.db);
  if (found === null) {
    throw notOpened();
  }
  return found;
}

/** Working-tree reads go to the sandbox, which has them. @throws task_not_opened, workspace_not_ready */
async function askSandbox(c: LoopActionContext, action: string, input: object): Promise<unknown> {
  const record = await readTask(c.db);
  if (record === null) {
    throw notOpened();
  }
  if (record.status.state !== 'ready' || record.sandbox === null) {
    throw new UserError('The workspace of this task is not running. Start it to see its files.', {
      code: 'workspace_not_ready',
    });
  }
  return await loopRuntime().connections.call(
    sandboxInstanceAddress(record.organizationId, record.sandbox.providerId, record.sandbox.id),
    action,
    [{ branch: record.branch, baseBranch: record.baseBranch, ...input }],
    { timeoutMs: taskLimits.actorCallTimeoutMs },
  );
}

/** `{diff, truncated, headSha}`: unified, against the merge base with the base branch, uncommitted work included. */
export async function diff(c: LoopActionContext, input: unknown) {
  const { path } = diffInputSchema.parse(input ?? {});
  return diffSchema.parse(
    await askSandbox(c, 'diff', typeof path !== 'string' ? {} : { paths: await namesOf(c, path) }),
  );
}

/** With only its new name a renamed file would look wholly new. */
async function namesOf(c: LoopActionContext, path: string): Promise<string[]> {
  const record = await readTask(c.db);
  const oldPath = record?.changes.files.find((file) => file.path === path)?.oldPath ?? null;
  return oldPath === null ? [path] : [oldPath, path];
}

/** `{paths, truncated}` of the checkout. */
export async function tree(c: LoopActionContext) {
  return treeSchema.parse(await askSandbox(c, 'tree', {}));
}

/** `{sizeBytes, binary, text}` of one file of the checkout. */
export async function file(c: LoopActionContext, input: unknown) {
  return fileSchema.parse(await askSandbox(c, 'file', fileInputSchema.parse(input)));
}
