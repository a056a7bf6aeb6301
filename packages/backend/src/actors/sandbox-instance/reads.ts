import { personSchema, taskChangesSchema } from '@foundry/shared/entities';
import { UserError } from 'rivetkit';
import { z } from 'zod';
import type { LoopActionContext } from '../../command-loop/command-loop.ts';
import { errorMessage } from '../../command-loop/errors.ts';
import { sandboxLimits } from '../../limits.ts';
import { executeInSandbox, type SandboxTarget } from '../../sandbox/execute-in-sandbox.ts';
import { readChanges, readDiff } from '../../sandbox/git-changes.ts';
import { readHeadSha } from '../../sandbox/git-clone.ts';
import { listTree, readCheckoutFile } from '../../sandbox/git-files.ts';
import { pointRemote } from '../../sandbox/git-remote.ts';
import { isSandboxError, SandboxError } from '../../sandbox/sandbox-error.ts';
import { openSandbox, sandboxFailure } from '../sandbox-access.ts';
import { services } from '../services.ts';
import { readSandbox } from './db/repository.ts';
import { installIdentity, installToken, keepToken } from './workflow/credentials.ts';
import { locateRepository } from './workflow/locate-repository.ts';
import { readSnapshot } from './snapshot.ts';
import { placeOf } from './workflow/record.ts';

/** The sandbox is not there to ask: whoever hears that has it reconciled. */
const absent = z.object({ state: z.literal('absent'), message: z.string() });

export const turnPlaceSchema = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('ready'),
    providerId: z.string(),
    sandboxId: z.string(),
    checkoutPath: z.string(),
  }),
  absent,
]);
export type TurnPlace = z.infer<typeof turnPlaceSchema>;

export const tokenStateSchema = z.object({
  state: z.enum(['current', 'renewed', 'absent', 'sign_in_required']),
});
export type TokenState = z.infer<typeof tokenStateSchema>;

export const gitStateSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('ready'), changes: taskChangesSchema }),
  absent,
]);
export type GitState = z.infer<typeof gitStateSchema>;

export const diffSchema = z.object({ diff: z.string(), truncated: z.boolean(), headSha: z.string() });
export const treeSchema = z.object({ paths: z.array(z.string()), truncated: z.boolean() });
export const fileSchema = z.object({
  sizeBytes: z.number(),
  binary: z.boolean(),
  text: z.string().nullable(),
});

const branchesSchema = z.object({ branch: z.string(), baseBranch: z.string() });
const prepareTurnSchema = z.object({ person: personSchema });
const diffInputSchema = branchesSchema.extend({ paths: z.array(z.string()).max(2).optional() });
const fileInputSchema = z.object({ path: z.string() });
const runProcessSchema = z.object({
  command: z.string().min(1).max(1_000),
  args: z.array(z.string()).max(1_000),
  cwd: z.string().startsWith('/').optional(),
  timeoutMs: z.number().int().min(1).max(60_000),
});

/** SandboxSnapshot. @throws sandbox_not_found */
export async function snapshot(c: LoopActionContext) {
  const found = await readSnapshot(c.db);
  if (found === null) {
    throw new UserError('There is no such sandbox.', { code: 'sandbox_not_found' });
  }
  return found;
}

function refusal(error: unknown): UserError {
  const { code, message } = sandboxFailure(error);
  return new UserError(message, { code });
}

async function open(c: LoopActionContext): Promise<SandboxTarget> {
  const { providerId, sandboxId } = placeOf(c.key);
  return (await openSandbox(providerId, sandboxId)).target;
}

/** Null when the sandbox is not running; other troubles are refusals. */
async function openIfThere(
  c: LoopActionContext,
): Promise<{ target: SandboxTarget } | z.infer<typeof absent>> {
  try {
    return { target: await open(c) };
  } catch (error) {
    if (error instanceof SandboxError && (error.code === 'not_found' || error.code === 'not_running')) {
      return { state: 'absent', message: sandboxFailure(error).message };
    }
    throw refusal(error);
  }
}

/**
 * Puts the name and token of a turn's author into the sandbox. It changes files of the sandbox and nothing of ours, and
 * the task's own step waits for it: an action, like `runProcess`, and not a command (R2).
 */
export async function prepareTurn(c: LoopActionContext, input: unknown): Promise<TurnPlace> {
  const { person } = prepareTurnSchema.parse(input);
  const opened = await openIfThere(c);
  if (!('target' in opened)) {
    return opened;
  }
  try {
    await installToken(opened.target, person);
    await installIdentity(opened.target, person);
    await pointAtRepository(c, opened.target, person);
  } catch (error) {
    throw refusal(error);
  }
  return { state: 'ready', ...placeOf(c.key), checkoutPath: opened.target.checkoutPath };
}

/**
 * Keeps the token that a running turn works with good: asked every half minute by whoever follows the turn. An action, as
 * `prepareTurn` is; most of the time it changes nothing.
 */
export async function renewToken(c: LoopActionContext, input: unknown): Promise<TokenState> {
  const { person } = prepareTurnSchema.parse(input);
  const opened = await openIfThere(c);
  if (!('target' in opened)) {
    return { state: 'absent' };
  }
  try {
    return { state: await keepToken(opened.target, person) };
  } catch (error) {
    if (isSandboxError(error, 'sign_in_required')) return { state: 'sign_in_required' };
    throw refusal(error);
  }
}

/**
 * An agent pushes by itself, too: `origin` has to lead to where the repository is now. A GitHub that cannot be asked
 * takes no push either, and keeps nobody from working.
 */
async function pointAtRepository(
  c: LoopActionContext,
  target: SandboxTarget,
  person: z.infer<typeof personSchema>,
): Promise<void> {
  const record = await readSandbox(c.db);
  if (record === null) {
    return;
  }
  try {
    const signal = AbortSignal.any([c.abortSignal, AbortSignal.timeout(sandboxLimits.locateTimeoutMs)]);
    await pointRemote(target, await locateRepository(record.repositoryId, person, signal));
  } catch (error) {
    services().log.warn({ key: c.key, reason: errorMessage(error) }, 'origin was not set anew before a turn');
  }
}

/** What the checkout changed. */
export async function gitState(c: LoopActionContext, input: unknown): Promise<GitState> {
  const branches = branchesSchema.parse(input);
  const opened = await openIfThere(c);
  if (!('target' in opened)) {
    return opened;
  }
  try {
    return { state: 'ready', changes: await readChanges(opened.target, branches) };
  } catch (error) {
    throw refusal(error);
  }
}

export async function diff(c: LoopActionContext, input: unknown): Promise<z.infer<typeof diffSchema>> {
  const { baseBranch, paths } = diffInputSchema.parse(input);
  try {
    const target = await open(c);
    const read = await readDiff(target, {
      baseBranch,
      maxBytes: sandboxLimits.diffSizeBytes,
      ...(paths === undefined ? {} : { paths }),
    });
    return { ...read, headSha: await readHeadSha(target) };
  } catch (error) {
    throw refusal(error);
  }
}

export async function tree(c: LoopActionContext): Promise<z.infer<typeof treeSchema>> {
  try {
    return await listTree(await open(c));
  } catch (error) {
    throw refusal(error);
  }
}

export async function file(c: LoopActionContext, input: unknown): Promise<z.infer<typeof fileSchema>> {
  const { path } = fileInputSchema.parse(input);
  try {
    return await readCheckoutFile(await open(c), path);
  } catch (error) {
    throw refusal(error);
  }
}

/** An action because its output may be larger than a queue's message and its caller waits for it (R2). Never a shell (R15). */
export async function runProcess(c: LoopActionContext, input: unknown) {
  const { command, args, cwd, timeoutMs } = runProcessSchema.parse(input);
  try {
    const target = await open(c);
    return await executeInSandbox(target, {
      command,
      args,
      cwd: cwd ?? target.checkoutPath,
      timeoutMs,
      maxOutputBytes: sandboxLimits.diffSizeBytes,
    });
  } catch (error) {
    throw refusal(error);
  }
}
